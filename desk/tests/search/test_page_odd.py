"""The search's page, whatever its address says, and however it is asked."""

import pytest
from django.test import Client

from customers.tests.factories import CustomerFactory
from desk.search.kinds import KINDS
from desk.search.page import MOST_OF_ONE, TOO_LONG, TOO_SHORT
from desk.tests.search.test_page import URL, found, titles
from identity.access_log.reasons import LISTS
from identity.tests.factories import browser_of, staff
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return browser_of(staff("support"))


@pytest.mark.parametrize("kind", ["", "%00", "x" * 900, "Orders", "patients", "orders,customers"])
def test_a_kind_that_is_none_or_not_theirs_is_a_404(client: Client, kind: str):
    answer = client.get(f"{URL}?s=amina&in={kind}")
    assert answer.status_code == (200 if kind == "" else 404)


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_each_kind_alone_can_be_asked_for_by_an_auditor(kind: str):
    auditor = browser_of(staff("auditor"), access_reasons={LISTS: "Audit"})
    page = auditor.get(URL, {"s": "nobody", "in": kind})
    assert page.status_code == 200
    assert len(page.context["looked_in"]) == 1


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u200b", "\u202eanima"])
def test_nothing_typed_looks_for_nothing_and_says_nothing_of_finding(client: Client, text: str):
    CustomerFactory.create(name="Amina")
    page = client.get(URL, {"s": text})
    assert page.status_code == 200
    assert page.context["groups"] == []


def test_the_hints_say_what_to_do(client: Client):
    assert client.get(URL, {"s": "x" * 201}).context["hint"] == TOO_LONG
    assert client.get(URL, {"s": "x" * 200}).context["hint"] == ""
    assert client.get(URL, {"s": "xy"}).context["hint"] == TOO_SHORT
    assert client.get(URL).context["hint"] == ""
    assert client.get(URL, {"s": "x" * 201}).context["typed"] == "", "nor is it sent back"


def test_so_many_of_one_kind_are_shown_and_more_leads_nowhere_from_there(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("desk.search.page.MOST_OF_ONE", 2)
    customer = CustomerFactory.create(name="Amina Odhiambo")
    orders = [placed_order(customer) for _ in range(3)]
    (group,) = client.get(URL, {"s": "amina", "in": "orders"}).context["groups"]
    assert len(group.lines) == 2
    assert str(orders[2].number) in group.lines[0].text
    assert MOST_OF_ONE >= 10


def test_the_way_to_a_reason_leads_back_to_this_search():
    page = browser_of(staff("auditor")).get(URL, {"s": "amina & co", "in": "patients"})
    assert page.context["groups"] == []
    link = page.context["reason_link"]
    assert link.startswith("/admin/")
    assert "next=%2Fadmin%2Fsearch%2F%3Fs%3Damina%2B%2526%2Bco%26in%3Dpatients" in link


def test_what_was_typed_is_shown_as_it_was_typed(client: Client):
    page = found(client, "<b>amina</b>")
    assert "<b>amina</b>" not in page
    assert "&lt;b&gt;amina&lt;/b&gt;" in page


def test_what_is_found_is_kept_by_no_browser_and_no_proxy(client: Client):
    answer = client.get(URL, {"s": "amina"})
    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]


def test_pages_come_first(client: Client):
    CustomerFactory.create(name="Orders Ltd")
    assert titles(found(client, "orders"))[:2] == ["Pages and actions", "Customers"]
