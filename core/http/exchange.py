"""One exchange: a request sent and its answer read, or a call made.

What matters most is the line between *not sent* (try again, or elsewhere) and *no answer* (it may
have been taken). It is drawn where a connection is handed to the request: up to there nothing has
left; from there on anything may have arrived.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable
from typing import Self

import aiohttp
from multidict import CIMultiDictProxy

from core.http.calls import Call
from core.http.connections import (
    ConnectionState,
    NotBegunError,
    current_connection,
    open_session,
)
from core.http.errors import (
    EXCHANGE_ERRORS,
    BlockedAddressError,
    NoResponseError,
    NotSentError,
    UnusableResponseError,
    failure_of,
)
from core.http.messages import MalformedResponseError, Request, Response, one_line_excerpt
from core.http.outcomes import Outcome, Permanent, Temporary, Unknown
from core.http.ssrf_guard import why_blocked
from core.observability.tracing import outbound

logger = logging.getLogger(__name__)

LARGEST_ANSWER = 1024 * 1024

Reader = Callable[[Response], Outcome]
Exchange = tuple[Request, Reader] | Call

# The outcome of a job that was not begun, because nothing may be begun any more.
NOT_BEGUN = Temporary("not sent: the work was stopped before its turn")

# What reading an answer of another shape raises, StopIteration by a next() that finds nothing.
_OTHER_SHAPE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, StopIteration)


async def make(client: "Client", job: Exchange, may_begin: Callable[[], bool]) -> Outcome:
    """What the exchange came to; NOT_BEGUN when it may not be begun any more. It is traced."""
    with outbound(_name_of(job)) as span:
        outcome = await _make(client, job, may_begin)
        if outcome is not NOT_BEGUN:
            span.set_attribute("dosette.outcome", type(outcome).__name__.lower())
    return outcome


def _name_of(job: Exchange) -> str:
    """What it is called in traces: no address, no content."""
    return job.name if isinstance(job, Call) else f"{job[0].method} {job[0].host}"


async def _make(client: "Client", job: Exchange, may_begin: Callable[[], bool]) -> Outcome:
    if isinstance(job, Call):
        # Asked once more in the thread, which it may have waited for.
        return await asyncio.to_thread(lambda: job.outcome() if may_begin() else NOT_BEGUN)
    return await _outcome(client, *job, may_begin)


async def _outcome(
    client: "Client", request: Request, read: Reader, may_begin: Callable[[], bool]
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


class Client:
    """The connections of one caller, kept alive between its requests."""

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
        except EXCHANGE_ERRORS as error:
            state.cut()
            raise failure_of(request, state, error) from None

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


async def _whole(answer: aiohttp.ClientResponse, request: Request) -> Response:
    """The answer with its body. Raises UnusableResponseError when it is compressed or too large."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnusableResponseError("it is compressed, though we asked for it plain")
    body = bytearray()
    while not answer.content.at_eof():
        body += await answer.content.readany()
        if len(body) > LARGEST_ANSWER:
            raise UnusableResponseError("it is larger than 1 MiB")
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
