"""Bad input: 400, the field named, nothing written (requirements C1, E2, D2)."""

import json

import pytest

from core.models import IdempotencyKey
from customers.tests.factories import AddressFactory, CustomerFactory
from orders.models import Order, OrderEvent, OrderLine
from orders.tests.factories import ADDRESS, KitFactory, ProductFactory

URL = "/api/v1/orders/"


@pytest.fixture
def shop(db):
    """A customer without phone and address, and a few products."""
    ProductFactory.create(item_id="it-1")
    ProductFactory.create(item_id="it-2")
    ProductFactory.create(item_id="old", is_active=False)
    ProductFactory.create(item_id="ke-1", currency="KES")
    ProductFactory.create(item_id="gold", price="9999999999.99")
    KitFactory.create(item_id="ancestry")
    return CustomerFactory.create(phone_number="")


def refusal(api, url, body):
    """The fields that the answer names; nothing was written."""
    answer = api().post(
        url, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert answer.status_code == 400, answer.data
    assert answer.data["type"] == "validation_error"
    for model in (Order, OrderLine, OrderEvent, IdempotencyKey):
        assert not model.objects.exists()
    return {_field(error["attr"]): error["detail"] for error in answer.data["errors"]}


def _field(attr):
    return attr and attr.removesuffix(".non_field_errors")


SHORT = [
    ({"amount": "-1"}, "amount"),
    ({"amount": "-0"}, "amount"),
    ({"amount": "+1"}, "amount"),
    ({"amount": "1.2345"}, "amount"),
    ({"amount": "1.005"}, "amount"),
    ({"amount": 1.005}, "amount"),
    ({"amount": "1e2"}, "amount"),
    ({"amount": 1e22}, "amount"),
    ({"amount": "NaN"}, "amount"),
    ({"amount": "Infinity"}, "amount"),
    ({"amount": ""}, "amount"),
    ({"amount": None}, "amount"),
    ({"amount": True}, "amount"),
    ({"amount": [1]}, "amount"),
    ({"amount": "1,50"}, "amount"),
    ({"amount": "١٢"}, "amount"),
    ({"amount": "10000000000.00"}, "amount"),
    ({"amount": "9" * 2000}, "amount"),
    ({"amount": "1.50", "currency": "JPY"}, "amount"),
    ({"currency": "XXX"}, "currency"),
    ({"currency": "gbp"}, "currency"),
    ({"currency": "KWD"}, "currency"),
    ({"currency": ""}, "currency"),
    ({"currency": None}, "currency"),
    ({"currency": 5}, "currency"),
    ({"item": ""}, "item"),
    ({"item": "x" * 256}, "item"),
    ({"item": "tea\r\nX: y"}, "item"),
    ({"item": "tea\u0000"}, "item"),
    ({"item": 5}, "item"),
    ({"item": None}, "item"),
    ({"customer": 999_999}, "customer"),
    ({"customer": 10**30}, "customer"),
    ({"customer": 0}, "customer"),
    ({"customer": -1}, "customer"),
    ({"customer": 1.5}, "customer"),
    ({"customer": True}, "customer"),
    ({"customer": "x"}, "customer"),
    ({"customer": "1\u0000"}, "customer"),
    ({"customer": None}, "customer"),
    ({"customer": {"id": 1}}, "customer"),
    ({"time": "2020-01-01T00:00:00Z"}, "time"),
    ({"status": "delivered"}, "status"),
    ({"number": "co-1"}, "number"),
    ({"channel": "sms"}, "channel"),
    ({"shipping_interval": "weekly"}, "shipping_interval"),
]


@pytest.mark.parametrize(("change", "field"), SHORT, ids=range(len(SHORT)))
def test_E2_a_bad_sale_is_refused_by_field(api, shop, change, field):
    body = {"customer": shop.pk, "item": "tea", "amount": "2.50", **change}
    assert field in refusal(api, URL, body)


@pytest.mark.parametrize("missing", ["customer", "item", "amount"])
def test_D2_a_sale_needs_its_three_fields(api, shop, missing):
    body = {"customer": shop.pk, "item": "tea", "amount": "2.50"}
    del body[missing]
    assert missing in refusal(api, URL, body)


def one(**change):
    return [{"item_id": "it-1", "quantity": 1, **change}]


FULL = [
    ({"items": []}, "items"),
    ({"items": None}, "items"),
    ({"items": "it-1"}, "items"),
    ({"items": {"item_id": "it-1", "quantity": 1}}, "items"),
    ({"items": [5]}, "items.0"),
    ({"items": [{}]}, "items.0.item_id"),
    ({"items": one(quantity=0)}, "items.0.quantity"),
    ({"items": one(quantity=1001)}, "items.0.quantity"),
    ({"items": one(quantity=-1)}, "items.0.quantity"),
    ({"items": one(quantity=1.5)}, "items.0.quantity"),
    ({"items": one(quantity="2")}, "items.0.quantity"),
    ({"items": one(quantity=True)}, "items.0.quantity"),
    ({"items": one(quantity=10**30)}, "items.0.quantity"),
    ({"items": one(weight=5)}, "items.0.weight"),
    ({"items": one(item_id="none")}, "items.0.item_id"),
    ({"items": one(item_id="old")}, "items.0.item_id"),
    ({"items": one(item_id="x" * 36)}, "items.0.item_id"),
    ({"items": one(item_id="it-1\u0000")}, "items.0.item_id"),
    ({"items": one() + one(item_id="none")}, "items.1.item_id"),
    ({"items": one() + one()}, "items"),
    ({"items": one() * 101}, "items"),
    ({"items": one() + one(item_id="ke-1")}, "items"),
    ({"items": one(item_id="gold", quantity=2)}, "items"),
    ({"delivery_service": "drone"}, "delivery_service"),
    ({"delivery_service": ""}, "delivery_service"),
    ({"shipping_interval": "yearly"}, "shipping_interval"),
    ({"shipping_interval": None}, "shipping_interval"),
    ({"channel": "pigeon"}, "channel"),
    ({"channel": ""}, "channel"),
    ({"channel": ["sms"]}, "channel"),
    ({"channel": "sms"}, "channel"),  # the customer has no phone
    ({"customer": 999_999}, "customer"),
    ({"price": "0.01"}, "price"),
    ({"delivery_address": None}, "delivery_address"),
    ({"delivery_address": "London"}, "delivery_address"),
    ({"delivery_address": {}}, "delivery_address.recipient"),
    *[
        ({"delivery_address": ADDRESS | {name: "x" * 36}}, f"delivery_address.{name}")
        for name in ADDRESS
    ],
    *[
        ({"delivery_address": ADDRESS | {name: ""}}, f"delivery_address.{name}")
        for name in ADDRESS
        if name != "line_2"
    ],
    ({"delivery_address": ADDRESS | {"country": "XX"}}, "delivery_address.country"),
    ({"delivery_address": ADDRESS | {"country": "gb"}}, "delivery_address.country"),
    ({"delivery_address": ADDRESS | {"country": "GBR"}}, "delivery_address.country"),
    ({"delivery_address": ADDRESS | {"city": "Lon\ndon"}}, "delivery_address.city"),
    ({"delivery_address": ADDRESS | {"phone": "1"}}, "delivery_address.phone"),
]


@pytest.mark.parametrize(("change", "field"), FULL, ids=range(len(FULL)))
def test_C1_a_bad_order_is_refused_by_field(api, shop, change, field):
    body = {"customer": shop.pk, "items": one(), "delivery_address": ADDRESS, **change}
    assert field in refusal(api, URL, body)


def test_C1_lines_of_35_characters_are_taken(api, shop):
    longest = dict.fromkeys(ADDRESS, "x" * 35) | {"country": "KE", "postcode": "00100"}
    body = {"customer": shop.pk, "items": one(), "delivery_address": longest}
    answer = api().post(URL, body, format="json")
    assert answer.status_code == 201
    assert answer.data["delivery_address"] == longest


def test_C1_without_any_address_the_order_is_refused(api, shop):
    detail = refusal(api, URL, {"customer": shop.pk, "items": one()})["delivery_address"]
    assert "no default address" in detail


def test_A2_a_channel_that_does_not_reach_the_customer_is_refused(api, shop):
    body = {"customer": shop.pk, "kit_type": "ancestry", "channel": "sms"}
    detail = refusal(api, "/api/v1/dna-kit-orders/", body)["channel"]
    assert detail == "This customer has no phone number. Add it, or name another channel."


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": [], "item": "tea", "amount": "1"},
        {"items": [], "amount": "1"},
        {"delivery_service": "express"},
    ],
)
def test_both_forms_or_neither_are_refused_saying_which_to_send(api, shop, body):
    for url in (URL, f"/api/v1/customers/{shop.pk}/orders/"):
        detail = refusal(api, url, body)[None]
        assert "`item` and `amount`" in detail
        assert "`items`" in detail


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_a_body_that_is_no_object_is_refused(api, shop, body):
    answer = api().post(URL, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400


BROKEN = ["{", '{"amount": }', "\x00", '{"a": NaN}', '{"a": 1e', "[" * 100_000, "9" * 5000]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_broken_json_is_refused(api, shop, text):
    for url in (URL, "/api/v1/dna-kit-orders/", f"{URL}1/cancel/"):
        assert api().post(url, text, content_type="application/json").status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_other_content_types_are_refused(api, shop, kind):
    assert api().post(URL, "item=tea", content_type=kind).status_code == 415


KITS = [
    ({"kit_type": "none"}, "kit_type"),
    ({"kit_type": "it-1"}, "kit_type"),
    ({"kit_type": ""}, "kit_type"),
    ({"kit_type": "x" * 36}, "kit_type"),
    ({"kit_type": None}, "kit_type"),
    ({"kit_type": "ancestry\u0000"}, "kit_type"),
    ({"customer": 999_999}, "customer"),
    ({"channel": "pigeon"}, "channel"),
    ({"items": []}, "items"),
]


@pytest.mark.parametrize(("change", "field"), KITS, ids=range(len(KITS)))
def test_A1_a_bad_kit_order_is_refused_by_field(api, shop, change, field):
    body = {"customer": shop.pk, "kit_type": "ancestry", **change}
    assert field in refusal(api, "/api/v1/dna-kit-orders/", body)


def test_a_body_that_says_nothing_is_refused_in_the_usual_words(api):
    answer = api().post("/api/v1/orders/", "null", content_type="application/json")
    assert answer.json()["errors"] == [
        {"code": "null", "detail": "No data provided", "attr": "non_field_errors"}
    ]


def test_what_one_request_sent_is_not_there_in_the_next(api):
    ProductFactory.create(item_id="it-1")
    home, client = AddressFactory.create(), api()
    body = {"customer": home.customer_id, "items": [{"item_id": "it-1", "quantity": 1}]}
    express = client.post("/api/v1/orders/", body | {"delivery_service": "express"}, format="json")
    refused = client.post("/api/v1/orders/", body | {"channel": "pigeon"}, format="json")
    plain = client.post("/api/v1/orders/", body, format="json")
    assert express.json()["delivery_service"] == "express"
    assert refused.status_code == 400
    assert plain.json() | {"time": ""} == express.json() | {
        "id": plain.json()["id"],
        "number": plain.json()["number"],
        "delivery_service": "standard",
        "time": "",
    }
