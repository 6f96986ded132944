import json
from io import BytesIO
from itertools import islice
from zipfile import ZipFile

import pytest

from clinical.tests.factories import PatientFactory, study_of
from customers.tests.factories import AddressFactory
from desk.personal_data.catalogue import parts_of
from desk.personal_data.export import archive
from desk.personal_data.parts import Subject
from identity.models import AccessRecord

pytestmark = pytest.mark.django_db


def opened(kind, key):
    with ZipFile(BytesIO(b"".join(archive(Subject(kind, key))))) as zipped:
        assert zipped.testzip() is None
        return {name: json.loads(zipped.read(name)) for name in zipped.namelist()}


def test_all_of_a_patient_is_in_it_and_who_looked_and_nothing_of_others():
    study = study_of(PatientFactory.create(last_name="Quirrel"), description="Größe 3 cm")
    study_of(PatientFactory.create(last_name="Other"))
    key = study.patient_id
    study.patient.identifiers.create(system="urn:one", value="AB 12")
    AccessRecord.objects.create(actor="user:1 clara", patients=[key], how="detail", via="admin")
    files = opened("patient", key)
    assert files["patient.json"][0]["last_name"] == "Quirrel"
    assert files["identifiers.json"][0]["value"] == "AB 12"
    assert [row["description"] for row in files["studies.json"]] == ["Größe 3 cm"]
    assert files["who_looked.json"][0]["actor"] == "user:1 clara"
    assert files["history.json"][0]["last_name"] == "Quirrel"
    assert files["study_history.json"][0]["description"] == "Größe 3 cm"
    assert "Other" not in json.dumps(files)
    assert set(files) == {f"{p.name}.json" for p in parts_of("patient")} | {"about.json"}


def test_all_of_a_customer_is_in_it():
    home = AddressFactory.create()
    files = opened("customer", home.customer_id)
    assert files["customer.json"][0]["id"] == home.customer_id
    assert files["addresses.json"][0]["recipient"] == home.recipient
    assert files["address_history.json"][0]["recipient"] == home.recipient
    assert files["orders.json"] == []
    assert "bookkeeping" in files["about.json"]["files"]["orders.json"]


def test_it_is_made_while_it_is_sent(monkeypatch):
    from desk.personal_data import export

    monkeypatch.setattr(export, "CHUNK", 1)
    pieces = archive(Subject("patient", study_of().patient_id))
    assert len(list(islice(pieces, 3))) == 3
