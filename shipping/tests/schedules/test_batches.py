"""Calendars move the ship date and never the anchor (C3); the cut-off decides the batch (C1)."""

from datetime import date
from typing import Any

import pytest
import time_machine

from orders.tests.factories import placed_order
from shipping.models import ProviderProfile, Schedule, Shipment
from shipping.schedules.run import RunSummary, run_schedule
from shipping.sweeper import promote
from shipping.tests.factories import monthly_schedule, weekly_schedule

MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5]


@pytest.fixture(autouse=True)
def calendar(db) -> None:
    """London's week, its holidays, and its van at four."""
    london = {"country": "GB", "subdivision": "ENG", "time_zone": "Europe/London"}
    ProviderProfile.objects.create(
        provider="reference", working_days=MONDAY_TO_FRIDAY, cut_off=16, **london
    )


def made(schedule: Schedule) -> list[tuple[str, str]]:
    """State and ship date of each but the first."""
    rows = schedule.shipments.exclude(occurrence=0).order_by("occurrence")
    return [(s.state, s.ship_on.isoformat()) for s in rows]


@pytest.mark.parametrize(
    ("moment", "state", "day"),
    [
        ("2026-02-05 15:59Z", "queued", "2026-02-05"),
        ("2026-02-05 16:00Z", "scheduled", "2026-02-06"),
        ("2026-02-06 16:00Z", "scheduled", "2026-02-09"),
        ("2026-02-07 09:00Z", "scheduled", "2026-02-09"),
        ("2026-04-02 15:00Z", "scheduled", "2026-04-07"),  # summer time; then Easter
    ],
)
def test_C1_an_order_joins_the_batch_of_its_moment(moment, state, day, nudges):
    with time_machine.travel(moment, tick=False):
        shipment = Shipment.objects.get(order=placed_order())
    assert (shipment.state, shipment.ship_on.isoformat()) == (state, day)
    assert [event.to_state for event in shipment.events.all()] == [state]


def test_C1_a_scheduled_parcel_is_queued_when_its_day_begins_where_the_provider_is():
    with time_machine.travel("2026-07-03 15:00Z", tick=False) as clock:
        shipment = Shipment.objects.get(order=placed_order())
        clock.move_to("2026-07-05 22:59Z")
        assert promote() == 0
        clock.move_to("2026-07-05 23:00Z")
        assert promote() == 1
        assert promote() == 0
    shipment.refresh_from_db()
    assert (shipment.state, shipment.ship_on) == ("queued", date(2026, 7, 6))
    assert [event.to_state for event in shipment.events.all()] == ["scheduled", "queued"]


def test_C3_what_falls_on_a_free_day_ships_on_the_next_and_the_anchor_stays():
    with time_machine.travel("2026-01-31 09:00Z", tick=False):
        schedule = monthly_schedule()
    with time_machine.travel("2026-02-28 00:30Z", tick=False):  # a Saturday
        assert run_schedule() == RunSummary(schedules=1, scheduled=1)
    assert made(schedule) == [("scheduled", "2026-03-02")]
    schedule.refresh_from_db()
    assert (schedule.anchor, schedule.next_on) == (date(2026, 1, 31), date(2026, 3, 31))
    with time_machine.travel("2026-03-02 00:01Z", tick=False):
        assert promote() == 2, "and the first one, which fell on a Saturday too"
    assert made(schedule) == [("queued", "2026-03-02")]


def test_C3_a_run_after_the_cut_off_joins_the_next_batch():
    with time_machine.travel("2026-02-02 09:00Z", tick=False):
        schedule = weekly_schedule()
    with time_machine.travel("2026-02-09 16:30Z", tick=False):
        run_schedule()
    assert made(schedule) == [("scheduled", "2026-02-10")]


def test_C3_a_run_for_a_day_is_in_time_for_its_batch():
    with time_machine.travel("2026-02-02 20:00Z", tick=False):
        schedule = weekly_schedule()
        run_schedule(date(2026, 2, 9))
    assert made(schedule) == [("queued", "2026-02-09")]


@pytest.mark.parametrize(
    ("catch_up", "day", "state"),
    [
        ("none", "2026-02-09", "queued"),  # Monday: Saturday's ships with today's, it is not late
        ("none", "2026-02-10", "missed"),
        ("latest", "2026-02-10", "queued"),
        ("all", "2026-02-10", "queued"),
    ],
)
def test_C3_what_fell_on_free_days_is_missed_only_after_the_next_working_day(catch_up, day, state):
    with time_machine.travel("2026-01-31 09:00Z", tick=False):
        schedule = weekly_schedule(catch_up=catch_up)
    Schedule.objects.update(occurrence=1, next_on=date(2026, 2, 7))
    run_schedule(date.fromisoformat(day))
    assert [found for found, _ in made(schedule)] == [state]


def test_C3_where_it_is_tomorrow_already_it_waits_for_the_providers_day():
    with time_machine.travel("2026-02-02 09:00Z", tick=False):
        schedule = weekly_schedule(time_zone="Pacific/Auckland")
    with time_machine.travel("2026-02-08 12:00Z", tick=False):
        assert run_schedule().scheduled == 1
    assert made(schedule) == [("scheduled", "2026-02-09")]


def test_C3_calendars_cost_one_statement_however_many_chunks(
    monkeypatch: Any, django_assert_num_queries: Any
):
    monkeypatch.setattr("shipping.schedules.run.CHUNK", 2)
    schedules = [weekly_schedule() for _ in range(5)]
    with django_assert_num_queries(24):
        assert run_schedule(schedules[0].next_on).schedules == 5


def test_C3_an_occurrence_of_a_provider_without_any_batch_is_made_all_the_same(monkeypatch: Any):
    monkeypatch.setattr("shipping.schedules.run.batches", lambda *days, **options: [])
    with time_machine.travel("2026-01-31 09:00Z", tick=False):
        schedule = weekly_schedule()
        assert run_schedule(date(2026, 2, 7)) == RunSummary(schedules=1, queued=1)
    assert made(schedule) == [("queued", "2026-02-07")]
