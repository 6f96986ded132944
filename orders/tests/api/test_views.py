"""Orders over HTTP (requirements E2, D2)."""

import json
from pathlib import Path

import pytest

from core.workflow import TransitionNotAllowedError
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import client_named
from orders.api.serializers import LineSerializer, OrderSerializer
from orders.models import Order, OrderEvent
from orders.services import cancel_order
from orders.tests.factories import (
    ADDRESS,
    KitFactory,
    ProductFactory,
    placed_kit_order,
    placed_order,
    placed_sale,
)

URL = "/api/v1/orders/"
SALE = json.loads((Path(__file__).parents[2] / "demo_data" / "simple_order.json").read_text())


@pytest.fixture
def customer(db):
    return CustomerFactory.create()


@pytest.fixture
def serum(db):
    return ProductFactory.create(item_id="it-1")


def test_E2_a_sale_takes_the_real_request(api, customer):
    answer = api().post(URL, SALE | {"customer": customer.pk}, format="json")
    assert answer.status_code == 201
    assert (answer.data["item"], answer.data["amount"]) == ("macbook m2", "56000.68")
    assert (answer.data["status"], answer.data["lines"]) == ("placed", [])
    assert answer.data["delivery_address"] is None


def test_E2_a_sale_takes_the_default_currency_and_the_servers_time(
    api, customer, settings, time_machine
):
    time_machine.move_to("2026-07-01T10:00:00Z", tick=False)
    settings.DEFAULT_CURRENCY = "KES"
    answer = api().post(URL, SALE | {"customer": customer.pk}, format="json")
    assert (answer.data["currency"], answer.data["time"]) == ("KES", "2026-07-01T11:00:00+01:00")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0", "0.00"), ("0.5", "0.50"), (5, "5.00"), (5.5, "5.50"), (5.0, "5.00"), (" 7 ", "7.00")],
)
def test_E2_amounts_are_exact_and_have_two_decimals(api, customer, amount, shown):
    body = {"customer": customer.pk, "item": "tea", "amount": amount}
    answer = api().post(URL, body, format="json")
    assert answer.data["amount"] == shown
    assert str(Order.objects.get().amount) == shown


def test_E2_the_customers_id_may_be_text_as_clients_send_it(api, customer):
    answer = api().post(URL, SALE | {"customer": str(customer.pk)}, format="json")
    assert answer.data["customer"] == customer.pk


def test_E2_a_full_order_takes_prices_and_weights_from_the_products(api, customer, serum):
    body = {
        "customer": customer.pk,
        "items": [{"item_id": "it-1", "quantity": 2}],
        "delivery_service": "express",
        "delivery_address": ADDRESS,
        "shipping_interval": "monthly",
        "channel": "sms",
    }
    answer = api().post(URL, body, format="json")
    assert answer.status_code == 201
    assert answer.data["lines"] == [
        {"item_id": "it-1", "name": serum.name, "quantity": 2, "weight": 10, "unit_price": "25.00"}
    ]
    assert (answer.data["amount"], answer.data["currency"]) == ("50.00", "GBP")
    assert {name: answer.data[name] for name in body if name not in ("items",)} == {
        name: value for name, value in body.items() if name != "items"
    }


def test_E2_an_order_answers_the_same_when_it_is_read_again(api, customer, serum):
    body = {
        "customer": customer.pk,
        "items": [{"item_id": "it-1", "quantity": 1}],
        "delivery_address": ADDRESS,
    }
    client = api()
    placed = client.post(URL, body, format="json")
    read = client.get(placed["Location"])
    assert read.status_code == 200
    assert read.json() == placed.json()
    assert client.get(URL).json()["results"] == [placed.json()]


def test_E2_without_an_address_the_customers_default_one_is_copied(api, serum):
    home = AddressFactory.create()
    body = {"customer": home.customer_id, "items": [{"item_id": "it-1", "quantity": 1}]}
    answer = api().post(URL, body, format="json")
    assert answer.data["delivery_address"] == home.address()
    assert answer.data["delivery_service"] == "standard"
    assert answer.data["shipping_interval"] == "none"


def test_E2_the_answer_has_the_fields_that_the_document_names(api):
    for order in (placed_sale(), placed_order(), placed_kit_order()):
        answer = api().get(f"{URL}{order.pk}/")
        assert list(answer.data) == list(OrderSerializer().fields)
        for line in answer.data["lines"]:
            assert list(line) == list(LineSerializer().fields)


def test_E2_the_events_name_the_client(api, customer):
    api().post(URL, SALE | {"customer": customer.pk}, format="json")
    assert OrderEvent.objects.get(kind="placed").actor == client_named("test")


def test_an_order_of_a_kit_knows_its_kit_type(api):
    home = AddressFactory.create()
    KitFactory.create(item_id="ancestry")
    body = {"customer": home.customer_id, "items": [{"item_id": "ancestry", "quantity": 1}]}
    assert api().post(URL, body, format="json").data["kit_type"] == "ancestry"


class TestNested:
    """`customers/{id}/orders/`."""

    def test_E2_a_customers_orders_are_listed_alone(self, api, customer):
        mine = placed_sale(customer)
        placed_sale()
        answer = api().get(f"/api/v1/customers/{customer.pk}/orders/")
        assert [order["id"] for order in answer.data["results"]] == [mine.pk]

    def test_E2_both_forms_are_placed_without_naming_the_customer(self, api, serum):
        home = AddressFactory.create()
        url = f"/api/v1/customers/{home.customer_id}/orders/"
        full = {"items": [{"item_id": "it-1", "quantity": 1}]}
        for body in ({"item": "tea", "amount": "2.50"}, full):
            answer = api().post(url, body, format="json")
            assert answer.status_code == 201
            assert answer.data["customer"] == home.customer_id

    def test_a_body_that_names_a_customer_is_refused(self, api, customer):
        other = CustomerFactory.create()
        body = {"customer": other.pk, "item": "tea", "amount": "2.50"}
        answer = api().post(f"/api/v1/customers/{customer.pk}/orders/", body, format="json")
        assert answer.status_code == 400
        assert not Order.objects.exists()

    @pytest.mark.parametrize("key", ["0", "999999", "9" * 30, "abc", "-1"])
    def test_an_unknown_customer_is_not_found(self, api, key):
        url = f"/api/v1/customers/{key}/orders/"
        assert api().get(url).status_code == 404
        assert api().post(url, {"item": "tea", "amount": "1"}, format="json").status_code == 404
        assert not Order.objects.exists()

    def test_an_outsider_does_not_learn_whether_a_customer_exists(self, api, customer):
        for key in (customer.pk, 999_999):
            answer = api("customers:read").get(f"/api/v1/customers/{key}/orders/")
            assert answer.status_code == 403


class TestCancelling:
    """`orders/{id}/cancel/`."""

    def test_an_order_is_cancelled_once(self, api):
        order = placed_sale()
        answer = api().post(f"{URL}{order.pk}/cancel/", {"reason": "twice"}, format="json")
        assert (answer.status_code, answer.data["status"]) == (200, "cancelled")
        assert order.events.get(kind="cancelled").detail == "twice"
        again = api().post(f"{URL}{order.pk}/cancel/")
        assert again.status_code == 409
        assert "cancelled" in again.data["errors"][0]["detail"]
        assert order.events.filter(kind="cancelled").count() == 1

    def test_a_shipped_order_is_not_cancelled(self, api):
        order = placed_sale()
        Order.objects.filter(pk=order.pk).update(state="shipped")
        assert api().post(f"{URL}{order.pk}/cancel/").status_code == 409
        assert Order.objects.get().state == "shipped"

    @pytest.mark.parametrize("body", [{"reason": "x" * 501}, {"why": "?"}, {"reason": 5}, []])
    def test_bad_input_cancels_nothing(self, api, body):
        order = placed_sale()
        answer = api().post(f"{URL}{order.pk}/cancel/", body, format="json")
        assert answer.status_code == 400
        assert Order.objects.get().state == "placed"

    def test_an_outsider_cancels_nothing(self, api):
        order = placed_sale()
        for client in (api(None), api("orders:read"), api("dna-kit-orders:write")):
            assert client.post(f"{URL}{order.pk}/cancel/").status_code in (401, 403)
        assert Order.objects.get().state == "placed"

    def test_a_refusal_in_a_receiver_leaves_the_order_as_it_was(self, db):
        from django.db.models.signals import post_save

        def refuse(**_):
            raise TransitionNotAllowedError("A parcel was handed over.")

        order = placed_sale()
        post_save.connect(refuse, sender=OrderEvent)
        try:
            with pytest.raises(TransitionNotAllowedError):
                cancel_order(order, by="user:test")
        finally:
            post_save.disconnect(refuse, sender=OrderEvent)
        assert Order.objects.get().state == "placed"
        assert not order.events.filter(kind="cancelled").exists()


@pytest.mark.parametrize("key", ["0", "999999", "9" * 30, "abc", "1.5", "%00"])
def test_an_impossible_order_is_not_found(api, key):
    assert api().get(f"{URL}{key}/").status_code == 404
    assert api().post(f"{URL}{key}/cancel/").status_code == 404


@pytest.mark.parametrize("scopes", [(None,), ("customers:read",), ("orders:write",)])
def test_an_outsider_reads_no_order(api, scopes):
    order = placed_sale()
    for address in (URL, f"{URL}{order.pk}/", "/api/v1/products/", "/api/v1/dna-kit-orders/"):
        assert api(*scopes).get(address).status_code in (401, 403)


@pytest.mark.parametrize("scopes", [(None,), ("orders:read", "customers:write")])
def test_an_outsider_places_no_order(api, customer, scopes):
    body = SALE | {"customer": customer.pk}
    for address in (URL, "/api/v1/sales/create-order/"):
        assert api(*scopes).post(address, body, format="json").status_code in (401, 403)
    nested = f"/api/v1/customers/{customer.pk}/orders/"
    assert api(*scopes).post(nested, SALE, format="json").status_code in (401, 403)
    assert not Order.objects.exists()


def test_orders_are_neither_replaced_nor_deleted(api):
    order = placed_sale()
    for method in ("put", "delete"):
        assert getattr(api(), method)(f"{URL}{order.pk}/").status_code == 405


def test_E1_a_customer_with_orders_is_not_deleted(api):
    order = placed_sale()
    answer = api().delete(f"/api/v1/customers/{order.customer_id}/")
    assert answer.status_code == 409
    assert answer.data["errors"][0]["detail"] == (
        "This customer has orders, so it cannot be deleted."
    )
    assert Order.objects.exists()


def test_products_on_sale_are_listed_and_shown(api, serum):
    ProductFactory.create(item_id="old", is_active=False)
    KitFactory.create(item_id="ancestry")
    client = api("orders:read")
    assert {p["item_id"] for p in client.get("/api/v1/products/").data["results"]} == {
        "it-1",
        "ancestry",
    }
    kits = client.get("/api/v1/products/?kind=dna-kit").data["results"]
    assert [kit["item_id"] for kit in kits] == ["ancestry"]
    assert client.get("/api/v1/products/it-1/").data == {
        "item_id": "it-1",
        "name": serum.name,
        "kind": "treatment",
        "weight": 10,
        "price": "25.00",
        "currency": "GBP",
    }
    for item_id in ("old", "none", "%00", "x" * 300):
        assert client.get(f"/api/v1/products/{item_id}/").status_code == 404
