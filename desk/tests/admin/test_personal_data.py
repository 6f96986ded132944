from io import BytesIO
from zipfile import ZipFile

import pytest

from clinical.tests.factories import PatientFactory, study_of
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.models import Erasure, PersonExport
from desk.personal_data import erasure
from identity.models import AccessRecord
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
ERASURES = "/admin/desk/erasure/"
WHY = {"reason": "they asked for it"}


@pytest.fixture
def signed_in(client):
    def sign_in(role):
        person = staff(role)
        client.force_login(person)
        return person

    return sign_in


def text(answer):
    return answer.content.decode()


def test_all_data_of_a_patient_are_given_out_and_that_is_on_record(client, signed_in):
    clara = signed_in("clinician")
    key = study_of(PatientFactory.create(last_name="Quirrel")).patient_id
    where = f"/admin/clinical/patient/{key}/all-data/"
    assert client.get(where).status_code == 200
    assert client.post(where, {"reason": ""}).status_code == 200
    assert not PersonExport.objects.exists()
    answer = client.post(where, WHY)
    assert answer["Content-Disposition"] == f'attachment; filename="patient-{key}.zip"'
    with ZipFile(BytesIO(b"".join(answer.streaming_content))) as zipped:
        assert b"Quirrel" in zipped.read("patient.json")
    record = AccessRecord.objects.get(how="export")
    assert (record.patients, record.reason, record.actor) == ([key], WHY["reason"], clara.actor)
    assert PersonExport.objects.get().actor == clara.actor


def test_one_asks_and_another_erases_what_was_shown(client, signed_in):
    home = AddressFactory.create()
    mona = signed_in("manager")
    asked = {"kind": "customer", "subject": home.customer_id, **WHY}
    assert client.post(f"{ERASURES}add/", asked).status_code == 302
    row = Erasure.objects.get()
    assert (row.requested_by, row.state) == (mona, "requested")
    confirm = f"{ERASURES}{row.pk}/confirm/"
    assert client.post(confirm, {"_form_submitted": "on"}).status_code == 403
    signed_in("manager")
    assert "What was ordered when" in text(client.get(confirm))
    assert home.customer.addresses.exists()
    assert client.post(confirm, {"_form_submitted": "on"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, home.customer.addresses.count()) == ("done", 0)
    assert "addresses: 1" in text(client.get(f"{ERASURES}{row.pk}/change/"))


def test_a_request_is_withdrawn(client, signed_in):
    mona = signed_in("manager")
    row = erasure.request("customer", CustomerFactory.create().pk, by=mona, reason="asked")
    withdraw = f"{ERASURES}{row.pk}/withdraw/"
    assert client.post(withdraw, {"_form_submitted": "on"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "withdrawn"


def test_each_role_sees_and_asks_for_its_own(client, signed_in):
    mona = signed_in("manager")
    patient, customer = PatientFactory.create(), CustomerFactory.create()
    rows = [
        erasure.request("patient", patient.pk, by=mona, reason="asked"),
        erasure.request("customer", customer.pk, by=mona, reason="asked"),
    ]
    signed_in("manager")
    for row, status in zip(rows, (302, 200), strict=True):
        assert client.get(f"{ERASURES}{row.pk}/change/").status_code == status
    assert client.get(f"{ERASURES}{rows[0].pk}/confirm/").status_code == 403
    asked = {"kind": "patient", "subject": PatientFactory.create().pk, **WHY}
    assert client.post(f"{ERASURES}add/", asked).status_code == 200
    assert Erasure.objects.count() == 2
    signed_in("support")
    for where in (ERASURES, f"{ERASURES}add/", f"{ERASURES}{rows[1].pk}/confirm/"):
        assert client.get(where).status_code == 403
    page = f"/admin/customers/customer/{customer.pk}/all-data/"
    assert client.post(page, WHY).status_code == 403
    assert not PersonExport.objects.exists()


def test_who_is_not_there_or_asked_for_twice_is_refused_in_words(client, signed_in):
    mona = signed_in("manager")
    customer = CustomerFactory.create()
    erasure.request("customer", customer.pk, by=mona, reason="asked")
    for key, said in [(999_999, "There is no customer"), (customer.pk, "asked for that already")]:
        asked = {"kind": "customer", "subject": key, **WHY}
        assert said in text(client.post(f"{ERASURES}add/", asked))
    assert Erasure.objects.count() == 1
