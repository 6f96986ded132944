"""The customer hears of each failed attempt to deliver once, whatever the order of the events."""

from datetime import datetime
from itertools import permutations

import pytest
from django.utils import timezone

from notifications import sweeper
from notifications.models import Notification
from notifications.tests.test_sweeper import later
from shipping import services
from shipping.models import Shipment, ShipmentEvent
from shipping.provider_api.base import TrackedEvent
from shipping.tests.factories import queued_shipment, tracked
from shipping.tracking import events

pytestmark = pytest.mark.django_db
STORY = [
    ("in-transit", 8),
    ("failed-to-deliver", 10),
    ("in-transit", 11),
    ("failed-to-deliver", 12),
]


def track(shipment: Shipment, name: str, hour: int, event_id: str = "") -> None:
    when = f"2024-05-19 {hour:02}:00:00"
    events.store(shipment.provider, [tracked(shipment.reference, name, when, event_id)])
    events.apply(shipment.pk)


def on_the_road() -> Shipment:
    return queued_shipment(state="sent", sent_at=timezone.now())


def failures(shipment: Shipment) -> int:
    told = Notification.objects.filter(shipment=shipment, source__contains=":failed-to-deliver")
    return told.count()


@pytest.mark.parametrize("order", list(permutations(STORY)), ids=str)
def test_two_attempts_are_two_messages_in_whatever_order_they_come(order):
    shipment = on_the_road()
    for name, hour in order:
        track(shipment, name, hour)
    assert failures(shipment) == 2
    shipment.refresh_from_db()
    assert shipment.state == "failed-to-deliver"


def test_attempts_that_come_together_are_each_told():
    shipment = on_the_road()
    events.store(
        "reference",
        [tracked(shipment.reference, name, f"2024-05-19 {hour:02}:00:00") for name, hour in STORY],
    )
    events.apply(shipment.pk)
    assert failures(shipment) == 2


def test_two_failures_with_nothing_between_are_two_attempts():
    shipment = on_the_road()
    track(shipment, "failed-to-deliver", 10)
    track(shipment, "failed-to-deliver", 12)
    assert failures(shipment) == 2


def test_the_same_attempt_is_told_once_however_often_it_is_reported():
    shipment = on_the_road()
    for event_id in ("a", "a", "b"):
        track(shipment, "failed-to-deliver", 10, event_id)
        track(shipment, "in-transit", 9, f"{event_id}-t")
    events.apply(shipment.pk)
    sweeper.reconcile()
    assert failures(shipment) == 1


def test_a_failure_told_after_the_delivery_is_no_news():
    shipment = on_the_road()
    track(shipment, "delivered", 12)
    track(shipment, "failed-to-deliver", 10)
    track(shipment, "failed-to-deliver", 13)
    assert failures(shipment) == 0


def test_what_brings_a_cancelled_parcel_back_to_failed_is_no_new_attempt():
    shipment = on_the_road()
    track(shipment, "failed-to-deliver", 10)
    shipment.refresh_from_db()
    services.cancel(shipment, by="user:ann", reason="They gave up")
    track(shipment, "in-transit", 9)
    shipment.refresh_from_db()
    assert (shipment.state, failures(shipment)) == ("failed-to-deliver", 1)


def answered(shipment: Shipment, hour: int) -> None:
    """The provider was asked, and said that it failed."""
    moment = datetime.fromisoformat(f"2024-05-19 {hour:02}:00:00+00:00")
    name = "failed-to-deliver"
    event_id = f"asked {shipment.reference} {name}"
    event = TrackedEvent(event_id, shipment.reference, name, moment, {"asked": name})
    events.store(shipment.provider, [event])
    events.apply(shipment.pk)


@pytest.mark.parametrize("first", ["answer", "event"])
def test_an_answer_and_the_event_of_the_same_attempt_are_one(first):
    shipment = on_the_road()
    steps = [lambda: answered(shipment, 12), lambda: track(shipment, "failed-to-deliver", 10)]
    for step in steps if first == "answer" else reversed(steps):
        step()
    assert failures(shipment) == 1
    track(shipment, "failed-to-deliver", 11)
    assert failures(shipment) == 2
    track(shipment, "failed-to-deliver", 14)
    assert failures(shipment) == 3


def test_what_the_receiver_missed_is_written_once_for_each_attempt(time_machine):
    shipment = on_the_road()
    for name, hour in STORY:
        track(shipment, name, hour)
    Notification.objects.filter(shipment=shipment).delete()
    later(time_machine, minutes=5)
    sweeper.reconcile()
    assert failures(shipment) == 2
    assert sweeper.reconcile() == 0


def test_what_was_told_before_attempts_had_their_own_key_is_not_told_again(time_machine):
    shipment = on_the_road()
    old = {"shipment": shipment, "kind": "failed-to-deliver", "to_state": "failed-to-deliver"}
    ShipmentEvent.objects.create(**old)
    [source] = Notification.objects.filter(shipment=shipment).values_list("source", flat=True)
    assert source == f"shipment:{shipment.pk}:failed-to-deliver"
    later(time_machine, minutes=5)
    sweeper.reconcile()
    assert failures(shipment) == 1
