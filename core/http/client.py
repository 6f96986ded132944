"""Sends requests, one or many side by side, and says what became of each (exchange.py)."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextvars import copy_context
from threading import Condition, Thread
from typing import Generic, Self, TypeVar

from core.http.exchange import NOT_BEGUN, Client, Exchange, Reader, make
from core.http.messages import Request, Response
from core.http.outcomes import Outcome
from core.http.rate_limiter import STANDARD, Limits, RateLimiter

Meter = Callable[[Outcome, float], None]
_K = TypeVar("_K", bound=Hashable)


def send(request: Request, read: Reader) -> Outcome:
    """Send one request; what it came to. Raises nothing that the other side could bring about."""
    return send_many([(request, read)])[0]


def send_many(
    jobs: Sequence[Exchange],
    limits: Limits = STANDARD,
    meter: Meter = lambda outcome, seconds: None,
    may_begin: Callable[[], bool] = lambda: True,
) -> list[Outcome]:
    """Send requests, and make calls, side by side; what each came to, in the order of the jobs.

    As soon as `may_begin` does not hold, those under way end and the rest is NOT_BEGUN.
    """
    if not jobs:
        return []
    pipe: Pipe[int] = Pipe(limits, meter, may_begin)
    pipe.put(enumerate(jobs))
    outcomes = dict(pipe.run())
    return [outcomes[number] for number in range(len(jobs))]


def fetch(request: Request) -> Response:
    """Send one request; its answer, whatever the status. Raises NotSentError or NoResponseError."""
    return asyncio.run(_fetch(request))


async def _fetch(request: Request) -> Response:
    async with Client(connections=1) as client:
        return await client.exchange(request)


class Pipe(Generic[_K]):
    """Jobs that go out side by side, as many at once and a second as the limits allow.

    As a context manager it has a thread with an event loop, whose connections live as long: what is
    put in goes out as soon as it may, and answers are taken as they come, in any order. Nobody
    waits for the slowest. Each job has a key, which comes back with its outcome; as soon as
    `may_begin` does not hold, that is NOT_BEGUN for what still waits.

    A reader runs between the others' packets: it must be quick and may not touch the database; so
    must `may_begin`, and the meter, which is given how long each exchange took.
    """

    def __init__(
        self,
        limits: Limits = STANDARD,
        meter: Meter = lambda outcome, seconds: None,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> None:
        self._limits, self._meter, self._may_begin = limits, meter, may_begin
        self._limiter = RateLimiter(limits.per_second)
        # What both threads use, and its lock; who takes answers waits for it.
        self._changed = Condition()
        self._waiting: deque[tuple[_K, Exchange]] = deque()
        self._answers: list[tuple[_K, Outcome]] = []
        self._flying, self._least = 0, 1
        self._closed = False
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakeup: asyncio.Event

    def __enter__(self) -> Self:
        self._thread = Thread(target=copy_context().run, args=(self._work,), name="pipe")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End when what is under way has ended; what still waits is dropped."""
        with self._changed:
            self._waiting.clear()
            self._closed = True
            self._wake()
        self._thread.join()

    def run(self) -> list[tuple[_K, Outcome]]:
        """Send what was put in, in this thread, without the context manager; all the answers."""
        self._closed = True
        asyncio.run(self._send())
        return self._answers

    def put(self, jobs: Iterable[tuple[_K, Exchange]]) -> None:
        """Send these, after those that wait already."""
        with self._changed:
            self._waiting.extend(jobs)
            self._wake()

    def withdraw(self) -> list[_K]:
        """Take back what was not begun; the keys."""
        with self._changed:
            keys = [key for key, _ in self._waiting]
            self._waiting.clear()
            return keys

    def take(self, least: int = 1, wait: float = 1.0) -> list[tuple[_K, Outcome]]:
        """The answers that came: as soon as there are so many, nothing more is to come, or so many
        seconds are over. Raises what broke the pipe, once all that came before is given."""
        with self._changed:
            self._least = least
            self._changed.wait_for(self._is_enough, wait)
            if self._error and not self._answers:
                raise self._error
            answers, self._answers = self._answers, []
            return answers

    def rest(self) -> float:
        """Wait until the rate allows another request, which others may begin; for how many seconds
        it still does not, as `may_begin` does not hold any more."""
        self._limiter.drain(self._may_begin)
        return self._limiter.left()

    def _is_enough(self) -> bool:
        enough = len(self._answers) >= self._least
        return enough or not (self._flying or self._waiting) or self._error is not None

    def _wake(self) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wakeup.set)

    def _work(self) -> None:
        try:
            asyncio.run(self._send())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answers are taken
            with self._changed:
                self._error = error
                self._changed.notify_all()

    async def _send(self) -> None:
        with self._changed:
            self._loop, self._wakeup = asyncio.get_running_loop(), asyncio.Event()
        async with Client(self._limits.concurrency) as client, asyncio.TaskGroup() as group:
            while not self._is_over():
                if job := await self._next():
                    group.create_task(self._make(client, *job))

    def _is_over(self) -> bool:
        with self._changed:
            return self._closed and not self._waiting

    async def _next(self) -> tuple[_K, Exchange] | None:
        """The next job in its turn, or nothing yet."""
        self._wakeup.clear()
        if not self._has_room():
            await self._wakeup.wait()
            return None
        may_begin = await self._limiter.acquire(self._may_begin)
        with self._changed:
            if not may_begin:
                self._answers += [(key, NOT_BEGUN) for key, _ in self._waiting]
                self._waiting.clear()
                self._changed.notify()
            elif self._has_room():
                self._flying += 1
                return self._waiting.popleft()
        return None

    def _has_room(self) -> bool:
        return bool(self._waiting) and self._flying < self._limits.concurrency

    async def _make(self, client: Client, key: _K, job: Exchange) -> None:
        begun = time.perf_counter()
        outcome = await make(client, job, self._may_begin)
        if outcome is not NOT_BEGUN:
            self._meter(outcome, time.perf_counter() - begun)
        with self._changed:
            self._flying -= 1
            self._answers.append((key, outcome))
            if self._is_enough():
                self._changed.notify()
        self._wakeup.set()
