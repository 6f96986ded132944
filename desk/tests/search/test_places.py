"""Pages and actions, by words of their names, of those that one may open."""

import pytest
from django.test import RequestFactory
from django.urls import resolve

from desk.search import places
from identity.models import User
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db


def titles(role: str, text: str) -> list[str]:
    request = RequestFactory().get("/")
    request.user = staff(role)
    return [line.text for line in places.matching(request, text)]


def test_a_page_is_found_by_any_word_of_its_name():
    assert titles("manager", "hipm") == ["Shipments", "Calendar of shipments"]
    assert titles("manager", "order place") == ["Place an order"]
    assert titles("manager", "") == []


def test_what_one_may_not_open_is_not_found():
    assert titles("manager", "patient") == []
    assert titles("clinician", "patient") == ["Patients", "Add a patient"]
    assert titles("auditor", "patient") == ["Patients"]


def test_each_leads_somewhere():
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    links = [line.link for line in places.matching(request, "e")]
    assert len(links) > 10
    for link in links:
        assert resolve(link.partition("?")[0])
