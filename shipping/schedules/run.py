"""The run of the schedule: two statements and one transaction per chunk, whatever is due.

The first claims, the second makes: it begins after the claim, so it sees every change of an order
that was committed before; whoever changes one later waits for the claim and sees what was made.

Due schedules are claimed with SKIP LOCKED, so any number of runs share the work; occurrences are
unique, so a repeated run makes nothing twice. Rows never pass through Python: memory stays flat.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from core import shutdown
from core.database import clock
from core.failures import attempt, raise_if_away, resting
from core.observability.metrics import TimestampGauge
from shipping import task_names
from shipping.models import Schedule, time_zones
from shipping.routing import router
from shipping.schedules import resume
from shipping.schedules.batches import Batch, batches
from shipping.schedules.recurrence import local_date
from shipping.schedules.recurrence_sql import day_sql, last_on_or_before_sql

RUNS = TimestampGauge("dosette_schedule_last_run_seconds", "When the shipping schedule last ran")
CHUNK = 2000
WORK = "make the parcels of schedule"
After = tuple[date, int]
Statements = tuple[str, str]  # one that claims a chunk, one that makes its parcels
# Of one schedule in one chunk: so years of missed dates make no huge transaction either.
MOST_OCCURRENCES = 50


@dataclass(slots=True)
class RunSummary:
    """What a run did."""

    schedules: int = 0
    queued: int = 0
    scheduled: int = 0
    missed: int = 0

    def add(self, other: "RunSummary") -> None:
        """Count a chunk in."""
        self.schedules += other.schedules
        self.queued += other.queued
        self.scheduled += other.scheduled
        self.missed += other.missed


def run_schedule(
    today: date | None = None, *, progress: Callable[[RunSummary], None] = lambda summary: None
) -> RunSummary:
    """Make the shipments that are due on `today` (default: now in each schedule's zone).

    Pauses that are over by then end first. `progress` is called after each chunk with the summary
    so far. Each chunk is committed with one task for the workers, so a run that is stopped has
    lost nothing and can be started again; one that is asked to stop ends after its chunk.
    """
    days = dict.fromkeys(time_zones(), today) if today else _local_dates()
    resume.resume_due(days)
    joined = batches(set(days.values()), clock.now(), as_if=today is not None)
    statements, values = _statements(days)
    values |= _columns(joined) | {"only": None}
    total, done_before = RunSummary(), -1
    # Pass by pass until there is nothing left: years of missed dates take several.
    while total.schedules > done_before and not shutdown.is_requested():
        done_before = total.schedules
        values["aside"] = resting(WORK, _late(values))
        for summary in _chunks(statements, values):
            total.add(summary)
            progress(total)
    return total


def run_due() -> None:
    """Make what is due now. What a worker that is asked to stop leaves, another one makes."""
    run_schedule()
    if shutdown.is_requested():
        task_names.run_schedule.enqueue()
    else:
        RUNS.now()


def due(today: date | None = None) -> int:
    """About how many schedules a run would find: where it is tomorrow already counts too."""
    latest = today or max(_local_dates().values())
    return Schedule.objects.filter(state="active", next_on__lte=latest).count()


def resume_due() -> int:
    """Resume the schedules whose pause is over where they are; how many."""
    return resume.resume_due(_local_dates())


def _local_dates() -> dict[str, date]:
    now = clock.now()
    return {zone: local_date(now, zone) for zone in time_zones()}


def _chunks(statements: Statements, values: dict[str, Any]) -> Iterator[RunSummary]:
    """One pass over what is due. It goes on behind the last chunk: what lies before is done."""
    after: After | None = (date.min, 0)
    while not shutdown.is_requested():
        chunk_values = values | {"after": after}
        try:
            summary, after = _chunk(statements, chunk_values)
        except Exception:  # noqa: BLE001 - whichever schedule brings it out will do so again
            raise_if_away()
            summary, after = _one_by_one(statements, chunk_values)
        if after is None:
            return
        if summary.schedules:
            yield summary


@transaction.atomic
def _chunk(statements: Statements, values: dict[str, Any]) -> tuple[RunSummary, After | None]:
    """What a chunk made, and where it ended; None when there was none."""
    claim, make = statements
    with connection.cursor() as cursor:
        cursor.execute(claim, values)
        claimed = [pk for (pk,) in cursor.fetchall()]
        if not claimed:
            return RunSummary(), None
        cursor.execute(make, values | {"claimed": claimed, "now": clock.now()})
        schedules, queued, scheduled, missed, *after = cursor.fetchone()
    if queued:
        task_names.dispatch.delay_on_commit()
    return RunSummary(schedules, queued, scheduled, missed), (after[0], after[1])


def _one_by_one(statements: Statements, values: dict[str, Any]) -> tuple[RunSummary, After | None]:
    """The same, each schedule by itself: the one that raises is put aside."""
    total, (day, pk) = RunSummary(), values["after"]
    chunk = (
        _late(values)
        .filter(Q(next_on=day, pk__gt=pk) | Q(next_on__gt=day))
        .order_by("next_on", "pk")
    )
    keys = list(chunk.exclude(pk__in=values["aside"]).values_list("next_on", "pk")[:CHUNK])
    for _, pk in keys:
        done = attempt(WORK, pk, partial(_chunk, statements, values | {"only": [pk]}))
        if done:
            total.add(done[0])
    return total, keys[-1] if keys else None


def _late(values: Mapping[str, Any]) -> QuerySet[Schedule]:
    return Schedule.objects.filter(state="active", next_on__lte=values["latest"])


def _statements(days: dict[str, date]) -> tuple[Statements, dict[str, Any]]:
    """Those of a chunk, with "today" as an expression: there are three dates at most."""
    zones: dict[date, list[str]] = {}
    for zone, day in days.items():
        zones.setdefault(day, []).append(zone)
    values: dict[str, Any] = {"latest": max(zones), "chunk": CHUNK, "most": MOST_OCCURRENCES}
    routed, needed = router.set_based()
    values |= needed
    cases = ""
    for number, (day, names) in enumerate(zones.items()):
        values |= {f"day_{number}": day, f"zones_{number}": names}
        cases += f" WHEN s.time_zone = ANY(%(zones_{number})s) THEN %(day_{number})s::date"
    today = f"(CASE{cases} END)"
    claim, make = (text.replace("{today}", today) for text in (_CLAIM, _MAKE))
    return (claim, make.replace("{routed}", routed)), values


def _columns(joined: list[Batch]) -> dict[str, Any]:
    """The batches, a column each."""
    names = [field.name for field in fields(Batch)]
    return {f"batch_{name}": [getattr(batch, name) for batch in joined] for name in names}


# A chunk is small beside its tables, which the planner cannot see: it reads by index.
# Only joins that keep every row: whatever is due is made, even by a provider without a calendar.
_CLAIM = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
SELECT s.id
FROM shipping_schedule s
WHERE s.state = 'active' AND s.next_on <= %(latest)s AND s.next_on <= {today}
  AND (s.next_on, s.id) > %(after)s AND s.id <> ALL(%(aside)s)
  AND (%(only)s::bigint[] IS NULL OR s.id = ANY(%(only)s))
ORDER BY s.next_on, s.id
LIMIT %(chunk)s
FOR NO KEY UPDATE SKIP LOCKED
"""
_MAKE = f"""
WITH due_schedules AS (
    SELECT s.id, s.order_id, s.interval, s.anchor, s.anchor_occurrence AS base, s.catch_up,
           s.occurrence AS first, s.next_on, {{today}} AS today
    FROM shipping_schedule s
    WHERE s.id = ANY(%(claimed)s)
), counted AS (
    SELECT c.*, {last_on_or_before_sql("c.today")} AS newest FROM due_schedules c
), bounded AS (
    SELECT counted.*, least(newest, first + %(most)s - 1) AS last FROM counted
), occurrences AS (
    SELECT c.*, n, {day_sql("n")} AS day
    FROM bounded c CROSS JOIN LATERAL generate_series(c.first, c.last) AS n
), routed AS (
    {{routed}}
), decided AS (
    SELECT r.*, coalesce(b.ship_on, today) AS ship_on, CASE
        WHEN catch_up = 'all'
             OR (n = newest AND (catch_up = 'latest' OR day >= coalesce(b.since, today)))
        THEN coalesce(b.state, 'queued') ELSE 'missed' END AS state
    FROM routed r LEFT JOIN unnest(
        %(batch_provider)s::text[], %(batch_today)s::date[], %(batch_ship_on)s::date[],
        %(batch_since)s::date[], %(batch_state)s::text[]
    ) AS b (provider, today, ship_on, since, state) USING (provider, today)
), made AS (
    INSERT INTO shipping_shipment (
        recipient, line_1, line_2, city, postcode, country, delivery_service, order_id,
        schedule_id, occurrence, reference, key, provider, state, ship_on, created_at,
        next_attempt_at, attempts, fence, doubtful,
        last_error, provider_reference, tracking_number, tracking_url
    )
    SELECT o.recipient, o.line_1, o.line_2, o.city, o.postcode, o.country, o.delivery_service, o.id,
        d.id, d.n, o.number || '.' || d.n, gen_random_uuid(), d.provider, d.state,
        CASE d.state WHEN 'missed' THEN d.day ELSE d.ship_on END, %(now)s,
        %(now)s, 0, 0, false,
        '', '', '', ''
    FROM decided d JOIN orders_order o ON o.id = d.order_id
    ON CONFLICT DO NOTHING
    RETURNING id, state
), events AS (
    INSERT INTO shipping_shipmentevent (shipment_id, kind, from_state, to_state, at, actor, detail)
    SELECT id, state, '', state, %(now)s, 'schedule', '' FROM made
), advanced AS (
    UPDATE shipping_schedule AS s
    SET occurrence = c.last + 1, next_on = {day_sql("c.last + 1")}, skipped_from = NULL
    FROM bounded c WHERE s.id = c.id
    RETURNING s.id
)
SELECT (SELECT count(*) FROM advanced),
       count(*) FILTER (WHERE state = 'queued'),
       count(*) FILTER (WHERE state = 'scheduled'),
       count(*) FILTER (WHERE state = 'missed'),
       (SELECT max(next_on) FROM due_schedules),
       (SELECT id FROM due_schedules ORDER BY next_on DESC, id DESC LIMIT 1)
FROM made
"""  # noqa: S608 - of our own words only
