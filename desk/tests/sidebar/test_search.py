"""The search of the side bar: pages by name, of those that one may open."""

import pytest
from django.test import Client

from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
URL = "/admin/search/"


def in_role(role: str) -> Client:
    client = Client()
    client.force_login(staff(role), "django.contrib.auth.backends.ModelBackend")
    return client


def test_a_page_is_found_by_part_of_its_name():
    page = in_role("manager").get(URL, {"s": "hipm"}).content.decode()
    assert "/admin/shipping/shipment/" in page
    assert "/admin/orders/product/" not in page


def test_a_page_that_one_may_not_open_is_not_found():
    assert "/admin/clinical/" not in in_role("manager").get(URL, {"s": "patient"}).content.decode()
    assert "/admin/clinical/" in in_role("clinician").get(URL, {"s": "patient"}).content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "9999", "9" * 400, "", "１", "1\x00"])
def test_a_page_of_results_that_is_none_is_a_404(page):
    assert in_role("manager").get(URL, {"s": "ship", "page": page}).status_code == 404


@pytest.mark.parametrize("text", ["", "%", "_", "\x00", "'\"<script>", "x" * 5000])
def test_whatever_is_typed_is_answered(text):
    answer = in_role("manager").get(URL, {"s": text})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


def test_who_is_not_signed_in_finds_nothing():
    answer = Client().get(URL, {"s": "ship"})
    assert (answer.status_code, "/login/" in answer.headers["location"]) == (302, True)
