"""The side bar as it stands on each page."""

import re

import pytest
from django.test import Client

from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def sara() -> Client:
    return browser_of(staff("support"))


def bar(client: Client, path: str) -> str:
    page = client.get(path).content.decode()
    found = re.search(r'<div id="nav-sidebar-apps".*?</ol></div></div>', page, re.DOTALL)
    assert found
    return found[0]


def marked(client: Client, path: str) -> list[str]:
    links = re.findall(r'<a href="([^"]+)" class="([^"]+)"', bar(client, path))
    return [address for address, classes in links if "active" in classes.split()]


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/admin/", "/admin/"),
        ("/admin/orders/order/", "/admin/orders/order/"),
        ("/admin/orders/order/?q=co-1", "/admin/orders/order/"),
        ("/admin/orders/order/add/", "/admin/orders/order/"),
        ("/admin/orders/dnakitorder/", "/admin/orders/dnakitorder/"),
        ("/admin/search/", "/admin/"),
    ],
)
def test_the_one_that_somebody_is_at_is_marked_and_no_other(sara: Client, path: str, here: str):
    assert marked(sara, path) == [here]


def test_a_heading_without_a_link_for_somebody_is_not_there(sara: Client):
    drawn = bar(sara, "/admin/")
    assert ">Shipping</h2>" in drawn
    assert "Health data" not in drawn
    assert "Health data" in bar(browser_of(staff("clinician")), "/admin/")


def test_it_asks_the_database_for_nothing_of_its_own(sara: Client, django_assert_max_num_queries):
    bar(sara, "/admin/orders/product/")
    with django_assert_max_num_queries(8):
        bar(sara, "/admin/orders/product/")
