"""A provider that cannot be used, or says nothing, is seen by staff before parcels are late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from core import cases
from core.cases.models import Case
from core.sweeper import reconcile
from identity.tests.factories import staff
from shipping.api import webhook_limits
from shipping.models import ProviderProfile
from shipping.tests.api.test_webhooks import SECRET, about, bearing, post
from shipping.tests.factories import queued_shipment

START = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(db: None, settings: Any) -> None:
    settings.REFERENCE_PROVIDER_SECRET = SECRET
    settings.REFERENCE_PROVIDER_URL = "https://reference.example/shipments"
    settings.NORTHPOST_URL = ""
    _forget()


def _forget() -> None:
    webhook_limits._rates.clear()
    webhook_limits._refused.clear()


def found() -> list[tuple[str, str]]:
    """The open cases about providers, after a pass of the sweeper over them."""
    reconcile()
    of_providers = Case.objects.filter(closed_at=None, subject_type="shipping.providerprofile")
    return list(of_providers.values_list("kind", "source"))


def profile(name: str, **changes: Any) -> None:
    ProviderProfile.objects.update_or_create(provider=name, defaults=changes)


def test_one_that_was_never_set_up_is_a_case_once_parcels_wait_for_it(settings):
    assert found() == []
    shipment = queued_shipment(provider="northpost")
    assert found() == [("provider-not-set-up", "northpost")]
    assert "NORTHPOST_URL" in Case.objects.get().happened
    shipment.provider = "reference"
    shipment.save()
    assert found() == []


def test_one_that_is_switched_off_is_a_case_while_parcels_wait_for_it():
    profile("reference", is_active=False)
    assert found() == []
    queued_shipment()
    assert found() == [("provider-switched-off", "reference")]
    profile("reference", is_active=True)
    assert found() == []


def test_webhooks_that_prove_nothing_for_days_are_a_case_until_one_does():
    ProviderProfile.ensure(["reference"])
    for hours in (0, 24, 47):
        with time_machine.travel(START + timedelta(hours=hours), tick=False):
            _forget()
            assert post().status_code == 401
            assert found() == [], "a stranger's try is nobody's work"
    with time_machine.travel(START + timedelta(hours=49), tick=False):
        assert found() == [("webhooks-refused", "reference")]
        _forget()
        bearing(about("co-0"))
        assert ("webhooks-refused", "reference") not in found()


def test_refusals_that_have_stopped_are_nobodys_work():
    profile("reference", refused_since=START, refused_at=START + timedelta(hours=50))
    with time_machine.travel(START + timedelta(hours=51), tick=False):
        assert found() == [("webhooks-refused", "reference")]
    with time_machine.travel(START + timedelta(hours=75), tick=False):
        assert found() == []


def test_one_that_reports_nothing_of_its_parcels_is_a_case_until_it_does():
    with time_machine.travel(START, tick=False):
        shipment = queued_shipment(state="sent", sent_at=START, news_at=START)
        assert found() == []
    with time_machine.travel(START + timedelta(hours=73), tick=False):
        assert ("webhooks-silent", "reference") in found()
        bearing(about(shipment.reference, event_time="2026-06-04 08:00:00"))
        assert ("webhooks-silent", "reference") not in found()


def test_one_that_reports_nothing_by_design_is_not_called_silent():
    with time_machine.travel(START, tick=False):
        queued_shipment(provider="console", state="sent", sent_at=START, news_at=START)
    with time_machine.travel(START + timedelta(hours=99), tick=False):
        assert found() == []


def test_dismissed_and_over_and_wrong_again_is_a_case_again():
    profile("reference", is_active=False)
    queued_shipment()
    assert len(found()) == 1
    cases.dismiss("provider-switched-off", Case.objects.get().subject_id, by="user:1", why="known")
    assert found() == []
    profile("reference", is_active=True)
    assert found() == []
    profile("reference", is_active=False)
    assert found() == [("provider-switched-off", "reference")]


def test_the_sweeper_lists_every_provider_and_keeps_what_staff_set():
    profile("reference", cut_off=14)
    reconcile()
    names = ProviderProfile.objects.values_list("provider", flat=True)
    assert {"reference", "northpost", "swiftparcel", "console"} <= set(names)
    assert ProviderProfile.of("reference").cut_off == 14


def test_the_page_of_providers_lists_all_of_them_with_their_state():
    reconcile()
    client = Client()
    client.force_login(staff("manager"))
    page = client.get("/admin/shipping/providerprofile/").content.decode()
    for text in ("reference", "northpost", "swiftparcel", "lacks NORTHPOST_URL", "last webhook"):
        assert text in page, text


def test_a_row_that_somebody_holds_stops_no_webhook(django_assert_num_queries):
    """What is noted of a provider is left for the next time then; and costs nothing meanwhile."""
    ProviderProfile.ensure(["reference"])
    body = about(queued_shipment().reference)
    bearing(about("co-0"))
    assert ProviderProfile.of("reference").webhook_at
    with django_assert_num_queries(1):
        bearing(body)
