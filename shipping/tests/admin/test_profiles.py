"""The page of a provider: its days before they are saved, its settings by name alone."""

import pytest
import time_machine
from django.test import Client

from identity.tests.factories import browser_of, staff
from sandbox.testing import Sandbox
from shipping.models import ProviderProfile

URL = "/admin/shipping/providerprofile/"


@pytest.fixture
def mona(db) -> Client:
    return browser_of(staff("manager"))


def facts(client: Client, **typed) -> dict[str, str]:
    given = {"provider": "console", "working_days": ["1", "2", "3", "4", "5"]} | typed
    answer = client.post(f"{URL}preview/", {"time_zone": "Europe/London"} | given)
    assert answer.status_code == 200
    return {line.text: " ".join(line.facts) for line in answer.context["lines"]}


@pytest.mark.django_db
@time_machine.travel("2026-12-24 18:00:00+00:00", tick=False)
def test_holidays_and_the_next_ship_day_are_shown_as_they_are_typed():
    mona = browser_of(staff("manager"))
    shown = facts(mona, country="GB", subdivision="ENG", cut_off="16")
    assert shown["A parcel that comes in now"] == "ships Tuesday 29 December 2026"
    assert "Fri 25 Dec 2026" in shown["Public holidays ahead"]
    shown = facts(mona)
    assert shown["A parcel that comes in now"] == "ships Thursday 24 December 2026"
    assert shown["Public holidays ahead"] == "none within a year"
    assert not ProviderProfile.objects.filter(provider="console", country="GB").exists()


def test_what_cannot_be_is_said_while_it_is_typed(mona):
    assert any("part" in text for text in facts(mona, country="GB", subdivision="ZZZ"))
    assert any("hour" in text.lower() for text in facts(mona, cut_off="77"))


def test_settings_are_named_and_never_shown(mona, world: Sandbox, settings):
    settings.NORTHPOST_LOGIN = "user:s3cret-value"
    settings.NORTHPOST_HOOK_SECRET = ""
    profile = ProviderProfile.ensured("northpost")
    page = mona.get(f"{URL}{profile.pk}/change/").content.decode()
    assert "NORTHPOST_LOGIN: set" in page
    assert "s3cret-value" not in page


def test_the_connection_is_tried_from_the_page(mona, world: Sandbox):
    profile = ProviderProfile.ensured("northpost")
    sent = {"_form_submitted": "True"}
    answer = mona.post(f"{URL}{profile.pk}/test_connection/", sent, follow=True)
    assert "It answers, and lets us ask." in answer.content.decode()


def test_who_only_looks_tries_nothing(db):
    client = Client()
    client.force_login(staff("auditor"), backend="django.contrib.auth.backends.ModelBackend")
    profile = ProviderProfile.ensured("console")
    answer = client.post(f"{URL}{profile.pk}/test_connection/", {"_form_submitted": "True"})
    assert answer.status_code == 403
