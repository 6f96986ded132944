"""Saved views of lists, and what a narrowed list comes to."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinical.tests.factories import PatientFactory
from desk.lists import totals
from desk.models import SavedView
from identity.models import User
from identity.tests.factories import browser_of, staff
from orders.models import Order
from orders.tests.factories import placed_order, placed_sale

pytestmark = pytest.mark.django_db
ORDERS, LISTS = "/admin/orders/order/", "/admin/lists/"
PLACED = "state__exact=placed"


@pytest.fixture
def mona() -> User:
    return staff("manager")


@pytest.fixture
def client(mona: User) -> Client:
    return browser_of(mona)


def save(client: Client, name: str = "To do", query: str = PLACED, **given: str) -> Any:
    sent = {"of": "orders.order", "query": query, "name": name} | given
    return client.post(LISTS, sent, follow=True)


def above(client: Client, query: str = "", of: str = "orders.order") -> str:
    answer = client.get(f"{LISTS}?of={of}&{query}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_list_asks_for_what_stands_above_it(client: Client):
    page = client.get(f"{ORDERS}?{PLACED}").content.decode()
    assert f'hx-get="{LISTS}?state__exact=placed&amp;of=orders.order"' in page
    assert "Back to the list" in client.get(f"{LISTS}?of=orders.order").content.decode()


def test_a_view_is_saved_opened_replaced_and_removed(client: Client, mona: User):
    assert "The view is saved." in save(client).content.decode()
    view = SavedView.objects.get(owner=mona)
    assert f"{LISTS}{view.pk}/" in above(client)
    opened = client.get(f"{LISTS}{view.pk}/")
    assert opened.headers["Location"] == f"{ORDERS}?{PLACED}"
    save(client, query="state__exact=shipped")
    assert SavedView.objects.get(owner=mona).query == "state__exact=shipped"
    client.post(f"{LISTS}{view.pk}/")
    assert not SavedView.objects.exists()


def test_what_was_searched_for_is_not_kept(client: Client):
    save(client, query=f"q=Amina&p=3&{PLACED}&o=-0")
    assert SavedView.objects.get().query == f"{PLACED}&o=-0"


def test_a_view_of_a_filter_that_is_no_more_opens_with_a_sentence(client: Client, mona: User):
    placed_order()
    asked = f"colour=blue&state__exact=invented&shipping_interval__exact=none&{'x' * 90}=1"
    view = SavedView.objects.create(owner=mona, model="orders.order", name="Old", query=asked)
    page = client.get(f"{LISTS}{view.pk}/", follow=True)
    assert page.redirect_chain[-1][0] == f"{ORDERS}?shipping_interval__exact=none"
    text = page.content.decode()
    assert "also asked for" in text
    assert "colour" in text
    assert "state__exact" in text


def test_a_view_is_seen_by_its_owner_alone_until_it_is_shared(client: Client, mona: User):
    save(client)
    view = SavedView.objects.get()
    sara = browser_of(staff("support"))
    assert sara.get(f"{LISTS}{view.pk}/").status_code == 404
    assert "To do" not in above(sara)
    save(client, is_shared="on")
    assert "To do" in above(sara)
    assert sara.get(f"{LISTS}{view.pk}/").status_code == 302
    assert sara.post(f"{LISTS}{view.pk}/").status_code == 403
    clara = browser_of(staff("clinician"))  # who sees no orders
    assert clara.get(f"{LISTS}{view.pk}/").status_code == 403
    assert clara.get(f"{LISTS}?of=orders.order").status_code == 403
    assert save(clara).status_code == 403


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"name": " "}, "Give the view a name"),
        ({"name": "x" * 61}, "Give the view a name"),
        ({"name": "a\x01b"}, "without control characters"),
        ({"query": "nothing=1"}, "These filters cannot be saved"),
        ({"query": "state__exact=" + "placed," * 200}, "These filters cannot be saved"),
    ],
    ids=["no-name", "long-name", "control", "unknown", "long-query"],
)
def test_what_cannot_be_saved_is_refused_in_words(client: Client, given: dict[str, str], text: str):
    assert text in save(client, **given).content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("of", ["", "x", "orders.x", "orders.orderevent", "x" * 999, "a.b.c"])
def test_there_is_nothing_above_what_is_no_list(client: Client, of: str):
    assert client.get(f"{LISTS}?of={of}").status_code == 404


def test_a_narrowed_list_is_counted_and_summed_up_by_currency(client: Client):
    for _ in range(2):
        placed_order()
    placed_sale()
    Order.objects.update(state="placed")
    assert "3 rows: 100.00 GBP, 56,000.68 KES" in above(client, PLACED)
    assert "rows" not in above(client)
    assert "1 row: 56,000.68 KES" in above(client, "q=" + str(Order.objects.latest("id").number))
    assert "rows" not in above(client, "state__exact=invented")


def test_no_more_is_counted_than_somebody_reads(client: Client, monkeypatch: pytest.MonkeyPatch):
    for _ in range(3):
        placed_sale()
    monkeypatch.setattr(totals, "MOST", 2)
    with CaptureQueriesContext(connection) as asked:
        page = above(client, PLACED)
    assert "narrow the list further" in page
    counts = [each["sql"] for each in asked if "count(*)" in each["sql"]]
    assert [sql.count("LIMIT 3") for sql in counts] == [1]


def test_counting_ends_where_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch):
    placed_sale()
    monkeypatch.setattr(totals, "PATIENCE", "1ms")
    slow = RawSQL("(SELECT true FROM pg_sleep(0.2))", [], output_field=BooleanField())
    assert totals.totals(Order.objects.filter(slow), None) == totals.TOO_SLOW
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() != ("1ms",)


def test_patients_are_not_counted():
    PatientFactory.create(first_name="Maria")
    clara = browser_of(staff("clinician"))
    assert "row" not in above(clara, "q=maria", "clinical.patient").partition("<details")[0]
