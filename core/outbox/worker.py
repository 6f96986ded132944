"""A worker at a queue: claims, sends and records, chunk by chunk."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar

from core import shutdown
from core.http import NOT_BEGUN, Call, Exchange, Outcome, RateLimiter, Temporary, send_many
from core.observability import metrics
from core.outbox import circuit_breaker
from core.outbox.claims import claim, due_rows, release, renew_lease
from core.outbox.leases import Hold, held
from core.outbox.queue import ABSENT, DeliveryQueue, Job
from core.outbox.recording import insist, record
from core.outbox.retry_policy import decide

logger = logging.getLogger(__name__)
_T = TypeVar("_T")

EXCHANGES = metrics.Histogram(
    "dosette_exchange_seconds",
    "How long a call to the outside took, by where it went and what it came to",
    ("destination", "outcome"),
)


def work(
    queue: DeliveryQueue,
    *,
    ids: Sequence[int] | None = None,
    most: int = 100_000,
    seconds: float = 100.0,
) -> int:
    """Send what is due in this queue, chunk by chunk; how many rows were attempted.

    Stops when nothing is due, after `most` rows, when the time is over or we are asked to stop
    (the rest stays queued), or when the queue's circuit opens: then no attempt is burnt. One worker
    at a time works a queue, so that its limits hold however many there are; the others return at
    once.
    """
    attempted, end = 0, time.monotonic() + seconds
    # Looked for outside the lease, again after it: whoever was turned away meanwhile need not wait.
    while attempted < most and _goes_on(end) and due_rows(queue, ids).exists():
        with held(queue) as hold:
            done = _work(queue, hold, ids, most - attempted, end) if hold else 0
        attempted += done
        if not done:
            break
    return attempted


def _goes_on(end: float) -> bool:
    return time.monotonic() < end and not shutdown.is_requested()


def _work(
    queue: DeliveryQueue, hold: Hold, ids: Sequence[int] | None, most: int, end: float
) -> int:
    """Chunks grow from small ones: a destination that is down costs few attempts."""
    attempted, size = 0, 2 * queue.limits.concurrency
    with _Sender(queue, hold) as sender:
        while attempted < most and time.monotonic() < end and hold.prove():
            size = min(size, queue.largest_chunk)
            allowed = circuit_breaker.permits(queue.name, min(size, most - attempted))
            rows = claim(queue, limit=allowed, ids=ids) if allowed else []
            if not rows or not sender.send(rows):
                break
            attempted += len(rows)
            if len(rows) < allowed:
                break
            size *= 2
    return attempted


def attempt(queue: DeliveryQueue, rows: Sequence[Any]) -> None:
    """Send claimed rows together and record their results together."""
    with _Sender(queue, Hold(queue)) as sender:
        sender.send(rows)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What became of a chunk: an outcome for each job, and those that the other side answered."""

    outcomes: list[Outcome]
    responses: list[Outcome]
    absent: frozenset[int]


class _Sender:
    """Sends in a thread: while a chunk is under way, the next is claimed and the last is recorded.

    Where a resend is not safe nothing is claimed ahead: what a worker that dies has claimed costs
    a person's time there. The queue is held until its rate allows the next request, so that whoever
    works it next, in whichever process, keeps the rate too.

    Whatever breaks, at the end each row that it was given is recorded if it was sent, and
    released if it was not begun.
    """

    def __init__(self, queue: DeliveryQueue, hold: Hold) -> None:
        self._queue = queue
        self._hold = hold
        self._limiter = RateLimiter(queue.limits.per_second)
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._waiting: Sequence[Any] = ()
        self._flight: tuple[Sequence[Any], Future[_Exchange]] | None = None
        self._landed: list[tuple[Any, Outcome]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as steps:  # each of them, whatever becomes of the others; from below
            steps.callback(self._rest)
            steps.callback(self._release, self._waiting)
            steps.callback(self._record)
            steps.callback(self._land)

    def _rest(self) -> None:
        self._pool.shutdown()
        self._limiter.drain(self._hold.may_begin)
        self._hold.pause = self._limiter.left()

    def send(self, rows: Sequence[Any]) -> bool:
        """Send a chunk, and record the results of the one before it.

        False when that one has opened the circuit: then these rows are released, unsent.
        """
        self._waiting = rows
        self._keep()
        jobs = {row.pk: self._prepared(row) for row in rows}
        self._land()
        if self._landed and circuit_breaker.is_open(self._queue.name):
            self._release(rows)
        else:
            ours = renew_lease(self._queue, rows) if self._landed else rows
            self._begin(ours, [jobs[row.pk] for row in ours])
        self._waiting = ()
        self._record()
        if not self._queue.resend_is_safe:
            self._land()
            self._record()
            return True
        return self._flight is not None

    def _keep(self) -> None:
        """Have the leases of all that is ours and not recorded renewed."""
        flight = self._flight[0] if self._flight else ()
        landed = [row for row, _ in self._landed]
        self._hold.rows = [*self._waiting, *flight, *landed]

    def _prepared(self, row: Any) -> Job | Call | Outcome:
        """The row's job. A bug that one row brings out must not cost the others their attempt."""
        try:
            return self._queue.prepare(row)
        except Exception as error:  # noqa: BLE001 - one row's bug is not the others'
            # Kind only: its text and its traceback may quote the row.
            logger.error("%s while preparing %s %s", type(error).__name__, self._queue.name, row.pk)
            return Temporary(f"not sent: our own {type(error).__name__}")

    def _begin(self, rows: Sequence[Any], jobs: Sequence[Job | Call | Outcome]) -> None:
        exchange = partial(_exchange, self._queue, jobs, self._limiter, self._hold.may_begin)
        self._flight = rows, self._pool.submit(copy_context().run, exchange)
        self._keep()

    def _land(self) -> None:
        """Wait for the chunk that is under way, and release what of it was not begun."""
        if self._flight is None:
            return
        (rows, future), self._flight = self._flight, None
        exchange = future.result()
        for number in exchange.absent:
            rows[number].doubtful = False
        answered = zip(rows, exchange.outcomes, strict=True)
        self._landed += [pair for pair in answered if pair[1] is not NOT_BEGUN]
        self._keep()
        begun = {row.pk for row, _ in self._landed}
        self._release([row for row in rows if row.pk not in begun])
        if self._hold.lasts():  # else we were frozen, which is no fault of theirs
            self._insist(partial(circuit_breaker.record, self._queue.name, exchange.responses))

    def _record(self) -> None:
        """Record what has landed. Raises the first row's error when none could be recorded."""
        queue, landed = self._queue, self._landed
        if not landed:
            return
        results = [(row, decide(row, outcome, queue)) for row, outcome in landed]
        bad = self._insist(partial(record, queue, results))
        self._landed = []
        self._keep()
        if len(bad) == len(results):
            raise bad[0][1]

    def _release(self, rows: Sequence[Any]) -> None:
        if rows:
            self._insist(partial(release, self._queue, rows))

    def _insist(self, do: Callable[[], _T]) -> _T:
        return insist(do, self._hold.may_begin)


def _exchange(
    queue: DeliveryQueue,
    jobs: Sequence[Job | Call | Outcome],
    limiter: RateLimiter,
    may_begin: Callable[[], bool],
) -> _Exchange:
    """Send the jobs; those whose look-up finds nothing go out in the same attempt. No database."""
    send = partial(_send, queue, limiter, may_begin)
    outcomes, responses = send(jobs)
    again: list[Job | Call | Outcome] = list(outcomes)
    absent = set()
    for number, job in enumerate(jobs):
        if isinstance(job, Job) and job.otherwise and outcomes[number] == ABSENT:
            again[number] = job.otherwise
            absent.add(number)
    outcomes, more = send(again)
    return _Exchange(outcomes, responses + more, frozenset(absent))


def _send(
    queue: DeliveryQueue,
    limiter: RateLimiter,
    may_begin: Callable[[], bool],
    jobs: Sequence[Job | Call | Outcome],
) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes in order, of the jobs by sending them; and those of the sent ones alone."""
    ours = [_exchange_of(job) for job in jobs if isinstance(job, Job | Call)]
    answers = send_many(ours, queue.limits, partial(_measure, queue.name), limiter, may_begin)
    rest = iter(answers)
    outcomes = [next(rest) if isinstance(job, Job | Call) else job for job in jobs]
    return outcomes, [answer for answer in answers if answer is not NOT_BEGUN]


def _exchange_of(job: Job | Call) -> Exchange:
    return job if isinstance(job, Call) else (job.request, job.read)


def _measure(destination: str, outcome: Outcome, seconds: float) -> None:
    EXCHANGES.observe(seconds, destination=destination, outcome=type(outcome).__name__.lower())
