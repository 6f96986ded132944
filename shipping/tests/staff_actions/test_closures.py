"""Closing days: the calendar follows at once, parcels that wait are moved in slices."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from orders.tests.factories import placed_order
from shipping import sweeper
from shipping.models import ProviderProfile, Shipment
from shipping.schedules import run
from shipping.schedules.forecast import forecast
from shipping.schedules.run import run_schedule
from shipping.staff_actions import closures
from shipping.staff_actions.closures import Closure
from shipping.sweeper import move_off_closed_days, promote
from shipping.tests.factories import last_event, queued_shipment, weekly_schedule

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY, WEDNESDAY = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)
NOON = "2026-06-01 12:00Z"
CLOSED = Closure("reference", TUESDAY, WEDNESDAY)


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def waiting(day: date = TUESDAY, **changes: Any) -> Shipment:
    """A parcel that waits for a day."""
    return queued_shipment(placed_order(), **{"state": "scheduled", "ship_on": day} | changes)


def test_what_waits_for_a_closed_day_moves_to_the_next_working_day_and_says_why(monday):
    moved, other = waiting(), waiting(provider="console")
    sent, later = waiting(state="sent"), waiting(WEDNESDAY)
    effect = closures.close(CLOSED)
    assert (effect.moved, effect.left_out) == (1, {"sent": 1})
    assert effect.ships_on == WEDNESDAY
    assert move_off_closed_days() == 1
    days = {s.pk: s.ship_on for s in Shipment.objects.all()}
    assert days == {
        moved.pk: WEDNESDAY,
        other.pk: TUESDAY,
        sent.pk: TUESDAY,
        later.pk: WEDNESDAY,
    }
    event = last_event(moved)
    assert (event.kind, event.detail) == ("moved", "ships 2026-06-03 instead of 2026-06-02")
    assert move_off_closed_days() == 0
    monday.move_to("2026-06-02 12:00Z")
    assert promote() == 1, "the other provider's"
    monday.move_to("2026-06-03 12:00Z")
    assert promote() == 2


def test_the_sweeper_moves_before_it_promotes(monday):
    parcel = waiting()
    closures.close(CLOSED)
    monday.move_to("2026-06-02 12:00Z")
    assert sweeper.sweep()["shipments moved off closed days"] == 1
    parcel.refresh_from_db()
    assert (parcel.state, parcel.ship_on) == ("scheduled", WEDNESDAY)


def test_dates_and_new_orders_follow_the_calendar(monday):
    schedule = weekly_schedule(anchor=date(2026, 5, 26), occurrence=1, next_on=TUESDAY)
    closures.close(CLOSED)
    assert forecast(days=3).shipments[WEDNESDAY, "reference"] == 1
    monday.move_to("2026-06-02 12:00Z")
    run_schedule()
    made = schedule.shipments.get(occurrence=1)
    placed = Shipment.objects.get(order=placed_order())
    for parcel in (placed, made):
        assert (parcel.state, parcel.ship_on) == ("scheduled", WEDNESDAY)


def test_a_large_batch_moves_slice_by_slice(monkeypatch):
    monkeypatch.setattr(run, "CHUNK", 2)
    for _ in range(5):
        waiting()
    closures.close(CLOSED)
    assert move_off_closed_days() == 5
    assert set(Shipment.objects.values_list("ship_on", flat=True)) == {WEDNESDAY}


def test_a_preview_does_nothing_and_says_the_same():
    waiting()
    assert closures.effect_of(CLOSED) == closures.close(CLOSED)
    ProviderProfile.objects.update(closed_days=[])
    closures.effect_of(CLOSED)
    assert ProviderProfile.of("reference").closed_days == []


def test_closing_twice_is_closing_once_and_a_day_is_opened_again():
    for _ in range(2):
        closures.close(CLOSED)
    assert ProviderProfile.of("reference").closed_days == [TUESDAY]
    closures.reopen("reference", TUESDAY)
    with pytest.raises(ValidationError, match="no such provider"):
        closures.reopen("nobody", TUESDAY)
    assert ProviderProfile.of("reference").calendar.works_on(TUESDAY)


def test_days_that_are_over_are_dropped(monday):
    closures.close(CLOSED)
    monday.move_to("2026-06-08 12:00Z")
    closures.close(Closure("reference", date(2026, 6, 9), date(2026, 6, 10)))
    assert ProviderProfile.of("reference").closed_days == [date(2026, 6, 9)]


@pytest.mark.parametrize(
    ("provider", "first", "until", "text"),
    [
        ("nobody", TUESDAY, WEDNESDAY, "no such provider"),
        ("reference", date(2026, 5, 31), WEDNESDAY, "from today on"),
        ("reference", date(2028, 6, 1), date(2028, 6, 2), "at most a year ahead"),
        ("reference", TUESDAY, TUESDAY, "It ships again later"),
        ("reference", TUESDAY, MONDAY, "It ships again later"),
        ("reference", TUESDAY, date(2027, 6, 2), "within 31 days"),
        ("reference", TUESDAY, date(2026, 6, 6), "is no day on which it ships: no working day"),
    ],
    ids=["provider", "past", "far", "same", "before", "long", "free"],
)
def test_what_cannot_be_closed_is_refused(provider: str, first: date, until: date, text: str):
    ProviderProfile.objects.create(provider="reference", working_days=[1, 2, 3, 4, 5])
    for act in (closures.effect_of, closures.close):
        with pytest.raises(ValidationError, match=text):
            act(Closure(provider, first, until))
