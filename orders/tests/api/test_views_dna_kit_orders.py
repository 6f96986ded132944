"""DNA kit orders and users (requirements A1, A2, A4)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import AddressFactory, CustomerFactory
from orders.models import DnaKitOrder, Order
from orders.tests.factories import KitFactory, placed_kit_order, placed_order, placed_sale

URL = "/api/v1/dna-kit-orders/"


def test_A1_a_kit_order_is_placed_for_an_existing_customer(api):
    home = AddressFactory.create()
    KitFactory.create(item_id="whole-exome-sequencing")
    body = {"customer": home.customer_id, "kit_type": "whole-exome-sequencing", "channel": "email"}
    answer = api("dna-kit-orders:write").post(URL, body, format="json")
    assert answer.status_code == 201
    assert {name: answer.data[name] for name in body} == body
    assert answer.data["delivery_address"] == home.address()
    assert [line["quantity"] for line in answer.data["lines"]] == [1]


def test_A1_without_an_address_the_kit_waits_for_one(api):
    KitFactory.create(item_id="ancestry")
    body = {"customer": CustomerFactory.create().pk, "kit_type": "ancestry"}
    answer = api().post(URL, body, format="json")
    assert (answer.status_code, answer.data["delivery_address"]) == (201, None)
    assert not Order.objects.get().ships


@pytest.mark.parametrize("scopes", [(None,), ("orders:read", "orders:write", "customers:write")])
def test_A1_only_staffs_own_tools_may(api, scopes):
    KitFactory.create(item_id="ancestry")
    body = {"customer": CustomerFactory.create().pk, "kit_type": "ancestry"}
    assert api(*scopes).post(URL, body, format="json").status_code in (401, 403)
    assert not Order.objects.exists()


def test_A1_kit_orders_are_listed_alone(api):
    placed_sale()
    placed_order()
    kit = placed_kit_order()
    answer = api("orders:read").get(URL)
    assert [order["id"] for order in answer.data["results"]] == [kit.pk]
    assert DnaKitOrder.objects.get().pk == kit.pk


def test_A4_users_are_listed_with_every_kit_order(api):
    without, with_two = CustomerFactory.create(), CustomerFactory.create()
    placed_sale(with_two)
    kits = [placed_kit_order(customer=with_two), placed_kit_order(customer=with_two)]
    users = {user["id"]: user for user in api().get("/api/v1/users/").data["results"]}
    assert [order["id"] for order in users[with_two.pk]["orders"]] == [kits[1].pk, kits[0].pk]
    assert users[without.pk]["orders"] == []
    assert users[with_two.pk]["name"] == with_two.name
    order = api().get(f"/api/v1/orders/{kits[0].pk}/").data
    assert users[with_two.pk]["orders"][1] == order


def test_A4_the_number_of_statements_does_not_grow(api):
    client, counts = api(), []
    for size in (1, 15):
        for customer in CustomerFactory.create_batch(size):
            placed_kit_order(customer=customer)
            placed_kit_order("carrier-screening", customer=customer)
        with CaptureQueriesContext(connection) as statements:
            assert len(client.get("/api/v1/users/").data["results"]) >= size
        counts.append(len(statements))
    assert counts[0] == counts[1] == 3  # the caller, the users, their orders with the lines


@pytest.mark.parametrize("scopes", [(None,), ("customers:read",), ("orders:read",)])
def test_A4_users_need_both_scopes(api, scopes):
    assert api(*scopes).get("/api/v1/users/").status_code in (401, 403)


def test_A4_users_are_found_and_filtered_as_customers_are(api):
    CustomerFactory.create(name="Ada", code="C-1")
    CustomerFactory.create(name="Bo", code="C-2")
    for query in ("search=ad", "code=C-1"):
        answer = api().get(f"/api/v1/users/?{query}")
        assert [user["name"] for user in answer.data["results"]] == ["Ada"]
