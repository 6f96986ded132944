"""A worker at a lane: claims, sends and settles, chunk by chunk."""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from django.db import Error as DatabaseError
from django.db import connection

from core import circuits, tallies
from core.http import Outcome, Pace, Temporary, send_many
from core.outbox.claiming import claim, due_rows, give_back, renew
from core.outbox.judging import judge
from core.outbox.rows import ABSENT, Job, Lane

logger = logging.getLogger(__name__)

EXCHANGES = tallies.Timer(
    "dosette_exchange_seconds",
    "How long a call to the outside took, by where it went and what it came to",
    ("destination", "outcome"),
)


def work(
    lane: Lane, *, ids: Sequence[int] | None = None, most: int = 100_000, seconds: float = 100.0
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
    with _Sender(lane) as sender:
        while attempted < most and time.monotonic() < end:
            size = min(size, lane.largest_chunk)
            allowed = circuits.allowance(lane.name, min(size, most - attempted))
            rows = claim(lane, limit=allowed, ids=ids) if allowed else []
            if not rows or not sender.send(rows):
                break
            attempted += len(rows)
            if len(rows) < allowed:
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
    with _Sender(lane) as sender:
        sender.send(rows)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What became of a chunk: an outcome for each job, and what was heard from the other side."""

    outcomes: list[Outcome]
    heard: list[Outcome]
    absent: frozenset[int]


class _Sender:
    """Sends in a thread: while a chunk is under way, the next is claimed and the last is settled.

    Where a resend is not safe nothing is claimed ahead: what a worker that dies has claimed costs
    a person's time there. The lane is held until its rate allows the next request, so that whoever
    works it next, in whichever process, keeps the rate too.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._pace = Pace(lane.limits.per_second)
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._flight: tuple[Sequence[Any], Future[_Exchange]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._settle(self._land())
        self._pool.shutdown()
        self._pace.rest()

    def send(self, rows: Sequence[Any]) -> bool:
        """Send a chunk, and settle the one before it.

        False when that one has opened the circuit: then these rows are given back, unsent.
        """
        jobs = {row.pk: _prepared(self._lane, row) for row in rows}
        landed = self._land()
        if landed and circuits.is_open(self._lane.name):
            give_back(self._lane, rows)
        else:
            ours = renew(self._lane, rows) if landed else rows
            theirs = [jobs[row.pk] for row in ours]
            self._flight = (
                ours,
                self._pool.submit(copy_context().run, _exchange, self._lane, theirs, self._pace),
            )
        self._settle(landed)
        if not self._lane.resend_is_safe:
            self._settle(self._land())
            return True
        return self._flight is not None

    def _land(self) -> list[tuple[Any, Outcome]]:
        """Wait for the chunk that is under way; its rows with their outcomes."""
        if self._flight is None:
            return []
        (rows, future), self._flight = self._flight, None
        exchange = future.result()
        circuits.note(self._lane.name, exchange.heard)
        for number in exchange.absent:
            rows[number].doubtful = False
        return list(zip(rows, exchange.outcomes, strict=True))

    def _settle(self, landed: list[tuple[Any, Outcome]]) -> None:
        if landed:
            lane = self._lane
            lane.settle([(row, judge(row, outcome, lane)) for row, outcome in landed])


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


def _exchange(lane: Lane, jobs: Sequence[Job | Outcome], pace: Pace) -> _Exchange:
    """Send the jobs; those whose look-up finds nothing go out in the same attempt. No database."""
    outcomes, heard = _send(lane, jobs, pace)
    again: list[Job | Outcome] = list(outcomes)
    absent = set()
    for number, job in enumerate(jobs):
        if isinstance(job, Job) and job.otherwise and outcomes[number] == ABSENT:
            again[number] = job.otherwise
            absent.add(number)
    outcomes, more = _send(lane, again, pace)
    return _Exchange(outcomes, heard + more, frozenset(absent))


def _send(
    lane: Lane, jobs: Sequence[Job | Outcome], pace: Pace
) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes in order, of the jobs by sending them; and those of the sent ones alone."""
    ours = [(job.request, job.read) for job in jobs if isinstance(job, Job)]
    answers = send_many(ours, lane.limits, partial(_measure, lane.name), pace)
    rest = iter(answers)
    return [next(rest) if isinstance(job, Job) else job for job in jobs], answers


def _measure(destination: str, outcome: Outcome, seconds: float) -> None:
    EXCHANGES.observe(seconds, destination=destination, outcome=type(outcome).__name__.lower())
