"""The shop's old addresses are the same resources (requirements D1 to D3)."""

import json
from pathlib import Path

import customers
from customers.tests.factories import CustomerFactory
from orders.models import Order
from orders.tests.factories import placed_sale

REAL = Path(customers.__file__).parent / "demo_data" / "customer.json"
SALE = Path(__file__).parents[2] / "demo_data" / "simple_order.json"


def test_D1_D2_the_real_requests_work_one_after_the_other(api):
    client = api("customers:write", "orders:write")
    person = json.loads(REAL.read_text())
    customer = client.post("/api/v1/sales/create-customer/", person, format="json")
    assert customer.status_code == 201
    assert customer.data["code"]
    sale = json.loads(SALE.read_text()) | {"customer": customer.data["id"]}
    order = client.post("/api/v1/sales/create-order/", sale, format="json")
    assert (order.status_code, order.data["amount"]) == (201, "56000.68")
    assert order.data["time"]


def test_D3_the_lists_say_the_same_as_the_resources(api):
    placed_sale()
    for name in ("customers", "orders"):
        alias, resource = api().get(f"/api/v1/sales/{name}/"), api().get(f"/api/v1/{name}/")
        assert alias.status_code == 200
        assert alias.data["results"] == resource.data["results"] != []


def test_D3_the_aliases_take_the_same_filters(api):
    CustomerFactory.create(name="Ada")
    CustomerFactory.create(name="Bo")
    answer = api().get("/api/v1/sales/customers/?search=ada")
    assert [customer["name"] for customer in answer.data["results"]] == ["Ada"]


def test_D3_an_outsider_is_refused_and_nothing_changes(api):
    customer = CustomerFactory.create()
    outsider = api("notifications:read")
    sale = {"customer": customer.pk, "item": "tea", "amount": "1"}
    answers = [
        outsider.get("/api/v1/sales/customers/"),
        outsider.get("/api/v1/sales/orders/"),
        outsider.post("/api/v1/sales/create-customer/", {"name": "Eve"}, format="json"),
        outsider.post("/api/v1/sales/create-order/", sale, format="json"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert not Order.objects.exists()


def test_D3_the_aliases_take_no_other_methods(api):
    for address in ("create-customer", "create-order"):
        assert api().get(f"/api/v1/sales/{address}/").status_code == 405
    for address in ("customers", "orders"):
        assert api().post(f"/api/v1/sales/{address}/", {}, format="json").status_code == 405
