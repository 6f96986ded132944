"""Ends the pauses that were to end by themselves: a statement for each chunk, as in the run."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.db import connection

from core.database import clock
from core.failures import resting, together
from shipping.models import Schedule
from shipping.schedules.recurrence_sql import day_sql, last_on_or_before_sql

CHUNK = 2000
WORK = "resume the schedule"


def resume_due(days: Mapping[str, date]) -> int:
    """Resume the schedules whose pause is over; how many. `days` says which date it is by zone.

    From the day that was agreed, however late it is found: `schedules.resume` for many. Safe
    beside another; whoever holds a schedule decides about it, and the next pass looks again.
    """
    zones: dict[date, list[str]] = {}
    for zone, day in days.items():
        zones.setdefault(day, []).append(zone)
    values: dict[str, Any] = {"chunk": CHUNK}
    over = []
    for number, (day, names) in enumerate(zones.items()):
        values |= {f"day_{number}": day, f"zones_{number}": names}
        over.append(f"time_zone = ANY(%(zones_{number})s) AND resume_on <= %(day_{number})s")
    return sum(_chunks(" OR ".join(over), values))


def _chunks(over: str, values: dict[str, Any]) -> Iterator[int]:
    full = True
    while full:
        aside = resting(WORK, Schedule.objects.filter(state="paused"))
        with connection.cursor() as cursor:
            cursor.execute(_DUE.format(over=over), values | {"aside": aside})
            due = [pk for (pk,) in cursor.fetchall()]
        full = len(due) == CHUNK
        yield together(WORK, due, partial(_resume, _RESUME.replace("{over}", over), values))


def _resume(statement: str, values: dict[str, Any], ids: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"ids": list(ids), "now": clock.now()})
        resumed: int = cursor.rowcount
    return resumed


_DUE = """
SELECT id FROM shipping_schedule
WHERE state = 'paused' AND ({over}) AND id <> ALL(%(aside)s) LIMIT %(chunk)s
"""
_RESUME = f"""
WITH over AS (
    SELECT id, interval, anchor, anchor_occurrence AS base, occurrence, resume_on - 1 AS eve
    FROM shipping_schedule
    WHERE state = 'paused' AND ({{over}}) AND id = ANY(%(ids)s)
    FOR NO KEY UPDATE SKIP LOCKED
), next_dates AS (
    SELECT c.*, greatest(c.occurrence, {last_on_or_before_sql("c.eve")} + 1) AS next FROM over c
), resumed AS (
    UPDATE shipping_schedule AS s
    SET state = 'active', resume_on = NULL, occurrence = c.next, next_on = {day_sql("c.next")},
        skipped_from = CASE WHEN c.next = s.occurrence THEN s.skipped_from END
    FROM next_dates c WHERE s.id = c.id
    RETURNING s.id, s.next_on
)
INSERT INTO shipping_scheduleevent (schedule_id, kind, from_state, to_state, at, actor, detail)
SELECT id, 'resumed', 'paused', 'active', %(now)s, 'system', 'next on ' || next_on FROM resumed
"""  # noqa: S608 - of our own words only
