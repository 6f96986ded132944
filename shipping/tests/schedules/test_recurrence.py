"""The calendar of a schedule (C3): always from the anchor, so month ends do not drift."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipping.schedules.recurrence import Recurrence, local_date
from shipping.schedules.recurrence_sql import day_sql

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
INTERVALS = st.sampled_from(["weekly", "monthly"])
PLANS = st.builds(Recurrence, INTERVALS, DAYS, st.integers(0, 300))


def test_C3_month_ends_are_clamped_from_the_anchor_and_do_not_drift():
    recurrence = Recurrence("monthly", date(2024, 1, 31))
    assert [day.isoformat() for day in recurrence.upcoming(14)] == [
        "2024-01-31",
        "2024-02-29",
        "2024-03-31",
        "2024-04-30",
        "2024-05-31",
        "2024-06-30",
        "2024-07-31",
        "2024-08-31",
        "2024-09-30",
        "2024-10-31",
        "2024-11-30",
        "2024-12-31",
        "2025-01-31",
        "2025-02-28",
    ]


@pytest.mark.parametrize("day", range(1, 32))
def test_C3_an_anchor_on_any_day_ships_once_in_every_month(day):
    dates = Recurrence("monthly", date(2027, 1, day)).upcoming(24)
    assert [(d.year, d.month) for d in dates] == [(2027 + n // 12, n % 12 + 1) for n in range(24)]
    assert {d.day for d in dates if d.day < 28} <= {day}


@pytest.mark.parametrize("weekday", range(7))
def test_C3_weekly_is_every_seven_days_across_both_clock_changes(weekday):
    dates = Recurrence("weekly", date(2026, 1, 5 + weekday)).upcoming(52)
    assert {b - a for a, b in pairwise(dates)} == {timedelta(days=7)}
    assert {d.weekday() for d in dates} == {weekday}


@given(PLANS, DAYS)
def test_C3_the_newest_due_is_the_last_on_or_before_today(recurrence, today):
    newest = recurrence.newest_due(today)
    if newest is None:
        assert recurrence.next_on > today
    else:
        assert recurrence.date_of(newest) <= today < recurrence.date_of(newest + 1)
        assert newest >= recurrence.occurrence


@given(PLANS, DAYS)
def test_passing_over_leaves_the_first_on_or_after_the_day(recurrence, day):
    left = recurrence.skipping_until(day)
    assert left.next_on >= day or left.occurrence == recurrence.occurrence
    assert left.occurrence == recurrence.occurrence or left.date_of(left.occurrence - 1) < day
    assert left.skipping_until(day) == left


@given(PLANS, INTERVALS, DAYS, DAYS)
def test_a_change_keeps_counting_and_starts_on_the_new_row_of_dates(
    recurrence, interval, anchor, today
):
    changed = recurrence.changed(interval, anchor, today)
    assert changed.occurrence == recurrence.occurrence
    assert changed.next_on >= max(anchor, today)
    assert changed.date_of(changed.anchor_occurrence) == anchor
    steps = changed.occurrence - changed.anchor_occurrence
    assert steps >= 0
    assert steps == 0 or changed.date_of(changed.occurrence - 1) < today


def test_a_skipped_number_is_not_used_again():
    recurrence = Recurrence("monthly", date(2026, 1, 31), occurrence=1).skipped()
    assert (recurrence.occurrence, recurrence.next_on) == (2, date(2026, 3, 31))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(recurrence=PLANS, steps=st.integers(0, 600))
def test_C3_the_sql_of_the_run_counts_the_same_days(db, recurrence, steps):
    number = recurrence.anchor_occurrence + steps
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {day_sql('n')} FROM (SELECT %s AS interval, %s::date AS anchor, %s AS base,"
            " %s AS n) AS c",
            [recurrence.interval, recurrence.anchor, recurrence.anchor_occurrence, number],
        )
        assert cursor.fetchone()[0] == recurrence.date_of(number)


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-28 23:30", "Europe/London", "2026-03-28"),
        ("2026-06-30 23:30", "Europe/London", "2026-07-01"),
        ("2026-01-30 11:00", "Pacific/Auckland", "2026-01-31"),
        ("2026-01-31 09:00", "Pacific/Honolulu", "2026-01-30"),
    ],
)
def test_today_is_the_date_on_the_wall(moment, zone, day):
    instant = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert local_date(instant, zone).isoformat() == day
