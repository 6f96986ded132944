"""How workers share the rows of a queue."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from core import failures
from core.database import clock
from core.database.sql import update_each
from core.http import Unknown
from core.outbox.leases import LEASE
from core.outbox.queue import QUEUED, SENDING, DeliveryQueue
from core.outbox.recording import record


def due_rows(queue: DeliveryQueue, ids: Sequence[int] | None = None) -> "models.QuerySet[Any]":
    """The rows that may be claimed now, the longest due first."""
    rows = queue.model._default_manager.filter(
        queue.rows, state=QUEUED, next_attempt_at__lte=clock.now()
    ).order_by("next_attempt_at", "id")
    return rows if ids is None else rows.filter(pk__in=ids)


def claim(queue: DeliveryQueue, *, limit: int, ids: Sequence[int] | None = None) -> list[Any]:
    """Take up to `limit` due rows for this worker; they are committed as ours on return.

    Rows that another worker holds are passed over, never waited for.
    """
    now = clock.now()
    with transaction.atomic():
        rows: list[Any] = list(
            due_rows(queue, ids)
            .select_related(*queue.related)
            .prefetch_related(*queue.prefetch)
            .select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit]
        )
        queue.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
            state=SENDING,
            lease_until=now + LEASE,
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
            first_attempt_at=Coalesce("first_attempt_at", now),
        )
    for row in rows:
        row.state, row.fence, row.attempts = SENDING, row.fence + 1, row.attempts + 1
        row.first_attempt_at = row.first_attempt_at or now
    return rows


def release(queue: DeliveryQueue, rows: Sequence[Any]) -> None:
    """Queue claimed rows that are still ours and were not sent: that was no attempt."""
    update_each(
        queue.model,
        ("id", "fence", "state", "lease_until", "attempts", "first_attempt_at"),
        [(row.pk, row.fence, QUEUED, None, 0, None) for row in rows],
        where=f"t.fence = v.fence AND t.state = '{SENDING}'",
        expressions={
            "fence": "",
            "attempts": "t.attempts - 1",
            "first_attempt_at": "CASE WHEN t.attempts > 1 THEN t.first_attempt_at END",
        },
    )


def reclaim_expired(queue: DeliveryQueue, *, limit: int = 1000) -> int:
    """Record an unknown outcome for rows whose worker died between claim and answer; how many.

    Nobody knows whether such a row was sent, so it is decided like any other unknown outcome. The
    fencing token goes up first: the dead worker, should it only have been slow, records nothing.
    """
    now = clock.now()
    with transaction.atomic():
        rows: list[Any] = list(
            queue.model._default_manager.filter(queue.rows, state=SENDING, lease_until__lt=now)
            .order_by("lease_until")
            .select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit]
        )
        if rows and _cut_off_lately():
            return 0
        queue.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
            fence=F("fence") + 1, lease_until=now + LEASE
        )
        for row in rows:
            row.fence += 1
        lost = Unknown("the worker stopped before it recorded an answer")
        bad = record(queue, [(row, lost) for row in rows])
    if rows:
        _note(f"take over a row of {queue.name}", rows, bad)
    return len(rows)


def _note(work: str, rows: Sequence[Any], bad: Sequence[tuple[Any, Exception]]) -> None:
    """What could not be recorded is a case until it is; it is tried again after each lease."""
    for row, error in bad:
        failures.note(work, row.pk, error)
    if known := failures.failed(work):
        still = {row.pk for row, _ in bad}
        failures.forget(work, {row.pk for row in rows if row.pk in known} - still)


def _cut_off_lately() -> bool:
    """Whether the database began less than a lease ago: nobody could renew one before that, and
    who has answers to record comes back first."""
    if settings.CLOCK == "process":  # tests travel in time, the database does not
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - pg_postmaster_start_time()")
        return bool(cursor.fetchone()[0] < LEASE)
