"""Lists of orders: filters, search, pages, and how many statements they take."""

import base64

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.tests.plans import forget_statistics
from customers.tests.factories import CustomerFactory
from orders.models import Order
from orders.tests.factories import ProductFactory, placed_kit_order, placed_order, placed_sale

URL = "/api/v1/orders/"


@pytest.fixture
def orders(db, time_machine):
    """Three orders on three days: a sale for Ada, a kit for Ada, a weekly one for Bo."""
    ada = CustomerFactory.create(name="Ada Lovelace", code="C-1", email="ada@example.com")
    bo = CustomerFactory.create(name="Bo", code="C-2", phone_number="+447451277972")
    made = {}
    time_machine.move_to("2026-01-01T12:00:00Z")
    made["sale"] = placed_sale(ada)
    time_machine.move_to("2026-02-01T12:00:00Z")
    made["kit"] = placed_kit_order("ancestry", customer=ada)
    time_machine.move_to("2026-03-01T12:00:00Z")
    made["weekly"] = placed_order(bo, interval="weekly")
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["weekly", "kit", "sale"]),
        ("customer={ada}", ["kit", "sale"]),
        ("customer=999999", []),
        ("kit_type=ancestry", ["kit"]),
        ("kit_type=none", []),
        ("shipping_interval=weekly", ["weekly"]),
        ("number={number}", ["sale"]),
        ("status=cancelled", []),
        ("time_after=2026-02-01T12:00:00Z", ["weekly", "kit"]),
        ("time_before=2026-02-01T12:00:00Z", ["sale"]),
        ("time_after=2026-01-15T00:00:00Z&time_before=2026-02-15T00:00:00Z", ["kit"]),
        ("customer={ada}&kit_type=ancestry", ["kit"]),
        ("search=lovelace", ["kit", "sale"]),
        ("search=ada@example.com", ["kit", "sale"]),
        ("search=C-2", ["weekly"]),
        ("search=07451277972", ["weekly"]),
        ("search={number}", ["sale"]),
        ("search=nobody", []),
        ("ordering=time", ["sale", "kit", "weekly"]),
        ("ordering=-time", ["weekly", "kit", "sale"]),
        ("ordering=id", ["sale", "kit", "weekly"]),
    ],
)
def test_E2_orders_are_filtered_searched_and_ordered(api, orders, query, found):
    names = {order.pk: name for name, order in orders.items()}
    values = {"ada": orders["sale"].customer_id, "number": orders["sale"].number}
    answer = api().get(f"{URL}?{query.format(**values)}")
    assert [names[order["id"]] for order in answer.data["results"]] == found


def test_an_order_is_found_by_the_digits_of_its_number(api, orders):
    answer = api().get(f"{URL}?search={orders['kit'].pk}")
    assert orders["kit"].pk in [order["id"] for order in answer.data["results"]]


@pytest.mark.parametrize(
    "query",
    [
        "customer=",
        "status=",
        "time_after=",
        "customer=x",
        "customer=1.5",
        "customer=0",
        "customer=-1",
        "customer=1e999999999",
        "customer=" + "9" * 30,
        "status=lost",
        "shipping_interval=yearly",
        "time_after=yesterday",
        "time_before=2026-02-30",
        "kit_type=%00",
        "number=%00",
        "search=%00",
        "ordering=amount",
        "ordering=customer__email",
        "page_size=-5",
        "page_size=1.5",
    ],
)
def test_bad_filters_are_refused_by_name(api, db, query):
    answer = api().get(f"{URL}?{query}")
    assert answer.status_code == 400
    assert answer.data["errors"][0]["attr"] in (query.split("=")[0], None)


@pytest.mark.parametrize(
    "zone",
    ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00-20:36"],
)
def test_times_at_the_edge_of_the_calendar_break_nothing(api, db, zone):
    for name in ("time_after", "time_before"):
        assert api().get(f"{URL}?{name}={zone}").status_code in (200, 400)


@pytest.mark.parametrize(
    ("ordering", "position"),
    [("-id", "abc"), ("-id", "\x00"), ("time", "yesterday"), ("-id", "9" * 30), ("-time", "")],
)
def test_a_forged_cursor_is_not_found(api, orders, ordering, position):
    cursor = base64.b64encode(f"p={position}".encode()).decode()
    answer = api().get(URL, {"cursor": cursor, "ordering": ordering})
    assert answer.status_code in (200, 404)


def test_pages_follow_each_other_without_gaps(api, orders):
    client, url, seen = api(), f"{URL}?page_size=1&ordering=-time", []
    while url:
        page = client.get(url).data
        seen += [order["id"] for order in page["results"]]
        url = page["next"]
    assert seen == sorted((order.pk for order in orders.values()), reverse=True)


@pytest.mark.parametrize(
    "address", [URL, "/api/v1/dna-kit-orders/", "/api/v1/sales/orders/", f"{URL}?search=customer"]
)
def test_E2_the_number_of_statements_does_not_grow(api, address):
    client, counts = api(), []
    for size in (1, 20):
        for _ in range(size):
            placed_kit_order()
            placed_order(lines=[(ProductFactory.create(), 1), (ProductFactory.create(), 2)])
        with CaptureQueriesContext(connection) as statements:
            assert client.get(address).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 3  # the caller, a search, the orders with their lines


def test_E2_a_nested_list_takes_as_many_statements(api):
    client, customer, counts = api(), CustomerFactory.create(), []
    for size in (1, 20):
        for _ in range(size):
            placed_order(customer)
        with CaptureQueriesContext(connection) as statements:
            client.get(f"/api/v1/customers/{customer.pk}/orders/")
        counts.append(len(statements))
    assert counts[0] == counts[1] == 3  # the caller, the customer, the orders with their lines


def plan(queryset) -> str:
    """How PostgreSQL would find these rows if it would rather not read the whole table."""
    forget_statistics(sorting=False)
    return str(queryset.explain())


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"customer_id": 1}, "order_by_customer"),
        ({"state": "placed"}, "order_by_state"),
        ({"kit_type": "ancestry"}, "dna_kit_order_by_type"),
        ({"shipping_interval": "weekly"}, "recurring_order"),
        ({"number": "co-1"}, "number"),
    ],
)
def test_every_filter_has_its_index(db, filters, index):
    assert index in plan(Order.objects.filter(**filters).order_by("-id"))
