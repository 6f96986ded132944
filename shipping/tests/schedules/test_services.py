"""The verbs of schedules (C3): each does what its preview showed, and is on record."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from core.workflow import TransitionNotAllowedError
from shipping.models import Schedule
from shipping.schedules import next_dates
from shipping.schedules import services as schedules
from shipping.schedules.run import run_schedule
from shipping.tests.factories import last_event, monthly_schedule, weekly_schedule

TODAY = "2026-01-31 12:00Z"


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel(TODAY, tick=False) as clock:
        yield clock


def dates(schedule: Schedule, count: int = 3) -> list[str]:
    schedule.refresh_from_db()
    return [day.isoformat() for day in next_dates.upcoming(schedule, count)]


def noted(schedule: Schedule) -> tuple[str, str, str]:
    event = last_event(schedule)
    return event.kind, event.actor, event.detail


def test_skip_leaves_out_the_next_one():
    schedule = monthly_schedule()
    assert next_dates.preview(schedule, "skip")[0] == date(2026, 3, 31)
    schedules.skip(schedule, by="user:nurse")
    assert dates(schedule) == ["2026-03-31", "2026-04-30", "2026-05-31"]
    assert noted(schedule) == (
        "skipped",
        "user:nurse",
        "2026-02-28 left out: next on 2026-03-31",
    )
    run_schedule(date(2026, 3, 31))
    assert [s.occurrence for s in schedule.shipments.order_by("id")] == [0, 2]


def test_a_pause_ships_nothing_until_it_is_resumed(clock):
    schedule = monthly_schedule()
    assert next_dates.preview(schedule, "pause") == []
    schedules.pause(schedule, by="user:nurse")
    assert dates(schedule) == []
    assert noted(schedule) == ("paused", "user:nurse", "until it is resumed")
    clock.move_to("2026-04-15 12:00Z")
    assert run_schedule().queued == 0
    assert next_dates.preview(schedule, "resume", count=1) == [date(2026, 4, 30)]
    schedules.resume(schedule, by="user:nurse")
    assert dates(schedule, 2) == ["2026-04-30", "2026-05-31"]
    assert noted(schedule) == ("resumed", "user:nurse", "next on 2026-04-30")
    assert run_schedule().queued == 0, "what fell into the pause is passed over"
    assert run_schedule(date(2026, 4, 30)).queued == 1


def test_resumed_on_the_day_of_an_occurrence_it_ships_that_one(clock):
    schedule = monthly_schedule()
    schedules.pause(schedule, by="user:nurse")
    clock.move_to("2026-03-31 12:00Z")
    schedules.resume(schedule, by="user:nurse")
    assert run_schedule().queued == 1


def test_a_pause_with_a_date_shows_what_comes_after_it():
    schedule = monthly_schedule()
    until = date(2026, 3, 31)
    shown = next_dates.preview(schedule, "pause", count=2, resume_on=until)
    schedules.pause(schedule, by="user:nurse", resume_on=until)
    assert dates(schedule, 2) == ["2026-03-31", "2026-04-30"] == [day.isoformat() for day in shown]
    assert noted(schedule)[2] == "until 2026-03-31"


def test_a_pause_that_was_found_late_ended_on_its_day(clock):
    schedule = monthly_schedule(catch_up="all")
    schedules.pause(schedule, by="user:nurse", resume_on=date(2026, 3, 1))
    clock.move_to("2026-05-01 12:00Z")
    assert run_schedule().queued == 2, "31 March and 30 April; February was in the pause"
    assert noted(schedule)[:2] == ("resumed", "system")


@pytest.mark.parametrize(
    ("day", "refusal"),
    [
        ("2026-01-31", TransitionNotAllowedError),
        ("2020-01-01", TransitionNotAllowedError),
        ("1999-12-31", ValidationError),
        ("2100-01-01", ValidationError),
    ],
)
def test_a_pause_ends_in_the_future_and_within_reach(day, refusal):
    schedule = monthly_schedule()
    with pytest.raises(refusal):
        next_dates.preview(schedule, "pause", resume_on=date.fromisoformat(day))
    with pytest.raises(refusal):
        schedules.pause(schedule, by="user:nurse", resume_on=date.fromisoformat(day))
    assert dates(schedule, 1) == ["2026-02-28"]


def test_a_new_interval_begins_after_what_has_shipped():
    """Today's has gone out: the next weekly one is in a week, and its number goes on."""
    schedule = monthly_schedule()
    shown = next_dates.preview(schedule, "change", count=2, interval="weekly")
    schedules.change(schedule, by="user:nurse", interval="weekly")
    assert dates(schedule, 2) == ["2026-02-07", "2026-02-14"] == [day.isoformat() for day in shown]
    assert (schedule.occurrence, schedule.interval) == (1, "weekly")
    assert noted(schedule) == (
        "changed",
        "user:nurse",
        "interval weekly: next on 2026-02-07",
    )
    run_schedule(date(2026, 2, 7))
    assert [s.occurrence for s in schedule.shipments.order_by("id")] == [0, 1]


def test_a_new_anchor_gives_a_new_row_of_dates(clock):
    schedule = monthly_schedule()
    run_schedule(date(2026, 2, 28))
    clock.move_to("2026-03-10 12:00Z")
    schedules.change(schedule, by="user:nurse", anchor=date(2025, 11, 15))
    assert dates(schedule, 3) == ["2026-03-15", "2026-04-15", "2026-05-15"]
    assert (schedule.occurrence, schedule.anchor_occurrence) == (2, -2)
    run_schedule(date(2026, 4, 15))
    rows = schedule.shipments.order_by("occurrence").values_list("occurrence", "state")
    assert list(rows) == [(0, "queued"), (1, "queued"), (2, "missed"), (3, "queued")]


def test_an_anchor_in_the_future_is_the_next_date():
    schedule = monthly_schedule()
    schedules.change(schedule, by="user:nurse", anchor=date(2026, 8, 31))
    assert dates(schedule, 2) == ["2026-08-31", "2026-09-30"]


def test_a_changed_schedule_never_ships_twice_on_a_day(clock):
    schedule = weekly_schedule()
    schedules.change(schedule, by="user:nurse", anchor=date(2026, 1, 31), interval="monthly")
    schedules.change(schedule, by="user:nurse", interval="weekly")
    assert run_schedule().queued == 0
    assert dates(schedule, 1) == ["2026-02-07"]


def test_changing_zone_or_catch_up_moves_no_date():
    schedule = monthly_schedule()
    schedules.change(schedule, by="user:nurse", time_zone="Africa/Nairobi", catch_up="all")
    assert dates(schedule, 1) == ["2026-02-28"]
    assert noted(schedule)[2] == ("time_zone Africa/Nairobi, catch_up all: next on 2026-02-28")


def test_a_change_that_changes_nothing_is_not_on_record():
    schedule = monthly_schedule()
    schedules.change(schedule, by="user:nurse", interval="monthly", anchor=schedule.anchor)
    assert noted(schedule)[0] == "created"


@pytest.mark.parametrize("day", ["1999-12-31", "2100-01-01"])
def test_an_anchor_out_of_reach_is_refused(day):
    schedule = monthly_schedule()
    with pytest.raises(ValidationError, match="from 2000 to 2099"):
        schedules.change(schedule, by="user:nurse", anchor=date.fromisoformat(day))
    assert dates(schedule, 1) == ["2026-02-28"]


def test_a_cancelled_schedule_ships_nothing_ever_again():
    schedule = monthly_schedule()
    assert next_dates.preview(schedule, "cancel") == []
    schedules.cancel(schedule, by="user:nurse", reason="too dear")
    assert dates(schedule) == []
    assert noted(schedule) == ("cancelled", "user:nurse", "too dear")
    assert run_schedule(date(2027, 1, 1)).queued == 0
    assert schedule.shipments.get().state == "queued", "what is made already goes on"


@pytest.mark.parametrize(
    ("state", "verbs"),
    [
        ("active", {"resume"}),
        ("paused", {"pause", "skip"}),
        ("cancelled", {"pause", "resume", "skip", "change", "cancel"}),
    ],
)
def test_a_verb_that_makes_no_sense_is_refused_by_deed_and_preview(state, verbs):
    schedule = monthly_schedule(state=state)
    for verb in next_dates.VERBS:
        deed = getattr(schedules, verb)
        options: dict[str, Any] = {"interval": "weekly"} if verb == "change" else {}
        if verb in verbs:
            with pytest.raises(TransitionNotAllowedError):
                next_dates.preview(schedule, verb, **options)
            with pytest.raises(TransitionNotAllowedError):
                deed(schedule, by="user:nurse", **options)
        else:
            next_dates.preview(schedule, verb, **options)
    schedule.refresh_from_db()
    assert (schedule.state, schedule.events.count()) == (state, 1)


def test_a_paused_schedule_can_be_changed_and_shows_the_dates_after_the_pause():
    schedule = monthly_schedule()
    schedules.pause(schedule, by="user:nurse", resume_on=date(2026, 6, 1))
    shown = next_dates.preview(schedule, "change", count=1, anchor=date(2026, 1, 5))
    schedules.change(schedule, by="user:nurse", anchor=date(2026, 1, 5))
    assert dates(schedule, 1) == ["2026-06-05"] == [day.isoformat() for day in shown]
