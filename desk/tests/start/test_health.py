"""Carriers and message services on the first page."""

from datetime import timedelta

import pytest
import time_machine

from core.database import clock
from core.models import Circuit
from desk.tests.start.test_page import able_to
from shipping.models import ProviderProfile

pytestmark = pytest.mark.django_db


def shown(*permissions: str) -> dict[str, tuple[str, str]]:
    services = able_to(*permissions).get("/admin/").context["health"]
    return {each.name: (each.state, each.fact) for each in services}


def test_a_carrier_works_until_it_fails_or_is_switched_off():
    ProviderProfile.ensure(["reference"])
    assert shown("view_providerprofile")["reference"] == ("works", "")
    with time_machine.travel("2026-11-29T14:05:06Z", tick=False):
        until = clock.now() + timedelta(seconds=30)
        Circuit.objects.create(name="shipping:reference", failures=7, open_until=until)
        state, fact = shown("view_providerprofile")["reference"]
    assert (state, fact) == ("left alone", "7 failures in a row; tried again at 14:05:36 GMT")
    ProviderProfile.objects.update(webhook_at="2026-11-29T14:00:00Z")
    assert shown("view_providerprofile")["reference"][1] != ""
    ProviderProfile.objects.update(is_active=False)
    assert shown("view_providerprofile")["reference"][0] == "switched off"


def test_a_message_service_that_needs_somebody_says_why():
    assert shown("view_notification") == {"message services": ("works", "")}
    why = {"open_until": clock.now(), "halted": "The account is empty."}
    Circuit.objects.create(name="notifications:sms:africastalking", failures=5, **why)
    assert shown("view_notification") == {
        "africastalking (sms)": ("stopped", "The account is empty.")
    }


def test_it_is_shown_to_those_who_may_see_it():
    assert shown("view_order") == {}
    assert "message services" not in shown("view_providerprofile")
