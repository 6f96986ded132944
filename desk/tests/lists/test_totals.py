"""What a narrowed list comes to: rows, and sums by currency; so many at most, so long at most."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import CustomerFactory
from desk.lists import totals as module
from desk.lists.totals import TOO_MANY, TOO_SLOW, totals
from identity.tests.factories import staff
from orders.models import Order
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db
SUMS = ("amount", "currency")


def orders(*amounts: str) -> None:
    for each in amounts:
        amount, currency = each.split()
        row = placed_order()
        Order.objects.filter(pk=row.pk).update(amount=Decimal(amount), currency=currency)


def test_nothing_comes_to_nothing():
    assert totals(Order.objects.all(), None) == "0 rows"
    assert totals(Order.objects.all(), SUMS) == "0 rows"


def test_sums_stay_apart_by_currency_and_have_its_places():
    orders("10 GBP", "0.50 GBP", "1234567 KES", "0 EUR")
    shown = totals(Order.objects.all(), SUMS)
    assert shown == "4 rows: 0.00 EUR, 10.50 GBP, 1,234,567.00 KES"
    assert totals(Order.objects.all(), None) == "4 rows"
    assert totals(Order.objects.filter(currency="EUR"), SUMS) == "1 row: 0.00 EUR"


def test_so_many_are_counted_and_one_more_is_too_many(monkeypatch: pytest.MonkeyPatch):
    orders("1 GBP", "1 KES", "1 EUR")
    monkeypatch.setattr(module, "MOST", 3)
    assert totals(Order.objects.all(), SUMS).startswith("3 rows")
    monkeypatch.setattr(module, "MOST", 2)
    for sums in (None, SUMS):
        assert totals(Order.objects.all(), sums) == TOO_MANY


def test_a_list_in_an_order_of_its_own_is_counted_without_it():
    orders("1 GBP", "2 GBP")
    with CaptureQueriesContext(connection) as taken:
        assert totals(Order.objects.order_by("amount", "-id"), SUMS) == "2 rows: 3.00 GBP"
    counted = next(each["sql"] for each in taken if "count(*)" in each["sql"])
    assert 'ORDER BY "orders_order"' not in counted


def test_the_patience_of_one_count_is_no_limit_for_what_comes_after():
    orders("1 GBP")

    def patience() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            (shown,) = cursor.fetchone()
        return str(shown)

    before = patience()
    assert totals(Order.objects.all(), SUMS) == "1 row: 1.00 GBP"
    assert patience() == before != module.PATIENCE


def test_both_refusals_say_what_to_do():
    for text in (TOO_MANY, TOO_SLOW):
        assert "narrow the list further" in text
    assert "10,000" in TOO_MANY


@pytest.mark.parametrize(
    ("of", "query"),
    [
        ("customers.customer", "q=amina"),
        ("shipping.schedule", "state__exact=active"),
        ("shipping.shipment", "state__exact=queued"),
        ("core.case", "kind=shipment-rejected"),
    ],
)
def test_lists_without_amounts_are_counted_too(of: str, query: str):
    placed_order(CustomerFactory.create(name="Amina Odhiambo"), interval="weekly")
    placed_order(CustomerFactory.create(name="Wanjiru Kamau"))
    client = Client()
    client.force_login(staff("manager"), "django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/admin/lists/?of={of}&{query}")
    assert page.status_code == 200
    assert page.context["totals"] in ("0 rows", "1 row", "2 rows")
