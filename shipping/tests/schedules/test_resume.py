"""Pauses that end by themselves (C3): many in one statement, by the same calendar as one."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection, transaction

from shipping.models import Schedule, ScheduleEvent
from shipping.schedules import resume as schedule_resume
from shipping.schedules.next_dates import recurrence_of
from shipping.schedules.run import resume_due
from shipping.tests.factories import last_event, monthly_schedule, weekly_schedule


def paused(count: int = 1, **columns) -> list[Schedule]:
    columns = {"state": "paused", "resume_on": date(2026, 4, 1)} | columns
    return [weekly_schedule(**columns) for _ in range(count)]


@pytest.fixture
def clock(db):
    with time_machine.travel("2026-01-31 12:00Z", tick=False) as clock:
        yield clock


def test_the_day_that_was_agreed_counts_however_late_it_is_found(clock):
    [schedule] = paused()
    clock.move_to("2026-03-31 12:00Z")
    assert resume_due() == 0
    clock.move_to("2026-05-20 12:00Z")
    assert (resume_due(), resume_due()) == (1, 0)
    schedule.refresh_from_db()
    assert (schedule.state, schedule.resume_on) == ("active", None)
    assert schedule.next_on == date(2026, 4, 4)
    event = last_event(schedule)
    assert (event.kind, event.from_state, event.to_state) == ("resumed", "paused", "active")
    assert (event.actor, event.detail) == ("system", "next on 2026-04-04")


@pytest.mark.parametrize("made", [weekly_schedule, monthly_schedule])
@pytest.mark.parametrize("base", [-3, 0, 2])
def test_many_are_resumed_by_the_calendar_of_one(clock, made, base):
    """Ends of months, leap days, and anchors that lie before and after the end of the pause."""
    planned = {}
    for anchor in (date(2026, 1, 31), date(2024, 2, 29), date(2027, 3, 15), date(2026, 3, 1)):
        for until in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 5, 1)):
            schedule = made(
                anchor=anchor,
                anchor_occurrence=base,
                occurrence=3,
                state="paused",
                resume_on=until,
            )
            planned[schedule.pk] = recurrence_of(schedule).skipping_until(until)
    clock.move_to("2026-06-01 12:00Z")
    assert resume_due() == len(planned)
    for schedule in Schedule.objects.all():
        assert recurrence_of(schedule) == planned[schedule.pk]
        assert schedule.next_on == planned[schedule.pk].next_on


def test_it_ends_when_the_day_begins_where_the_schedule_is(clock):
    [there] = paused(time_zone="Pacific/Auckland")
    [here] = paused(time_zone="America/New_York")
    ended = []
    for moment in ("2026-03-31 10:59Z", "2026-03-31 11:01Z", "2026-04-01 04:01Z"):
        clock.move_to(moment)
        resume_due()
        ended += [list(Schedule.objects.filter(state="active").order_by("pk"))]
    assert ended == [[], [there], [there, here]]


def test_only_what_is_paused_until_a_day_is_resumed(clock):
    paused(resume_on=None)
    paused(state="cancelled", resume_on=date(2026, 1, 1))
    assert resume_due() == 0


@pytest.mark.django_db(transaction=True)
def test_two_at_once_resume_each_once(monkeypatch):
    monkeypatch.setattr(schedule_resume, "CHUNK", 3)
    paused(20, resume_on=date(2026, 1, 1))
    start, counts = Barrier(3), []

    def resume() -> None:
        start.wait()
        counts.append(resume_due())
        connection.close()

    threads = [Thread(target=resume) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 20
    assert ScheduleEvent.objects.filter(kind="resumed").count() == 20


@pytest.mark.django_db(transaction=True)
def test_a_schedule_that_somebody_holds_is_left_for_the_next_pass():
    held, _ = paused(2, resume_on=date(2026, 1, 1))
    counts = []

    def resume() -> None:
        counts.append(resume_due())
        connection.close()

    beside = Thread(target=resume)
    with transaction.atomic():
        Schedule.objects.select_for_update().get(pk=held.pk)
        beside.start()
        beside.join(30)
        assert counts == [1]
    assert resume_due() == 1


def test_the_statements_do_not_grow_with_the_pauses(clock, django_assert_max_num_queries):
    paused(30, resume_on=date(2026, 1, 30))
    with django_assert_max_num_queries(5):
        assert resume_due() == 30
    assert Schedule.objects.filter(next_on__lt=date(2026, 1, 30) + timedelta(1)).count() == 0
