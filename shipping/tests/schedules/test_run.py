"""The run of the schedule (C3): nothing twice, nothing lost, whenever and however often it runs."""

from datetime import date, timedelta
from io import StringIO
from math import ceil

import pytest
import time_machine
from celery import current_app
from django.core.management import CommandError, call_command
from django.utils import timezone

from shipping import tasks
from shipping.models import Schedule, Shipment
from shipping.schedules import run
from shipping.schedules.next_dates import recurrence_of
from shipping.schedules.recurrence import Recurrence
from shipping.schedules.run import RunSummary, run_schedule
from shipping.tests.factories import monthly_schedule, weekly_schedule


def shipped(schedule: Schedule) -> list[tuple[int | None, str, str]]:
    """Number, state and day of each of its shipments."""
    rows = schedule.shipments.order_by("occurrence")
    return [(s.occurrence, s.state, s.ship_on.isoformat()) for s in rows]


@time_machine.travel("2026-01-31 09:00Z", tick=False)
def test_C3_what_is_due_becomes_a_queued_shipment_with_its_event(db):
    schedule = monthly_schedule()
    assert run_schedule(date(2026, 2, 27)) == RunSummary()
    assert run_schedule(date(2026, 2, 28)) == RunSummary(schedules=1, queued=1)
    shipment = schedule.shipments.get(occurrence=1)
    assert (shipment.reference, shipment.state) == (f"{schedule.order.number}.1", "queued")
    assert shipment.address() == schedule.order.address()
    assert (shipment.provider, shipment.delivery_service) == ("reference", "standard")
    assert shipment.next_attempt_at == shipment.created_at == timezone.now()
    [event] = shipment.events.all()
    assert (event.kind, event.to_state, event.actor) == ("queued", "queued", "schedule")
    schedule.refresh_from_db()
    assert (schedule.occurrence, schedule.next_on) == (2, date(2026, 3, 31))


def test_C3_each_shipment_has_a_key_of_its_own(db):
    monthly_schedule()
    run_schedule(timezone.localdate() + timedelta(days=31))
    assert len(set(Shipment.objects.values_list("key", flat=True))) == 2


def test_C3_a_repeated_run_makes_nothing_twice(db):
    schedule = weekly_schedule()
    day = schedule.next_on
    assert [run_schedule(day).queued for _ in range(3)] == [1, 0, 0]
    Schedule.objects.update(occurrence=1, next_on=day)
    assert run_schedule(day).queued == 0, "not even if the schedule had forgotten it"
    assert schedule.shipments.count() == 2


def test_C3_it_is_due_when_its_day_begins_where_it_is(db):
    with time_machine.travel("2026-02-01 12:00Z"):
        there, here = (
            weekly_schedule(time_zone=zone, next_on=date(2026, 2, 8))
            for zone in ("Pacific/Auckland", "America/New_York")
        )
    made = []
    for moment in (
        "2026-02-07 10:59Z",
        "2026-02-07 11:01Z",
        "2026-02-08 04:59Z",
        "2026-02-08 05:01Z",
    ):
        with time_machine.travel(moment):
            run_schedule()
            made.append((there.shipments.count() - 1, here.shipments.count() - 1))
    assert made == [(0, 0), (1, 0), (1, 0), (1, 1)]


@pytest.mark.parametrize(
    ("catch_up", "states"),
    [
        ("latest", ["missed", "missed", "queued"]),
        ("all", ["queued", "queued", "queued"]),
        ("none", ["missed", "missed", "missed"]),
    ],
)
def test_C3_after_an_outage_the_schedule_says_what_is_made_up_for(db, catch_up, states):
    with time_machine.travel("2026-01-31 12:00Z"):
        schedule = monthly_schedule(catch_up=catch_up)
        run_schedule(date(2026, 5, 1))
    assert [state for _, state, _ in shipped(schedule)[1:]] == states
    made = schedule.shipments.exclude(occurrence=0).order_by("occurrence")
    planned = ["2026-02-28", "2026-03-31", "2026-04-30"]
    for shipment, day in zip(made, planned, strict=True):
        assert shipment.ship_on.isoformat() == (day if shipment.state == "missed" else "2026-05-01")
        assert shipment.events.get().to_state == shipment.state
    schedule.refresh_from_db()
    assert (schedule.occurrence, schedule.next_on) == (4, date(2026, 5, 31))


def test_C3_with_none_the_one_of_today_ships_all_the_same(db):
    with time_machine.travel("2026-01-31 12:00Z"):
        schedule = monthly_schedule(catch_up="none")
        run_schedule(date(2026, 4, 30))
    assert [state for _, state, _ in shipped(schedule)] == ["queued", "missed", "missed", "queued"]


@pytest.mark.parametrize("catch_up", ["latest", "all", "none"])
def test_C3_years_of_missed_dates_take_several_portions_and_end_the_same(db, catch_up):
    with time_machine.travel("2020-01-05 12:00Z"):
        schedule = weekly_schedule(catch_up=catch_up)
    summary = run_schedule(date(2026, 1, 5))
    newest = Recurrence("weekly", date(2020, 1, 5)).newest_due(date(2026, 1, 5))
    assert newest is not None
    assert newest > 6 * run.MOST_OCCURRENCES
    assert summary.queued == {"latest": 1, "all": newest, "none": 0}[catch_up]
    assert summary.queued + summary.missed == newest
    assert summary.schedules == ceil(newest / run.MOST_OCCURRENCES)
    schedule.refresh_from_db()
    assert schedule.occurrence == newest + 1


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_C3_a_schedule_that_is_not_active_makes_nothing(db, state):
    schedule = weekly_schedule(state=state)
    assert run_schedule(schedule.next_on) == RunSummary()


def test_C3_a_pause_that_is_over_ends_before_the_run(db):
    with time_machine.travel("2026-01-31 12:00Z"):
        schedule = monthly_schedule(state="paused", resume_on=date(2026, 4, 1))
        run_schedule(date(2026, 3, 31))
        assert len(shipped(schedule)) == 1
        run_schedule(date(2026, 5, 1))
    assert [(number, day) for number, _, day in shipped(schedule)] == [
        (0, "2026-01-31"),
        (3, "2026-05-01"),
    ]
    assert [e.kind for e in schedule.events.all()] == ["created", "resumed"]


@pytest.mark.parametrize("interval", ["weekly", "monthly"])
def test_C3_the_statement_and_the_calendar_agree(db, interval):
    """For anchors on every day of a winter, run on days of the two years after it."""
    made = weekly_schedule if interval == "weekly" else monthly_schedule
    for offset in (0, 1, 30):
        for day in (date(2026, 2, 28), date(2026, 3, 1), date(2027, 12, 31), date(2028, 2, 29)):
            anchor = date(2026, 1, 1) + timedelta(days=offset)
            schedule = made(anchor=anchor, catch_up="all", occurrence=1)
            recurrence = recurrence_of(schedule)
            Schedule.objects.filter(pk=schedule.pk).update(next_on=recurrence.next_on)
            run_schedule(day)
            newest = recurrence.newest_due(day) or 0
            assert schedule.shipments.count() == newest + 1
            schedule.refresh_from_db()
            assert (schedule.occurrence, schedule.next_on) == (
                newest + 1,
                recurrence.date_of(newest + 1),
            )


def command(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("run_schedule", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_C3_the_command_says_what_it_did_and_how_far_it_is(db):
    schedule = weekly_schedule()
    assert command() == ("0 shipments queued, 0 recorded as missed, for 0 schedules.\n", "")
    out, err = command("--today", schedule.next_on.isoformat())
    assert out == "1 shipments queued, 0 recorded as missed, for 1 schedules.\n"
    assert err.startswith("1 of 1 schedules, ")


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "20260131", ""])
def test_C3_the_command_refuses_what_is_no_date(db, day):
    with pytest.raises(CommandError, match="is not a date"):
        command("--today", day)


def test_C3_the_command_refuses_to_ship_years_ahead(db):
    with pytest.raises(CommandError, match="more than five years ahead"):
        command("--today", "9999-12-31")


def test_C3_beat_ticks_the_run(db):
    ticked = [tick["task"] for tick in current_app.conf.beat_schedule.values()]
    assert tasks.run_schedule.name in ticked
    today = timezone.localdate()
    schedule = weekly_schedule(anchor=today - timedelta(days=7), next_on=today)
    tasks.run_schedule()
    assert schedule.shipments.count() == 2
