"""A worker at a queue: claims, sends and records, all at once."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Self, TypeVar

from core import shutdown
from core.http import NOT_BEGUN, Call, Done, Exchange, Outcome, Permanent, Pipe, Temporary
from core.observability import metrics
from core.outbox import circuit_breaker
from core.outbox.claims import claim, due_rows, release
from core.outbox.leases import Hold, held
from core.outbox.queue import ABSENT, DeliveryQueue, Job
from core.outbox.recording import insist, record

logger = logging.getLogger(__name__)
_T = TypeVar("_T")

# Seconds for which an answer waits for others, to be recorded with them.
RECORDED_WITHIN = 0.2

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
    """Send what is due in this queue; how many rows were attempted.

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
    with _Sender(queue, hold) as sender:
        more = True
        while _goes_on(end) and hold.lasts() and (more or sender.rows):
            room = min(sender.room(), most - sender.attempted - len(sender.rows))
            if more and room > 0:
                more = hold.prove() and _claim(queue, sender, ids, room)
            sender.record()
            more = more and sender.attempted < most
    return sender.attempted


def _claim(queue: DeliveryQueue, sender: "_Sender", ids: Sequence[int] | None, room: int) -> bool:
    """Claim and begin to send so many rows; whether there may be more to claim."""
    allowed = circuit_breaker.permits(queue.name, room)
    if not allowed:
        sender.withdraw()
        return False
    rows = claim(queue, limit=allowed, ids=ids)
    sender.send(rows)
    if allowed < room:  # a probe: what comes of it decides
        sender.finish()
    return len(rows) == allowed


def attempt(queue: DeliveryQueue, rows: Sequence[Any]) -> None:
    """Send claimed rows and record their results."""
    hold = Hold(queue)
    with _Sender(queue, hold) as sender:
        sender.send(rows)
        while sender.rows and hold.may_begin():
            sender.record()


class _Sender:
    """Keeps a pipe full, and records what was answered, in batches: neither waits for the other.

    What it has in hand grows from little: a destination that is down costs few attempts. The queue
    is held until its rate allows the next request, so that whoever works it next, in whichever
    process, keeps the rate too.

    Whatever breaks, at the end each row that it was given is recorded if it was sent, and
    released if it was not begun.
    """

    def __init__(self, queue: DeliveryQueue, hold: Hold) -> None:
        self._queue = queue
        self._hold = hold
        self._pipe: Pipe[int] = Pipe(queue.limits, partial(_measure, queue.name), hold.may_begin)
        self._size = min(2 * queue.limits.concurrency, queue.most_in_hand)
        self._otherwise: dict[int, Job] = {}
        self._answered: list[tuple[Any, Outcome]] = []
        self.rows: dict[int, Any] = {}  # in hand: claimed, and not recorded
        self.attempted = 0

    def __enter__(self) -> Self:
        self._pipe.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as steps:  # each of them, whatever becomes of the others; from below
            steps.callback(self._rest)
            steps.callback(self._pipe.__exit__)
            steps.callback(self.finish)
            steps.callback(self.withdraw)

    def _rest(self) -> None:
        self._hold.pause = self._pipe.rest()

    def finish(self) -> None:
        """Wait for what is in hand. Raises the last error there was; what is under way goes on."""
        error: Exception | None = None
        while count := len(self.rows):
            try:
                self.record()
            except Exception as each:  # noqa: BLE001 - raised at the end
                error = each
                if len(self.rows) == count:
                    break
        if error:
            raise error

    def room(self) -> int:
        """How many rows to claim now: none until that is worth a statement."""
        free = self._size - len(self.rows)
        return free if 4 * free >= self._size else 0

    def send(self, rows: Sequence[Any]) -> None:
        """Have these claimed rows sent, in their turn."""
        self.rows |= {row.pk: row for row in rows}
        self._keep()
        jobs: list[tuple[int, Exchange]] = []
        for row in rows:
            job = self._prepared(row)
            if isinstance(job, Job | Call):
                jobs.append((row.pk, _exchange_of(job)))
                if isinstance(job, Job) and job.otherwise:
                    self._otherwise[row.pk] = job.otherwise
            else:
                self._answered.append((row, job))
        self._pipe.put(jobs)

    def withdraw(self) -> None:
        """Release what was not begun."""
        self._release(self._pipe.withdraw())

    def record(self) -> None:
        """Record what was answered meanwhile. Raises a row's error when none could be recorded."""
        wait = 0.0 if self._answered else RECORDED_WITHIN
        answers = self._pipe.take(max(1, self._size // 4), wait)
        begun = [(pk, outcome) for pk, outcome in answers if outcome is not NOT_BEGUN]
        self._answered += [(self.rows[pk], each) for pk, each in begun if self._is_last(pk, each)]
        with ExitStack() as steps:  # each of them, whatever becomes of the others; from below
            steps.callback(self._record)
            steps.callback(self._heed, [outcome for _, outcome in begun])
            steps.callback(self._release, [pk for pk, each in answers if each is NOT_BEGUN])

    def _is_last(self, pk: int, outcome: Outcome) -> bool:
        """Whether that was all of the attempt: else what the look-up did not find is sent now."""
        job = self._otherwise.pop(pk, None)
        if job is None or outcome != ABSENT:
            return True
        self.rows[pk].doubtful = False
        self._pipe.put([(pk, _exchange_of(job))])
        return False

    def _heed(self, responses: Sequence[Outcome]) -> None:
        """Tell the circuit breaker; what waits is released when that has opened the circuit."""
        if not responses or not self._hold.lasts():  # we were frozen, which is no fault of theirs
            return
        self._insist(partial(circuit_breaker.record, self._queue.name, responses))
        if isinstance(responses[-1], Done | Permanent):
            self._size = min(2 * self._size, self._queue.most_in_hand)
        elif circuit_breaker.is_open(self._queue.name):
            self.withdraw()

    def _record(self) -> None:
        answered = self._answered
        if not answered:
            return
        with self._dropped([row.pk for row, _ in answered]):
            self._answered = []
            bad = record(self._queue, answered, self._hold.may_begin)
        self.attempted += len(answered)
        if len(bad) == len(answered):
            raise bad[0][1]

    def _release(self, keys: Sequence[int]) -> None:
        if keys:
            rows = [self.rows[pk] for pk in keys]
            with self._dropped(keys):
                self._insist(partial(release, self._queue, rows))

    @contextmanager
    def _dropped(self, keys: Sequence[int]) -> Iterator[None]:
        """Out of our hands afterwards: what could not be written is taken over when its lease is
        over."""
        try:
            yield
        finally:
            for pk in keys:
                del self.rows[pk]
                self._otherwise.pop(pk, None)
            self._keep()

    def _keep(self) -> None:
        """Have the leases of all that is in hand renewed."""
        self._hold.rows = list(self.rows.values())

    def _prepared(self, row: Any) -> Job | Call | Outcome:
        """The row's job. A bug that one row brings out must not cost the others their attempt."""
        try:
            return self._queue.prepare(row)
        except Exception as error:  # noqa: BLE001 - one row's bug is not the others'
            # Kind only: its text and its traceback may quote the row.
            logger.error("%s while preparing %s %s", type(error).__name__, self._queue.name, row.pk)
            return Temporary(f"not sent: our own {type(error).__name__}")

    def _insist(self, do: Callable[[], _T]) -> _T:
        return insist(do, self._hold.may_begin)


def _exchange_of(job: Job | Call) -> Exchange:
    return job if isinstance(job, Call) else (job.request, job.read)


def _measure(destination: str, outcome: Outcome, seconds: float) -> None:
    EXCHANGES.observe(seconds, destination=destination, outcome=type(outcome).__name__.lower())
