"""Filters take what people and programs write: in other letters, or with a `+` that was lost."""

from datetime import datetime

import pytest

from clinical.tests.factories import PatientFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from orders.tests.factories import placed_order
from shipping.models import Shipment

pytestmark = pytest.mark.django_db


def shown(client, path):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    "when",
    [
        "2026-06-01t12:00:00z",
        "2026-06-01T12:00:00z",
        "2026-06-01 12:00:00Z",
        "2026-06-01%2012:00:00z",
        "2026-06-01t12:00:00.000z",
        "2026-06-01T13:00:00+01:00",
        "2026-06-01T13:00:00%2b01:00",
        "2026-06-01%2013:00:00+01:00",
        "2026-06-01t07:00:00-05:00",
        "2026-06-01T13:00+01:00",
    ],
)
def test_a_time_is_taken_as_rfc_3339_lets_it_be_written(api, when):
    early, late = CustomerFactory.create(), CustomerFactory.create()
    Customer.objects.filter(pk=early.pk).update(
        created_at=datetime.fromisoformat("2026-06-01T11:59Z")
    )
    Customer.objects.filter(pk=late.pk).update(
        created_at=datetime.fromisoformat("2026-06-01T12:00Z")
    )
    assert shown(api(), f"customers/?created_after={when}") == [late.pk]
    assert shown(api(), f"customers/?created_before={when}") == [early.pk]


def test_a_leap_second_is_the_first_moment_after_it(api):
    late = CustomerFactory.create()
    Customer.objects.update(created_at=datetime.fromisoformat("2026-07-01T00:00Z"))
    assert shown(api(), "customers/?created_after=2026-06-30T23:59:60Z") == [late.pk]
    assert shown(api(), "customers/?created_after=2026-06-30T18:59:60-05:00") == [late.pk]


@pytest.mark.parametrize("when", ["2026-06-01T12:00:00x", "t", "z", "2026-13-01t00:00:00z", "+"])
def test_what_is_no_time_stays_a_400(api, when):
    assert api().get(f"/api/v1/orders/?time_after={when}").status_code == 400


@pytest.mark.parametrize("path", ["customers", "users", "patients"])
def test_a_plus_that_was_not_escaped_is_tried_as_one(api, path):
    make = PatientFactory if path == "patients" else CustomerFactory
    rows = [make.create(email=email) for email in ("jo+x@example.com", "+jo@example.com")]
    for row, spellings in zip(
        rows,
        [
            ("jo+x@example.com", "JO%2bx@example.com", "jo x@example.com", " jo%2bx@example.com "),
            ("%2bjo@example.com",),
        ],
        strict=True,
    ):
        for spelling in spellings:
            assert shown(api(), f"{path}/?email={spelling}") == [row.pk]
    assert shown(api(), f"{path}/?email=x+jo@example.com") == []


def test_our_own_numbers_are_found_in_capitals(api):
    order = placed_order()
    shipment, client = Shipment.objects.get(order=order), api()
    for number in (order.number, order.number.upper()):
        assert shown(client, f"orders/?number={number}") == [order.pk]
        assert shown(client, f"shipments/?reference={number}") == [shipment.pk]
        assert shown(client, f"shipments/?search={number}") == [shipment.pk]
    assert shown(client, f"customers/?code={order.customer.code.lower()}") == [order.customer_id]
