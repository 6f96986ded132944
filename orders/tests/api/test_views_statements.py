"""How many statements placing an order takes (P1 of the speed aims)."""

import re
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import AddressFactory
from orders.tests.factories import KitFactory, ProductFactory

URL = "/api/v1/orders/"
pytestmark = pytest.mark.django_db(transaction=True)
TABLE = re.compile(r'^(?:INSERT INTO|UPDATE|SELECT .*? FROM) "(\w+)"')


@pytest.fixture
def home():
    ProductFactory.create_batch(50)
    KitFactory.create(item_id="ancestry")
    return AddressFactory.create()


def statements(client, url, body, key):
    """How often each table was asked, and all statements."""
    headers = {"Idempotency-Key": key}
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(url, body, format="json", headers=headers)
    assert answer.status_code == 201
    asked = [TABLE.match(query["sql"]) for query in captured.captured_queries]
    return Counter(found[1] for found in asked if found), len(captured)


def items(count):
    products = ProductFactory._meta.model.objects.order_by("id")[:count]
    return [{"item_id": product.item_id, "quantity": 1} for product in products]


def test_a_full_order_takes_five_statements(api, home):
    """The caller; the key; the customer with all that is to know; the order; all other rows."""
    client, body = api(), {"customer": home.customer_id, "items": items(2)}
    statements(client, URL, body, "warm")  # reads what staff have set
    asked, count = statements(client, URL, body, "k")
    assert asked == {"identity_serviceclient": 1, "orders_order": 1}
    assert count == 5 + len(("BEGIN", "COMMIT"))


def test_a_sale_and_a_kit_take_no_more(api, home):
    sale = {"customer": home.customer_id, "item": "tea", "amount": "1"}
    kit = {"customer": home.customer_id, "kit_type": "ancestry"}
    client = api()
    for url, body in ((URL, sale), ("/api/v1/dna-kit-orders/", kit)):
        statements(client, url, body, "warm")
        assert statements(client, url, body, "k")[1] <= 5 + 2


def test_a_recurring_order_takes_a_few_more(api, home):
    body = {"customer": home.customer_id, "items": items(2), "shipping_interval": "weekly"}
    client = api()
    statements(client, URL, body, "warm")
    assert statements(client, URL, body, "k")[1] <= 16


def test_the_number_of_lines_makes_no_difference(api, home):
    client, counts = api(), []
    for count in (1, 50):
        body = {"customer": home.customer_id, "items": items(count)}
        statements(client, URL, body, f"warm-{count}")
        counts.append(statements(client, URL, body, f"k-{count}")[1])
    assert counts[0] == counts[1]


def test_what_staff_change_counts_from_the_next_order_on(api, home):
    client, body = api(), {"customer": home.customer_id, "items": items(1)}
    statements(client, URL, body, "before")
    ProductFactory._meta.model.objects.update(price="7.00")
    headers = {"Idempotency-Key": "after"}
    placed = client.post(URL, body, format="json", headers=headers).json()
    assert placed["amount"] == "7.00"
    ProductFactory._meta.model.objects.update(is_active=False)
    headers = {"Idempotency-Key": "too late"}
    assert client.post(URL, body, format="json", headers=headers).status_code == 400
