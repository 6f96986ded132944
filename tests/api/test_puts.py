"""A PUT needs the required fields, and like a PATCH writes what came: the rest keeps its value."""

from collections.abc import Callable
from typing import Any

import pytest

from clinical.tests.factories import PatientFactory, study_of
from customers.tests.factories import AddressFactory, CustomerFactory
from tests.matrix import addresses, expectations

pytestmark = pytest.mark.django_db
# Of those that write: below fhir/ there is nothing to put (clinical/tests/fhir/test_views.py).
PUTS = sorted(
    name for name in expectations.API.keys() - expectations.SEARCHES if name[:4] == "PUT "
)


def _customer() -> str:
    row = CustomerFactory.create(phone_number="+447451277972", email="ada@example.com")
    return f"customers/{row.pk}/"


def _address() -> str:
    row = AddressFactory.create(line_2="Flat 3")
    return f"customers/{row.customer_id}/addresses/{row.pk}/"


def _patient() -> str:
    row = PatientFactory.create(customer=CustomerFactory.create(), email="ada@example.com")
    row.identifiers.create(system="urn:records", value="17")
    return f"patients/{row.pk}/"


def _study() -> str:
    row = study_of(description="Fell down")
    return f"patients/{row.patient_id}/studies/{row.pk}/"


ROWS: dict[str, Callable[[], str]] = {
    "PUT customers/{pk}/": _customer,
    "PUT customers/{customer_pk}/addresses/{pk}/": _address,
    "PUT patients/{pk}/": _patient,
    "PUT patients/{patient_pk}/studies/{pk}/": _study,
}


def _fields(name: str) -> dict[str, Any]:
    """What may be written there."""
    fields = addresses.endpoints()[name].view.cls.serializer_class().fields
    return {each: field for each, field in fields.items() if not field.read_only}


@pytest.mark.parametrize("name", PUTS)
def test_what_is_left_out_keeps_its_value(api, name):
    where, client, fields = f"/api/v1/{ROWS[name]()}", api(), _fields(name)
    before = client.get(where).json()
    left_out = {each for each, field in fields.items() if not field.required}
    assert left_out
    assert all(before[each] for each in left_out), "the row must have what could be lost"
    body = {each: before[each] for each in fields.keys() - left_out}
    assert client.put(where, body, format="json").status_code == 200
    assert client.get(where).json() == before


@pytest.mark.parametrize("name", PUTS)
def test_what_is_required_is(api, name):
    where, client = f"/api/v1/{ROWS[name]()}", api()
    required = {each for each, field in _fields(name).items() if field.required}
    answer = client.put(where, {}, format="json")
    assert answer.status_code == 400
    assert {error["attr"] for error in answer.json()["errors"]} == required


@pytest.mark.parametrize("line", ["line_2", "postcode"])
def test_a_line_that_comes_empty_is_emptied(api, line):
    """In Hong Kong, where neither is needed."""
    row = AddressFactory.create(country="HK", postcode="999077", city="Kowloon")
    where = f"/api/v1/customers/{row.customer_id}/addresses/{row.pk}/"
    body = {"recipient": row.recipient, "line_1": row.line_1, "country": "HK", line: ""}
    assert api().put(where, body, format="json").json()[line] == ""
