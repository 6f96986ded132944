from io import BytesIO
from zipfile import ZipFile

import pytest

from clinical.tests.factories import PatientFactory, study_of
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.models import Erasure, PersonExport
from desk.personal_data import erasure
from identity.models import AccessRecord
from identity.tests.factories import staff
from orders.tests.factories import placed_order

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


@pytest.mark.parametrize("reason", ["", "  ", "x", "x" * 501], ids=len)
def test_without_a_good_reason_no_data_are_given_out(client, signed_in, reason):
    signed_in("manager")
    where = f"/admin/customers/customer/{CustomerFactory.create().pk}/all-data/"
    answer = client.post(where, {"reason": reason})
    assert answer.status_code == 200
    assert "text/html" in answer["Content-Type"]
    assert not PersonExport.objects.exists()


@pytest.mark.parametrize("key", ["999999", "x", "99999999999999999999"])
@pytest.mark.parametrize("kind", ["customers/customer", "clinical/patient"])
def test_the_data_of_somebody_who_is_not_there_are_no_fault_of_ours(client, signed_in, kind, key):
    signed_in("manager" if kind.startswith("customers") else "clinician")
    answer = client.post(f"/admin/{kind}/{key}/all-data/", WHY)
    assert answer.status_code in (302, 404)
    assert not PersonExport.objects.exists()


@pytest.mark.parametrize("key", ["999999", "x", "99999999999999999999"])
@pytest.mark.parametrize("verb", ["confirm", "withdraw"])
def test_a_request_that_is_not_there_is_no_fault_of_ours(client, signed_in, key, verb):
    signed_in("manager")
    answer = client.post(f"{ERASURES}{key}/{verb}/", {"_form_submitted": "on"})
    assert answer.status_code in (302, 403, 404)


def test_who_may_see_patients_and_not_change_them_gets_no_data(client, signed_in):
    signed_in("support")
    patient = PatientFactory.create()
    answer = client.post(f"/admin/clinical/patient/{patient.pk}/all-data/", WHY)
    assert answer.status_code in (302, 403)
    assert not PersonExport.objects.exists()
    assert not AccessRecord.objects.filter(how="export").exists()


def test_what_may_not_be_erased_yet_says_why_and_the_request_waits(client, signed_in):
    mona = signed_in("manager")
    order = placed_order()
    row = erasure.request("customer", order.customer_id, by=mona, reason="asked")
    signed_in("manager")
    confirm = f"{ERASURES}{row.pk}/confirm/"
    assert f"{order.number} is under way" in text(client.get(confirm))
    client.post(confirm, {"_form_submitted": "on"})
    row.refresh_from_db()
    assert row.state == "requested"
    assert f"{order.number} is under way" in text(client.get(f"{ERASURES}{row.pk}/change/"))


@pytest.mark.parametrize("verb", ["confirm", "withdraw"])
def test_what_was_decided_is_not_decided_again(client, signed_in, verb):
    mona = signed_in("manager")
    customer = CustomerFactory.create(name="Zoe Quirrel")
    row = erasure.request("customer", customer.pk, by=mona, reason="asked")
    erasure.withdraw(row, by=mona)
    signed_in("manager")
    assert client.post(f"{ERASURES}{row.pk}/{verb}/", {"_form_submitted": "on"}).status_code == 403
    customer.refresh_from_db()
    assert customer.name == "Zoe Quirrel"


def test_no_request_is_changed_or_deleted(client, signed_in):
    mona = signed_in("manager")
    row = erasure.request("customer", CustomerFactory.create().pk, by=mona, reason="asked")
    client.post(f"{ERASURES}{row.pk}/change/", {"kind": "customer", "subject": 1, "reason": "x"})
    assert client.post(f"{ERASURES}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Erasure.objects.get().reason == "asked"


def test_who_looks_at_exports_sees_those_of_the_kinds_that_they_may_see(client, signed_in):
    for kind, key in (("patient", 41_001), ("customer", 41_002)):
        PersonExport.objects.create(kind=kind, subject=key, reason="asked", actor="user:1 x")
    signed_in("manager")
    page = text(client.get("/admin/desk/personexport/"))
    assert "41002" in page
    assert "41001" not in page
