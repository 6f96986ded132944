"""The outbox: rows that say what is still to be sent, and how workers share them.

A row is *claimed* (state, lease, fence), the claim is committed, the outside is called without a
transaction, and the answer is *settled* where the fence is still ours. So a worker that dies, or
comes back late, can neither lose a row nor settle it for another worker.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from core import circuits
from core.http import (
    Done,
    Limits,
    Outcome,
    Permanent,
    Reader,
    Request,
    Temporary,
    Unknown,
    send_many,
)
from core.http.messages import DEADLINE

logger = logging.getLogger(__name__)

QUEUED = "queued"
SENDING = "sending"
LEASE = timedelta(minutes=5)
# A chunk must be settled well before its lease ends, even if every request of it times out.
LONGEST_CHUNK = 200.0
GIVE_UP_AFTER = timedelta(hours=72)
LONGEST_PAUSE = 3600.0


class OutboxRow(models.Model):
    """What every row needs that is sent to the outside. The model adds `state`."""

    attempts = models.PositiveIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(default=timezone.now, editable=False)
    first_attempt_at = models.DateTimeField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    # Sent once without a usable answer: look it up, or send it again under the same key.
    doubtful = models.BooleanField(default=False, editable=False)
    last_error = models.CharField(max_length=500, blank=True, default="", editable=False)

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class Job:
    """One call to the outside: what to send and how to read the answer.

    `otherwise`: this call only asks whether the other side has the row. When it says ABSENT, the
    row is provably not there, and `otherwise` is sent in the same attempt.
    """

    request: Request
    read: Reader
    otherwise: "Job | None" = None


# What the reader of a look-up answers when the other side does not have the row.
ABSENT = Permanent("the other side does not have it", code="absent")


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a row after an attempt. `due` is set when it is tried again."""

    state: str
    outcome: Outcome
    due: datetime | None = None
    doubtful: bool = False

    @property
    def error(self) -> str:
        """Why the attempt did not succeed, for staff; empty when it did."""
        return "" if isinstance(self.outcome, Done) else self.outcome.reason[:500]


@dataclass(frozen=True)
class Lane:
    """A queue to one destination: its rows, its adapter, and what it may bear.

    `prepare` makes the Job of a row, or settles it on the spot with an Outcome. `settle` records
    a chunk. `resend_is_safe`: the destination de-duplicates, or can be asked what it has taken.
    """

    name: str
    model: type[models.Model]
    rows: Q
    prepare: Callable[[Any], Job | Outcome]
    settle: Callable[[Sequence[tuple[Any, Settlement]]], None]
    resend_is_safe: bool
    refused_state: str = "rejected"
    limits: Limits = field(default_factory=Limits)
    chunk: int = 1000
    related: tuple[str, ...] = ()
    prefetch: tuple[str, ...] = ()

    @property
    def largest_chunk(self) -> int:
        """How many rows are settled before their lease ends, with a look-up and a send each."""
        most = LONGEST_CHUNK / (2 * DEADLINE) * self.limits.concurrency
        if self.limits.per_second:
            most = min(most, LONGEST_CHUNK / 2 * self.limits.per_second)
        return max(1, min(self.chunk, int(most)))


def due_rows(lane: Lane, ids: Sequence[int] | None = None) -> "models.QuerySet[Any]":
    """The rows that may be claimed now, the longest due first."""
    rows = lane.model._default_manager.filter(
        lane.rows, state=QUEUED, next_attempt_at__lte=timezone.now()
    ).order_by("next_attempt_at", "id")
    return rows if ids is None else rows.filter(pk__in=ids)


def claim(lane: Lane, *, limit: int, ids: Sequence[int] | None = None) -> list[Any]:
    """Take up to `limit` due rows for this worker; they are committed as ours on return.

    Rows that another worker holds are passed over, never waited for.
    """
    now = timezone.now()
    with transaction.atomic():
        rows: list[Any] = list(
            due_rows(lane, ids)
            .select_related(*lane.related)
            .prefetch_related(*lane.prefetch)
            .select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit]
        )
        lane.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
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


def work(
    lane: Lane, *, ids: Sequence[int] | None = None, most: int = 100_000, seconds: float = 240.0
) -> int:
    """Send what is due in this lane, chunk by chunk; how many rows were attempted.

    Stops when nothing is due, after `most` rows, when the time is over (the rest stays queued),
    or when the lane's circuit opens: then no attempt is burnt. One worker at a time works a lane,
    so that its limits hold however many workers there are; the others return at once.
    """
    attempted, end = 0, time.monotonic() + seconds
    # Looked for outside the lock, again after it: whoever was turned away meanwhile need not wait.
    while attempted < most and time.monotonic() < end and due_rows(lane, ids).exists():
        with _alone(lane.name) as mine:
            done = _work(lane, ids, most - attempted, end) if mine else 0
        attempted += done
        if not done:
            break
    return attempted


def _work(lane: Lane, ids: Sequence[int] | None, most: int, end: float) -> int:
    """Chunks grow from small ones: a destination that is down costs few attempts."""
    attempted, size = 0, 2 * lane.limits.concurrency
    while attempted < most and time.monotonic() < end:
        size = min(size, lane.largest_chunk)
        allowed = circuits.allowance(lane.name, min(size, most - attempted))
        rows = claim(lane, limit=allowed, ids=ids) if allowed else []
        if rows:
            attempt(lane, rows)
        attempted += len(rows)
        if len(rows) < max(allowed, 1):
            break
        size *= 2
    return attempted


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """Hold a lane, until the end or until this process dies; False when another worker has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def attempt(lane: Lane, rows: Sequence[Any]) -> None:
    """Send claimed rows together and settle them together."""
    jobs = [_prepared(lane, row) for row in rows]
    outcomes = _send(lane, jobs)
    again: list[Job | Outcome] = list(outcomes)
    for number, job in enumerate(jobs):
        if isinstance(job, Job) and job.otherwise and outcomes[number] == ABSENT:
            again[number] = job.otherwise
            rows[number].doubtful = False
    outcomes = _send(lane, again)
    lane.settle(
        [(row, judge(row, outcome, lane)) for row, outcome in zip(rows, outcomes, strict=True)]
    )


def _prepared(lane: Lane, row: Any) -> Job | Outcome:
    """The row's job. A bug that one row brings out must not cost the others their attempt."""
    try:
        return lane.prepare(row)
    except Exception as error:  # noqa: BLE001
        # Kind only: its text and its traceback may quote the row.
        logger.error(  # noqa: TRY400
            "%s while preparing %s %s", type(error).__name__, lane.name, row.pk
        )
        return Temporary(f"not sent: our own {type(error).__name__}")


def _send(lane: Lane, prepared: Sequence[Job | Outcome]) -> list[Outcome]:
    """The outcomes, in order: of the jobs by sending them, the others as they are."""
    jobs = [(job.request, job.read) for job in prepared if isinstance(job, Job)]
    answers = send_many(jobs, lane.limits)
    circuits.note(lane.name, answers)
    rest = iter(answers)
    return [next(rest) if isinstance(job, Job) else job for job in prepared]


def judge(row: OutboxRow, outcome: Outcome, lane: Lane) -> Settlement:
    """What an outcome means for a row: the promises of docs/architecture.md in one table."""
    if isinstance(outcome, Done):
        return Settlement("sent", outcome)
    if isinstance(outcome, Permanent):
        # A refusal of the second try says nothing of the first.
        state = "unknown" if row.doubtful else lane.refused_state
        return Settlement(state, outcome, doubtful=row.doubtful)
    doubtful = row.doubtful or isinstance(outcome, Unknown) or not outcome.not_taken
    if doubtful and not lane.resend_is_safe:
        return Settlement("unknown", outcome, doubtful=True)
    if timezone.now() - (row.first_attempt_at or timezone.now()) >= GIVE_UP_AFTER:
        return Settlement("unknown" if doubtful else lane.refused_state, outcome, doubtful=doubtful)
    return Settlement(QUEUED, outcome, due=_retry_at(row, outcome), doubtful=doubtful)


def _retry_at(row: OutboxRow, outcome: Temporary | Unknown) -> datetime:
    """Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"), capped at one hour."""
    ceiling = min(LONGEST_PAUSE, 5.0 * 2 ** min(row.attempts, 12))
    pause = random.uniform(1.0, ceiling)  # noqa: S311 - spreads load, guards nothing
    asked = outcome.retry_after if isinstance(outcome, Temporary) else None
    return timezone.now() + timedelta(seconds=min(pause + (asked or 0.0), LONGEST_PAUSE))


def take_over(lane: Lane, *, limit: int = 1000) -> int:
    """Settle the rows whose worker died between claim and answer; how many there were.

    Nobody knows whether such a row was sent, so it is judged like any other unknown outcome. The
    fence goes up first: the dead worker, should it only have been slow, settles nothing.
    """
    now = timezone.now()
    with transaction.atomic():
        rows: list[Any] = list(
            lane.model._default_manager.filter(lane.rows, state=SENDING, lease_until__lt=now)
            .order_by("lease_until")
            .select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit]
        )
        lane.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
            fence=F("fence") + 1, lease_until=now + LEASE
        )
        for row in rows:
            row.fence += 1
        lost = Unknown("the worker stopped before it recorded an answer")
        lane.settle([(row, judge(row, lost, lane)) for row in rows])
    return len(rows)
