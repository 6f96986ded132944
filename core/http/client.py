"""Sends requests, one or many at once, and says what became of each.

What matters most is the line between *not sent* (try again, or elsewhere) and *no answer* (it may
have been taken). It is drawn where a connection is handed to the request: up to there nothing has
left; from there on anything may have arrived.
"""

import asyncio
import logging
import os
import ssl
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Self

import aiohttp
from multidict import CIMultiDictProxy

from core.http.calls import Call
from core.http.connections import (
    ConnectionBrokenError,
    ConnectionState,
    NotBegunError,
    current_connection,
    open_session,
)
from core.http.messages import MalformedResponseError, Request, Response, one_line_excerpt
from core.http.outcomes import Outcome, Permanent, Temporary, Unknown
from core.http.ssrf_guard import NotPublicAddressError, why_blocked
from core.observability.tracing import outbound

logger = logging.getLogger(__name__)

LARGEST_ANSWER = 1024 * 1024
LOOK_EVERY = 1.0  # seconds; how soon somebody who waits for a turn notices that all is to stop

Reader = Callable[[Response], Outcome]
Exchange = tuple[Request, Reader] | Call
Meter = Callable[[Outcome, float], None]

# The outcome of a job that was not begun, because nothing may be begun any more.
NOT_BEGUN = Temporary("not sent: the work was stopped before its turn")


class ExchangeError(Exception):
    """There is no answer. The text names no address, header or body: it is shown to staff."""


class NotSentError(ExchangeError):
    """Nothing has left: there was no connection."""


class BlockedAddressError(NotSentError):
    """Nothing has left, and nothing will: the address guard blocks it."""


class NoResponseError(ExchangeError):
    """It may have been taken, but no usable answer came."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the other side may bear: requests in flight, and requests begun per second."""

    concurrency: int = 20
    per_second: float | None = None

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError("at least one request must be allowed in flight")
        if self.per_second is not None and not (isfinite(self.per_second) and self.per_second > 0):
            raise ValueError("the rate must be a positive number per second")


STANDARD = Limits()


def send(request: Request, read: Reader) -> Outcome:
    """Send one request; what it came to. Raises nothing that the other side could bring about."""
    return send_many([(request, read)])[0]


def send_many(
    jobs: Sequence[Exchange],
    limits: Limits = STANDARD,
    meter: Meter = lambda outcome, seconds: None,
    limiter: "RateLimiter | None" = None,
    may_begin: Callable[[], bool] = lambda: True,
) -> list[Outcome]:
    """Send requests, and make calls, side by side; what each came to, in the order of the jobs.

    As soon as `may_begin` does not hold, those under way end and the rest is NOT_BEGUN.

    The limits hold within this call; a `limiter` that is handed on holds the rate between calls
    too. A reader runs between the others' packets: it must be quick and may not touch the database;
    so must `may_begin`, and the meter, which is given how long each exchange took.
    """
    if not jobs:
        return []
    limiter = limiter or RateLimiter(limits.per_second)
    return asyncio.run(_send_all(jobs, limits, meter, limiter, may_begin))


def fetch(request: Request) -> Response:
    """Send one request; its answer, whatever the status. Raises NotSentError or NoResponseError."""
    return asyncio.run(_fetch(request))


async def _fetch(request: Request) -> Response:
    async with _Client(connections=1) as client:
        return await client.exchange(request)


async def _send_all(
    jobs: Sequence[Exchange],
    limits: Limits,
    meter: Meter,
    limiter: "RateLimiter",
    may_begin: Callable[[], bool],
) -> list[Outcome]:
    """Workers share one queue, so there are never more tasks than requests in flight."""
    outcomes: dict[int, Outcome] = {}
    queue = enumerate(jobs)
    workers = min(limits.concurrency, len(jobs))

    async def work(client: _Client) -> None:
        for number, job in queue:
            if not await limiter.acquire(may_begin):
                return
            begun = time.perf_counter()
            with outbound(_named(job)) as span:
                outcome = await _made(client, job, may_begin)
                if outcome is NOT_BEGUN:
                    return
                outcomes[number] = outcome
                span.set_attribute("dosette.outcome", type(outcome).__name__.lower())
            meter(outcome, time.perf_counter() - begun)

    async with _Client(connections=workers) as client:
        await asyncio.gather(*(work(client) for _ in range(workers)))
    return [outcomes.get(number, NOT_BEGUN) for number in range(len(jobs))]


class RateLimiter:
    """Requests at even intervals. Those that were missed are not made up for: no burst after a
    stall."""

    def __init__(self, per_second: float | None) -> None:
        self._gap = 1.0 / per_second if per_second else 0.0
        self._next = 0.0
        self._begun = float("-inf")

    async def acquire(self, may_begin: Callable[[], bool] = lambda: True) -> bool:
        """Wait for the next turn; False when nothing may be begun any more."""
        if self._gap:
            mine = self._take()
            while (left := mine - time.monotonic()) > 0 and may_begin():
                await asyncio.sleep(min(left, LOOK_EVERY))
        if not may_begin():
            return False
        self._begun = time.monotonic()
        return True

    def left(self) -> float:
        """Seconds until a turn could be taken."""
        return max(0.0, self._begun + self._gap - time.monotonic())

    def drain(self, may_begin: Callable[[], bool] = lambda: True) -> None:
        """Wait until a turn could be taken, without taking it: whoever comes next is in time."""
        while (left := self.left()) > 0 and may_begin():
            time.sleep(min(left, LOOK_EVERY))

    def _take(self) -> float:
        """When the next turn is, which is ours."""
        mine = max(time.monotonic(), self._next)
        self._next = mine + self._gap
        return mine


# What reading an answer of another shape raises, StopIteration by a next() that finds nothing.
_OTHER_SHAPE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, StopIteration)


def _named(job: Exchange) -> str:
    """What it is called in traces: no address, no content."""
    return job.name if isinstance(job, Call) else f"{job[0].method} {job[0].host}"


async def _made(client: "_Client", job: Exchange, may_begin: Callable[[], bool]) -> Outcome:
    if isinstance(job, Call):
        return await asyncio.to_thread(job.outcome)
    return await _outcome(client, *job, may_begin)


async def _outcome(
    client: "_Client", request: Request, read: Reader, may_begin: Callable[[], bool]
) -> Outcome:
    try:
        return read(await client.exchange(request, may_begin))
    except NotBegunError:
        return NOT_BEGUN
    except BlockedAddressError as failure:
        return Permanent(f"not sent: {failure}", code="address-refused")
    except NotSentError as failure:
        return Temporary(f"not sent: {failure}")
    except NoResponseError as failure:
        return Unknown(f"no usable answer: {failure}")
    except MalformedResponseError as malformed:
        return Unknown(f"unreadable answer: {one_line_excerpt(str(malformed))}")
    except _OTHER_SHAPE as error:
        # Their texts quote the answer, which may hold personal data.
        return Unknown(f"unreadable answer: {type(error).__name__}")
    except Exception as error:  # noqa: BLE001 - one bug must not cost the other jobs their outcomes
        _log(error)
        return Unknown(f"unreadable answer: our own {type(error).__name__}")


def _log(error: Exception) -> None:
    """Kind and place only: texts and values may hold personal data."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("%s in %s:%s", type(error).__name__, place.filename, place.lineno)


class _Client:
    """The connections of one call, kept alive between its requests."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        # Apart: a guarded request must not travel on a connection nobody checked.
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self._sessions.values():
            await session.close()

    async def exchange(
        self, request: Request, may_begin: Callable[[], bool] = lambda: True
    ) -> Response:
        """The answer to the request. Raises NotSentError or NoResponseError, and NotBegunError."""
        state = ConnectionState(may_begin)
        current_connection.set(state)
        try:
            async with asyncio.timeout(request.timeout):
                return await self._ask(request)
        except NotBegunError:
            raise
        except _EXCHANGE_ERRORS as error:
            state.cut()
            raise _failure(request, state, error) from None

    async def _ask(self, request: Request) -> Response:
        if request.public_only and (why := why_blocked(request.url)):
            raise BlockedAddressError(why)
        session = self._session(public_only=request.public_only)
        async with session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
        ) as answer:
            return await _whole(answer, request)

    def _session(self, *, public_only: bool) -> aiohttp.ClientSession:
        if public_only not in self._sessions:
            self._sessions[public_only] = open_session(self._connections, public_only=public_only)
        return self._sessions[public_only]


class _UnusableResponseError(Exception):
    """An answer that we do not read to its end."""


async def _whole(answer: aiohttp.ClientResponse, request: Request) -> Response:
    """The answer with its body. Raises _Unusable when it is compressed or too large."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _UnusableResponseError("it is compressed, though we asked for it plain")
    body = bytearray()
    while not answer.content.at_eof():
        body += await answer.content.readany()
        if len(body) > LARGEST_ANSWER:
            raise _UnusableResponseError("it is larger than 1 MiB")
    headers = _joined(answer.headers)
    sent = (request.headers, request.body, request.hidden)
    return Response(answer.status, headers, bytes(body), *sent)


def _joined(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """One value per name, repeated ones joined (RFC 9110, 5.3); bytes outside UTF-8 replaced."""
    joined: dict[str, str] = {}
    for name, value in headers.items():
        if not value.isascii():
            value = value.encode(errors="surrogateescape").decode(errors="replace")
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


# All that aiohttp, the sockets and the name look-up raise when an exchange fails. A name that no
# host can have is a UnicodeError, which is a ValueError.
_EXCHANGE_ERRORS = (aiohttp.ClientError, OSError, ValueError, _UnusableResponseError)

_REASONS: Sequence[tuple[type[Exception], str]] = (
    (TimeoutError, "time ran out"),
    (ConnectionBrokenError, "the connection broke"),
    (aiohttp.InvalidURL, "not an address"),
    (UnicodeError, "not an address"),
    (aiohttp.ClientPayloadError, "it was cut short"),
    (aiohttp.ClientResponseError, "it is not HTTP"),
)


def _failure(request: Request, state: ConnectionState, error: Exception) -> ExchangeError:
    """Whether the error came before anything was sent, or after."""
    if state.is_open:
        return NoResponseError(_why(error))
    refused = isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, NotPublicAddressError
    )
    if refused or (request.public_only and isinstance(error, ValueError)):
        return BlockedAddressError(_why(error))
    return NotSentError(_why(error))


def _why(error: Exception) -> str:
    """In words, without address or content: the libraries' own texts quote both."""
    if isinstance(error, _UnusableResponseError):
        return str(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _why_no_connection(error.os_error)
    reasons = (reason for kind, reason in _REASONS if isinstance(error, kind))
    return next(reasons, type(error).__name__)


def _why_no_connection(error: OSError) -> str:
    if (
        isinstance(error, NotPublicAddressError | ssl.SSLError)
        or not error.errno
        or error.errno < 0
    ):
        return one_line_excerpt(error.strerror or type(error).__name__)
    return os.strerror(error.errno)
