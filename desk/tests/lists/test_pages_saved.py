"""Saved views of several people: whose they are, how many, and what becomes of them."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from desk.lists.pages import LONGEST_NAME, MOST_VIEWS
from desk.models import SavedView
from desk.tests.lists.test_pages import LISTS, ORDERS, PLACED, above, save
from identity.models import User
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def mona() -> User:
    return staff("manager", username="mona")


@pytest.fixture
def client(mona: User) -> Client:
    return browser_of(mona)


@pytest.fixture
def sara() -> User:
    return staff("support", username="sara")


def kept_by(owner: User, name: str = "To do", **values: Any) -> SavedView:
    return SavedView.objects.create(
        **{"owner": owner, "model": "orders.order", "name": name, "query": PLACED} | values
    )


def test_a_person_keeps_so_many_views_of_a_list_and_may_still_change_them(client, mona, sara):
    for number in range(MOST_VIEWS):
        kept_by(mona, f"View {number}")
    kept_by(sara, "View 99")
    page = save(client, "One more").content.decode()
    assert f"You have {MOST_VIEWS} views of this list: remove one first." in page
    assert "The view is saved." in save(client, "View 7", "state__exact=shipped").content.decode()
    assert SavedView.objects.get(name="View 7").query == "state__exact=shipped"
    assert SavedView.objects.filter(owner=mona).count() == MOST_VIEWS
    other = save(client, "One more", "state__exact=active", of="shipping.schedule")
    assert "The view is saved." in other.content.decode(), "of another list"


def test_two_people_have_views_of_one_name_and_each_changes_their_own(client, mona, sara):
    theirs = kept_by(sara, is_shared=True, query="state__exact=shipped")
    save(client, "To do")
    theirs.refresh_from_db()
    assert (theirs.query, theirs.owner) == ("state__exact=shipped", sara)
    assert SavedView.objects.get(owner=mona).query == PLACED
    assert above(client).count("To do") >= 2


def test_a_view_that_is_shared_no_more_is_its_owners_alone(client, mona, sara):
    view = kept_by(mona, is_shared=True)
    other = browser_of(sara)
    assert other.get(f"{LISTS}{view.pk}/").status_code == 302
    save(client, "To do")  # without the tick
    assert other.get(f"{LISTS}{view.pk}/").status_code == 404
    assert other.post(f"{LISTS}{view.pk}/").status_code == 404
    assert "To do" not in above(other)
    assert SavedView.objects.get() == view


def test_a_view_of_a_list_that_one_may_see_no_more_is_refused(client, mona):
    view = kept_by(mona)
    mona.groups.set([Group.objects.get(name="clinician")])
    assert client.get(f"{LISTS}{view.pk}/").status_code == 403
    assert client.post(f"{LISTS}{view.pk}/").status_code == 403
    assert SavedView.objects.exists()


def test_a_view_that_is_gone_or_of_a_list_that_is_gone_is_a_404(client, mona):
    view = kept_by(mona)
    assert client.post(f"{LISTS}{view.pk}/").status_code == 302
    for ask in (client.get, client.post):
        assert ask(f"{LISTS}{view.pk}/").status_code == 404
    old = kept_by(mona, model="orders.parcel")
    assert client.get(f"{LISTS}{old.pk}/").status_code == 404


def test_views_go_with_whoever_saved_them(mona, sara):
    kept_by(sara)
    kept_by(mona, is_shared=True)
    sara.delete()
    assert SavedView.objects.get().owner == mona


def test_a_name_is_one_line_of_so_many_characters(client):
    longest = "ж" * LONGEST_NAME
    save(client, f"  {longest} ")
    assert SavedView.objects.get().name == longest
    page = save(client, "<b>&amp;</b>").content.decode()
    assert "<b>&amp;</b>" not in page
    assert "<b>&amp;</b>" not in above(client), "it is shown as it was typed"
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in above(client)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_do_nothing(client, mona, method: str):
    view = kept_by(mona)
    for address in (LISTS, f"{LISTS}{view.pk}/"):
        assert getattr(client, method)(address).status_code == 405
    assert SavedView.objects.exists()


def test_who_is_not_signed_in_sees_and_saves_nothing(mona):
    view = kept_by(mona, is_shared=True)
    stranger = Client()
    for address in (f"{LISTS}?of=orders.order", f"{LISTS}{view.pk}/"):
        assert "/login/" in stranger.get(address).headers["Location"]
        assert "/login/" in stranger.post(address).headers["Location"]
    assert SavedView.objects.get() == view


def test_views_are_shown_of_their_own_list_in_the_order_of_their_names(client, mona, sara):
    for name in ("Beta", "Alpha"):
        kept_by(mona, name)
    kept_by(sara, "Aardvark", is_shared=True)
    kept_by(mona, "Elsewhere", model="shipping.schedule")
    views = client.get(f"{LISTS}?of=orders.order").context["views"]
    assert [view.name for view in views] == ["Aardvark", "Alpha", "Beta"]


def test_what_stands_above_a_list_costs_the_same_however_many_views_there_are(client, mona, sara):
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            above(client, PLACED)
        return len(asked)

    kept_by(sara, "First", is_shared=True)
    above(client, PLACED)
    before = statements()
    for number in range(5):
        kept_by(mona, f"View {number}")
        kept_by(sara, f"Shared {number}", is_shared=True)
    assert statements() == before <= 14


@pytest.mark.parametrize("query", ["p=99999", "p=x", "o=99.-88", "all=", "_popup=1", "q=%00"])
def test_odd_addresses_of_a_list_have_something_above_them_all_the_same(client, query: str):
    assert "<form" in above(client, f"{query}&{PLACED}")
    assert client.get(f"{ORDERS}?{PLACED}").status_code == 200
