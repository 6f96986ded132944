import io
import json
import random
from datetime import UTC, datetime
from itertools import islice
from zipfile import ZipFile

import pytest
import time_machine

from clinical.attachments import services
from clinical.tests.attachments.samples import PDF, PNG
from clinical.tests.conftest import folder
from clinical.tests.factories import (
    PatientFactory,
    performed_study,
    reported_study,
    signed_study,
    study_of,
)
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.models import PersonExport
from desk.personal_data.catalogue import parts_of
from desk.personal_data.export import CHUNK, archive, give_out
from desk.personal_data.parts import Subject
from desk.tests.personal_data.held import customer_with_everything
from identity.models import AccessRecord
from identity.tests.factories import staff

__all__ = ["folder"]

pytestmark = pytest.mark.django_db


def pieces_of(kind, key):
    return archive(Subject(kind, key), parts_of(kind))


def zipped(kind, key):
    return ZipFile(io.BytesIO(b"".join(pieces_of(kind, key))))


def opened(kind, key):
    with zipped(kind, key) as zip_file:
        assert zip_file.testzip() is None
        return {name: json.loads(zip_file.read(name)) for name in zip_file.namelist()}


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


@pytest.mark.parametrize("part", parts_of("customer"), ids=lambda part: part.name)
def test_each_file_of_a_customer_is_theirs_alone(part):
    mine, other = (customer_with_everything(name) for name in ("Quirrel", "Other"))
    text = json.dumps(opened("customer", mine.pk)[f"{part.name}.json"])
    assert "Other" not in text
    assert other.code not in text
    said = ("customer", "addresses", "history", "orders", "shipments", "tracking_events")
    assert ("Quirrel" in text) or part.name not in said


def test_it_says_whose_it_is_and_when_it_was_made():
    home = AddressFactory.create()
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False):
        about = opened("customer", home.customer_id)["about.json"]
    assert about["subject"] == f"customer {home.customer_id}"
    assert datetime.fromisoformat(about["made_at"])
    assert about["files"] == {f"{p.name}.json": p.kept for p in parts_of("customer")}


def test_times_are_iso_and_amounts_are_text():
    customer = customer_with_everything("Quirrel")
    files = opened("customer", customer.pk)
    [order] = files["orders.json"]
    assert order["amount"] == "50.00"
    assert datetime.fromisoformat(order["time"]).tzinfo is not None


def attached(study, content=PDF, name="report.pdf"):
    return services.attach(study, io.BytesIO(content), name, by="user:test")


def test_the_files_of_studies_are_in_it_as_they_came(folder):
    study, other = performed_study(), performed_study()
    large = PDF * 3_000
    rows = [attached(study), attached(study, large, "knee.pdf"), attached(study, PNG, "a.png")]
    attached(other, PNG, "other.png")
    with zipped("patient", study.patient_id) as zip_file:
        names = [name for name in zip_file.namelist() if name.startswith("attachments/")]
        assert names == [f"attachments/{row.pk}{row.name[-4:]}" for row in rows]
        assert [zip_file.read(name) for name in names] == [PDF, large, PNG]
        listed = json.loads(zip_file.read("attachments.json"))
    assert [row["name"] for row in listed] == ["report.pdf", "knee.pdf", "a.png"]


def test_a_file_that_was_entered_in_error_may_be_anybodys_and_is_left_out(folder):
    row = attached(performed_study(), name="of somebody else.pdf")
    services.enter_in_error(row, "of another patient", by="user:test")
    with zipped("patient", row.study.patient_id) as zip_file:
        assert not [name for name in zip_file.namelist() if name.startswith("attachments/")]
        assert json.loads(zip_file.read("attachments.json")) == []


def test_for_a_file_that_is_damaged_it_says_so_and_the_rest_is_given(folder):
    rows = [attached(performed_study()) for _ in range(1)]
    rows.append(attached(rows[0].study, PNG, "a.png"))
    (folder / rows[0].stored_as).unlink()
    with zipped("patient", rows[0].study.patient_id) as zip_file:
        said = zip_file.read(f"attachments/{rows[0].pk}.txt").decode()
        assert "missing or damaged" in said
        assert zip_file.read(f"attachments/{rows[1].pk}.png") == PNG


def test_large_files_are_sent_in_pieces_and_never_held_as_a_whole(folder):
    content = PDF[:9] + random.Random(1).randbytes(1_000_000) + b"\n%%EOF\n"
    row = attached(performed_study(), content)
    pieces = list(pieces_of("patient", row.study.patient_id))
    assert sum(map(len, pieces)) > 1_000_000
    assert max(map(len, pieces)) < 3 * CHUNK


def test_who_signed_a_report_is_in_it_and_for_a_draft_nobody():
    signed = signed_study()
    [report] = opened("patient", signed.patient_id)["study_reports.json"]
    assert report["signature__signed_by"] == signed.reports.get().signed_by != ""
    assert report["signature__at"]
    draft = reported_study()
    [report] = opened("patient", draft.patient_id)["study_reports.json"]
    assert (report["signature__signed_by"], report["signature__at"]) == (None, None)


def test_it_is_made_while_it_is_sent(monkeypatch):
    from desk.personal_data import export

    monkeypatch.setattr(export, "CHUNK", 1)
    pieces = pieces_of("patient", study_of().patient_id)
    assert len(list(islice(pieces, 3))) == 3


def given_to(person, customer):
    pieces = give_out(Subject("customer", customer.pk), to=person, who=person, reason="they asked")
    with ZipFile(io.BytesIO(b"".join(pieces))) as zip_file:
        return {name: json.loads(zip_file.read(name)) for name in zip_file.namelist()}


def test_that_a_customer_is_a_patient_is_told_to_who_may_see_patients_and_is_on_record():
    patient = PatientFactory.create(customer=CustomerFactory.create())
    files = given_to(staff("clinician"), patient.customer)
    assert [row["id"] for row in files["linked_patients.json"]] == [patient.pk]
    assert set(files["linked_patients.json"][0]) == {"id", "created_at"}
    read = AccessRecord.objects.get()
    assert (read.patients, read.how, read.reason) == ([patient.pk], "export", "they asked")


def test_nobody_else_hears_of_it_and_it_is_said_what_is_left_out():
    patient = PatientFactory.create(customer=CustomerFactory.create())
    files = given_to(staff("support"), patient.customer)
    assert "linked_patients.json" not in files
    assert files["about.json"]["left_out_for_want_of_a_right"] == ["linked_patients"]
    assert not AccessRecord.objects.exists()
    assert PersonExport.objects.get().reason == "they asked"
