"""The choices of a list's filter."""

import re

import pytest
from django.test import Client

from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def mona() -> Client:
    return browser_of(staff("manager"))


def choices(client: Client, path: str) -> dict[str, tuple[str, bool]]:
    """What each choice leads to, and whether it is the chosen one."""
    page = client.get(path).content.decode()
    rows = re.findall(r'<li class="([^"]*)"><a href="([^"]*)" title="([^"]*)"', page)
    return {title: (link, "font-semibold" in classes) for classes, link, title in rows}


def test_each_leads_to_its_list_and_the_chosen_one_is_marked(mona: Client):
    path = "/admin/shipping/shipment/"
    before = choices(mona, path)
    link, chosen = before["Queued"]
    assert not chosen
    after = choices(mona, path + link)
    assert after["Queued"][1]
    assert not after["Sent"][1]


def test_what_is_chosen_goes_with_a_search(mona: Client):
    link, _ = choices(mona, "/admin/orders/product/")["Goods"]
    page = mona.get("/admin/orders/product/" + link).content.decode()
    name, _, value = link.removeprefix("?").partition("=")
    assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_a_name_is_text_and_never_markup(mona: Client):
    from desk.templatetags.filters import filter_choices

    choice = {"selected": False, "query_string": "?a=%22<", "display": "<b>&"}
    drawn = filter_choices(object(), [choice])
    assert "&lt;b&gt;&amp;" in drawn
    assert "<b>" not in drawn
