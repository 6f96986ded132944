"""Erasures and data given out, whatever is typed or stands in the address."""

import pytest

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from desk.models import Erasure, PersonExport
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db
ERASURES = "/admin/desk/erasure/"
WHY = "they asked for it"


@pytest.fixture
def customer() -> Customer:
    made: Customer = CustomerFactory.create()
    return made


@pytest.mark.parametrize("key", ["0", "999999", "x", "1.5", "-1", "9" * 30, "9" * 5000, "١٢"])
@pytest.mark.parametrize("do", ["confirm", "withdraw"])
def test_a_request_that_there_is_not_is_neither_confirmed_nor_withdrawn(key: str, do: str):
    client = browser_of(staff("manager"))
    sent = {"_form_submitted": "on"}
    for answer in (
        client.get(f"{ERASURES}{key}/{do}/"),
        client.post(f"{ERASURES}{key}/{do}/", sent),
    ):
        assert answer.status_code in (302, 403, 404), answer.status_code
    assert not Erasure.objects.exists()


@pytest.mark.parametrize("key", ["0", "999999", "x", "9" * 30, "9" * 5000])
def test_nothing_is_given_out_of_somebody_who_is_not_there(key: str):
    client = browser_of(staff("manager"))
    where = f"/admin/customers/customer/{key}/all-data/"
    assert client.get(where).status_code in (302, 403, 404)
    assert client.post(where, {"reason": WHY}).status_code in (302, 403, 404)
    assert not PersonExport.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"subject": ""},
        {"subject": "0"},
        {"subject": "999999"},
        {"subject": "9" * 30},
        {"subject": "x"},
        {"kind": "patient"},
        {"kind": "order"},
        {"reason": ""},
        {"reason": "x" * 501},
    ],
    ids=["none", "zero", "nobody", "large", "no-number", "not-theirs", "no-kind", "why", "long"],
)
def test_a_request_that_cannot_be_is_refused_at_its_field(customer, given: dict[str, str]):
    sent = {"kind": "customer", "subject": str(customer.pk), "reason": WHY} | given
    answer = browser_of(staff("manager")).post(f"{ERASURES}add/", sent)
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == set(given)
    assert not Erasure.objects.exists()


def test_a_second_request_of_the_same_waits_for_the_first(customer):
    client = browser_of(staff("manager"))
    sent = {"kind": "customer", "subject": str(customer.pk), "reason": WHY}
    assert client.post(f"{ERASURES}add/", sent).status_code == 302
    page = client.post(f"{ERASURES}add/", sent).content.decode()
    assert "Somebody has asked for that already." in page
    assert Erasure.objects.count() == 1
    row = Erasure.objects.get()
    client.post(f"{ERASURES}{row.pk}/withdraw/", {"_form_submitted": "on"})
    row.refresh_from_db()
    assert row.state == "withdrawn"
    assert client.post(f"{ERASURES}add/", sent).status_code == 302, "it may be asked for again"


@pytest.mark.parametrize("role", ["fulfilment", "auditor", "clinician"])
def test_who_may_not_change_customers_asks_to_erase_none(customer, role: str):
    sent = {"kind": "customer", "subject": str(customer.pk), "reason": WHY}
    assert browser_of(staff(role)).post(f"{ERASURES}add/", sent).status_code in (200, 403)
    assert not Erasure.objects.exists()
