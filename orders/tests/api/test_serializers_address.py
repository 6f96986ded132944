"""What a provider would refuse is refused over the API, by field, and nothing is ordered."""

import pytest

from customers.tests.factories import CustomerFactory
from orders.models import Order
from orders.tests.factories import ADDRESS, ProductFactory

URL = "/api/v1/orders/"


def ordered(api, **address):
    body = {
        "customer": CustomerFactory.create().pk,
        "items": [{"item_id": ProductFactory.create().item_id, "quantity": 1}],
        "delivery_service": "standard",
        "delivery_address": ADDRESS | address,
    }
    return api().post(URL, body, format="json")


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ({"postcode": ""}, "delivery_address.postcode"),
        ({"recipient": "x" * 36}, "delivery_address.recipient"),
        ({"line_1": "x" * 36}, "delivery_address.line_1"),
        ({"country": "XX"}, "delivery_address.country"),
        ({"country": "gb"}, "delivery_address.country"),
        ({"city": "  "}, "delivery_address.city"),
    ],
)
def test_a_bad_address_is_named(api, address, field):
    answer = ordered(api, **address)
    assert answer.status_code == 400
    assert {error["attr"] for error in answer.json()["errors"]} == {field}
    assert not Order.objects.exists()


def test_an_address_in_hong_kong_needs_no_postcode(api):
    answer = ordered(api, postcode="", country="HK")
    assert answer.status_code == 201, answer.content
    assert answer.json()["delivery_address"]["postcode"] == ""
