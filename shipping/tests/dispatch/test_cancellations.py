"""A parcel that a provider has taken is cancelled there, where that can be done."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.workflow import TransitionNotAllowedError
from sandbox.testing import Sandbox
from shipping import services, sweeper
from shipping.dispatch import cancellations, queue
from shipping.models import Cancellation, Shipment
from shipping.tests.factories import last_event, queued_shipment, tracked
from shipping.tracking import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken(provider: Sandbox) -> Shipment:
    """A shipment that the reference provider has."""
    shipment = queued_shipment()
    queue.dispatch()
    shipment.refresh_from_db()
    assert shipment.state == "sent"
    return shipment


def asked(shipment: Shipment) -> Cancellation:
    """After staff have asked and a worker was at it."""
    services.cancel(shipment, by="user:nurse", reason="ordered twice")
    cancellations.send(shipment.provider)
    shipment.refresh_from_db()
    found: Cancellation = Cancellation.objects.get()
    return found


def requests(provider: Sandbox) -> list[Any]:
    return [e["status"] for e in provider.ledger()["other"] if e["action"] == "cancel"]


def test_it_is_cancelled_when_the_provider_says_so(taken, provider):
    assert asked(taken).state == "done"
    assert taken.state == "cancelled"
    event = last_event(taken)
    assert (event.actor, event.from_state, event.to_state) == ("user:nurse", "sent", "cancelled")
    assert event.detail == "reference has cancelled it. ordered twice"
    assert requests(provider) == [200]


def test_until_then_it_is_where_it_was_and_nobody_asks_twice(taken, provider):
    services.cancel(taken, by="user:nurse")
    with pytest.raises(TransitionNotAllowedError, match="is being asked to cancel it already"):
        services.cancel(taken, by="user:nurse")
    assert Shipment.objects.get().state == "sent"
    assert requests(provider) == []


def test_what_the_carrier_has_is_refused_and_goes_on(taken, provider):
    provider.faults(provider={"status": 409})
    assert asked(taken).state == "refused"
    assert taken.state == "sent"
    assert last_event(taken).kind == "cancellation-refused"
    provider.faults(provider=None)
    assert asked(taken).state == "done", "and staff may ask again"


@pytest.mark.parametrize(
    "fault", [{"status": 429}, {"status": 500}, {"mode": "close_after_accept"}]
)
def test_a_lost_answer_and_a_busy_provider_are_asked_again(taken, provider, fault):
    provider.faults(provider=fault | {"times": 1})
    assert asked(taken).state == "queued"
    assert taken.state == "sent"
    Cancellation.objects.update(next_attempt_at=timezone.now())
    assert sweeper.sweep()["cancellations sent or taken over"] == 1
    taken.refresh_from_db()
    assert taken.state == "cancelled"


def test_a_refusal_after_a_lost_answer_is_for_staff(taken, provider):
    provider.faults(provider={"status": 500, "times": 1})
    asked(taken)
    provider.faults(provider={"status": 404})
    Cancellation.objects.update(next_attempt_at=timezone.now())
    cancellations.send("reference")
    assert Cancellation.objects.get().state == "unknown"
    assert last_event(taken).kind == "cancellation-unknown"


def test_a_dead_worker_loses_no_cancellation(taken):
    services.cancel(taken, by="user:nurse")
    Cancellation.objects.update(
        state="sending", attempts=1, lease_until=timezone.now() - timedelta(seconds=1)
    )
    sweeper.sweep()
    assert Cancellation.objects.get().state == "queued"


def test_what_was_reported_meanwhile_is_true(taken):
    services.cancel(taken, by="user:nurse")
    events.store("reference", [tracked(taken.reference, "delivered")])
    events.apply(taken.pk)
    cancellations.send("reference")
    taken.refresh_from_db()
    assert taken.state == "delivered"
    assert last_event(taken).kind == "cancelled-too-late"


def test_a_provider_that_cannot_cancel_is_not_asked():
    shipment = queued_shipment(state="sent", provider="swiftparcel")
    with pytest.raises(TransitionNotAllowedError, match="swiftparcel cannot cancel"):
        services.cancel(shipment, by="user:nurse")
    assert not Cancellation.objects.exists()


def test_northpost_cancels_by_its_own_label(provider, settings):
    settings.NORTHPOST_URL = f"{provider.url}/northpost"
    settings.NORTHPOST_LOGIN = provider.config.northpost_login
    settings.NORTHPOST_HOOK_SECRET = provider.config.northpost_hook_secret
    shipment = queued_shipment(provider="northpost")
    queue.dispatch()
    shipment.refresh_from_db()
    assert asked(shipment).state == "done"
    [entry] = [e for e in provider.ledger()["other"] if e["action"] == "cancel"]
    assert entry["path"] == f"/northpost/consignments/{shipment.provider_reference}"


def test_the_api_says_that_it_was_asked_for(api, taken):
    url = f"/api/v1/shipments/{taken.pk}/"
    answer = api().post(f"{url}cancel/", {"reason": "ordered twice"}, format="json")
    assert (answer.status_code, answer.json()["status"]) == (202, "sent")
    assert answer.json()["cancellation"]["status"] == "queued"
    cancellations.send("reference")
    shown = api().get(url).json()
    assert (shown["status"], shown["cancellation"]["status"]) == ("cancelled", "done")
