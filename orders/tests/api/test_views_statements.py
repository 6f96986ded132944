"""How many statements placing an order takes (P1 of the speed aims)."""

import re
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import AddressFactory
from orders.tests.factories import KitFactory, ProductFactory

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


def test_a_full_order_takes_five_statements_of_ours(api, home):
    body = {"customer": home.customer_id, "items": items(2)}
    asked, _ = statements(api(), "/api/v1/orders/", body, "k")
    ours = {table: n for table, n in asked.items() if table.startswith(("orders_", "customers_"))}
    assert ours == {
        "customers_customer": 1,  # with the default address
        "orders_product": 1,
        "orders_order": 1,
        "orders_orderline": 1,
        "orders_orderevent": 1,
    }


def test_a_sale_and_a_kit_take_no_more(api, home):
    sale = {"customer": home.customer_id, "item": "tea", "amount": "1"}
    kit = {"customer": home.customer_id, "kit_type": "ancestry"}
    for url, body in (("/api/v1/orders/", sale), ("/api/v1/dna-kit-orders/", kit)):
        asked, _ = statements(api(), url, body, "k")
        assert max(n for table, n in asked.items() if table.startswith("orders_")) == 1


def test_the_number_of_lines_makes_no_difference(api, home):
    client, counts = api(), []
    for key, count in (("one", 1), ("fifty", 50)):
        body = {"customer": home.customer_id, "items": items(count)}
        counts.append(statements(client, "/api/v1/orders/", body, key)[1])
    assert counts[0] == counts[1]


def test_all_of_it_stays_below_eighteen(api, home):
    """The caller, BEGIN and COMMIT, the key's three, ours, and what the receivers write."""
    body = {"customer": home.customer_id, "items": items(2)}
    assert statements(api(), "/api/v1/orders/", body, "k")[1] <= 18
