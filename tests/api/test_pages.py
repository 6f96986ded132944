"""Pages follow each other, however many rows are equal in what they are ordered by."""

from base64 import b64encode
from itertools import chain
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from orders.tests.factories import placed_order
from shipping.models import Shipment

SHIPMENTS = "/api/v1/shipments/"


@pytest.fixture
def same_day(db):
    for _ in range(7):
        placed_order()
    Shipment.objects.update(ship_on="2026-06-01")
    first, *_, last = Shipment.objects.order_by("id")
    Shipment.objects.filter(pk=first.pk).update(ship_on="2026-06-02")
    Shipment.objects.filter(pk=last.pk).update(ship_on="2026-05-31")


def pages(client, url, direction="next"):
    """The ids of each page, and the last page's address."""
    found = []
    while url:
        with CaptureQueriesContext(connection) as asked:
            page = client.get(url).json()
        assert not any("OFFSET" in query["sql"] for query in asked)
        found.append([row["id"] for row in page["results"]])
        last, url = url, page[direction]
    return found, last


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("ordering", ["ship_on", "-ship_on", "id", "ship_on,id"])
def test_they_hold_each_row_once_forth_and_back(api, same_day, ordering, size):
    client = api()
    query = f"?ordering={ordering}"
    everything = [row["id"] for row in client.get(SHIPMENTS + query).json()["results"]]
    forth, last = pages(client, f"{SHIPMENTS}{query}&page_size={size}")
    assert list(chain(*forth)) == everything
    back, _ = pages(client, last, "previous")
    assert list(chain(*reversed(back))) == everything
    assert len(everything) == 7


@pytest.mark.parametrize("ordering", ["name", "-name", "created_at"])
def test_names_and_times_that_are_equal_do_not_stop_them(api, ordering):
    for name in ("Zoe", "ada", "Ada", "Ada", "Émile", "Ada"):
        CustomerFactory.create(name=name)
    Customer.objects.update(created_at="2026-06-01T00:00:00Z")
    client, query = api(), f"/api/v1/customers/?ordering={ordering}"
    everything = [row["id"] for row in client.get(query).json()["results"]]
    assert list(chain(*pages(client, f"{query}&page_size=2")[0])) == everything


def cursor(**parts):
    return urlencode({"cursor": b64encode(urlencode(parts).encode()).decode()})


def test_a_cursor_of_the_release_before_goes_on_where_it_was(api, same_day):
    client = api()
    everything = [r["id"] for r in client.get(f"{SHIPMENTS}?ordering=ship_on").json()["results"]]
    url = f"{SHIPMENTS}?ordering=ship_on&page_size=2&{cursor(p='2026-05-31', o=2)}"
    page = client.get(url).json()
    assert [row["id"] for row in page["results"]] == everything[3:5]
    assert [row["id"] for row in client.get(page["next"]).json()["results"]] == everything[5:]
    assert [r["id"] for r in client.get(page["previous"]).json()["results"]] == everything[1:3]


NOT_OURS = [
    '["2026-06-01"]',
    '["x", "1"]',
    '["2026-06-01", "x"]',
    '["2026-06-01", "1", "1"]',
    '["2026-06-01", null]',
    '["9999999-01-01", "1"]',
    "[1]",
    "[]",
    "x",
]


@pytest.mark.parametrize("position", NOT_OURS)
def test_a_cursor_that_we_have_not_made_is_a_404(api, same_day, position):
    answer = api().get(f"{SHIPMENTS}?ordering=ship_on&{cursor(p=position)}")
    assert answer.status_code == 404
