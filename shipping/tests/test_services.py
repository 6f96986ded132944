"""Retry and cancel: what staff may do with a shipment, and what is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.workflow import TransitionNotAllowedError
from orders.services import cancel_order
from shipping import services
from shipping.dispatch import queue
from shipping.models import Shipment
from shipping.states import ShipmentState
from shipping.tests.factories import last_event, monthly_schedule, queued_shipment

RETRIED = {"unknown", "rejected", "missed", "scheduled"}


@pytest.mark.parametrize("state", ShipmentState.values)
def test_only_what_went_wrong_is_sent_again(db, state):
    shipment = queued_shipment(state=state, attempts=7, first_attempt_at=timezone.now())
    key = shipment.key
    if state not in RETRIED:
        with pytest.raises(TransitionNotAllowedError):
            services.retry(shipment, by="user:nurse")
        assert Shipment.objects.get().state == state
        assert shipment.events.count() == 1
        return
    services.retry(shipment, by="user:nurse")
    shipment.refresh_from_db()
    assert (shipment.state, shipment.key, shipment.attempts) == ("queued", key, 0)
    assert shipment.first_attempt_at is None, "it has its 72 hours again"
    event = last_event(shipment)
    assert (event.kind, event.from_state, event.actor) == ("retried", state, "user:nurse")


def test_a_missed_occurrence_ships_today_when_it_is_sent_after_all(db):
    shipment = queued_shipment(state="missed", ship_on=timezone.localdate() - timedelta(days=40))
    services.retry(shipment, by="user:nurse")
    assert Shipment.objects.get().ship_on == timezone.localdate()


def test_an_unknown_shipment_is_looked_up_when_it_is_sent_again(db, provider):
    """C1: it had arrived after all, so no second parcel is made."""
    shipment = queued_shipment()
    queue.dispatch()
    Shipment.objects.update(state="unknown", doubtful=True)
    shipment.refresh_from_db()
    services.retry(shipment, by="user:nurse")
    queue.dispatch()
    assert Shipment.objects.get().state == "sent"
    assert [e["method"] for e in provider.ledger()["shipments"]] == ["POST"]


def test_a_provider_that_was_taken_away_is_named(db):
    shipment = queued_shipment(state="unknown", doubtful=True, provider="gone")
    with pytest.raises(TransitionNotAllowedError, match="there is no shipping provider gone"):
        services.retry(shipment, by="user:nurse")


def test_nothing_is_sent_again_for_a_cancelled_order(db):
    schedule = monthly_schedule()
    schedule.shipments.update(state="missed")
    cancel_order(schedule.order, by="user:nurse")
    with pytest.raises(TransitionNotAllowedError, match="is cancelled: nothing is shipped for it"):
        services.retry(schedule.shipments.get(), by="user:nurse")


@pytest.mark.parametrize(
    "state", ["scheduled", "queued", "rejected", "unknown", "failed-to-deliver"]
)
def test_what_no_provider_has_or_staff_have_cleared_up_is_cancelled(db, state):
    shipment = services.cancel(
        queued_shipment(state=state), by="user:nurse", reason="wrong address"
    )
    event = last_event(shipment)
    assert (shipment.state, event.detail) == ("cancelled", "wrong address")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "sending"},
        {"state": "queued", "doubtful": True},
        {"state": "sent", "provider": "swiftparcel"},
        {"state": "waiting-for-collection", "provider": "swiftparcel"},
        {"state": "in-transit"},
        {"state": "delivered"},
        {"state": "missed"},
        {"state": "cancelled"},
    ],
)
def test_what_a_provider_may_have_is_not_cancelled(db, changes):
    shipment = queued_shipment(**changes)
    with pytest.raises(TransitionNotAllowedError):
        services.cancel(shipment, by="user:nurse")
    assert Shipment.objects.get().state == changes["state"]
    assert shipment.events.count() == 1
