"""Connections as we want them: looked up without hanging, never half used, closed for good."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from threading import Thread
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from core.http.ssrf_guard import guarded_socket

CONNECT_WITHIN = 3.0
# Below the two seconds after which common servers (gunicorn) hang up on an idle connection: a
# request that crosses a hang-up on the wire is lost without anybody knowing what became of it.
KEEP_IDLE_FOR = 1.0
_TRIES = 3


class ConnectionState:
    """What one exchange holds of its connection. No transport: not a byte has left."""

    def __init__(self, may_begin: Callable[[], bool] = lambda: True) -> None:
        self.may_begin = may_begin
        self.transport: asyncio.BaseTransport | None = None

    @property
    def is_open(self) -> bool:
        """Whether a connection was made, so that something may have been sent."""
        return self.transport is not None

    def cut(self) -> None:
        """Close at once: a polite close would go on sending what is still buffered."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


current_connection: ContextVar[ConnectionState] = ContextVar("current_connection")


class NotBegunError(aiohttp.ClientError):
    """The connection is there, but nothing may be begun any more."""


class Connector(aiohttp.TCPConnector):
    """Connections of one call to the client; sets the transport of the current connection's
    state."""

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """A connection on which nobody has spoken yet.

        aiohttp hands out a kept-alive connection with an unasked-for answer waiting on it, and
        takes that for the answer to the next request: to somebody else's order.

        Asked once more is whether the request may be begun: a process may have been frozen while it
        was connected. Raises NotBegunError.
        """
        state = current_connection.get()
        for _ in range(_TRIES):
            connection = await super().connect(req, traces, timeout)
            may_begin = state.may_begin()
            is_there = connection.protocol is not None and not connection.protocol.should_close
            if may_begin and is_there:
                state.transport = connection.transport
                return connection
            connection.close()
            if not may_begin:
                raise NotBegunError
        raise aiohttp.ClientConnectionError("spoke before it was asked")


class DaemonResolver(AbstractResolver):
    """Looks names up in threads nobody waits for: a name server that hangs delays no deadline."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of the name. Raises OSError or UnicodeError when there is none."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Any]] = loop.create_future()
        asked = (loop, future, host, port, family)
        Thread(target=_look_up, args=asked, name="name look-up", daemon=True).start()
        return [_result(host, info) for info in await future]

    async def close(self) -> None:
        """Nothing is kept."""


def _look_up(
    loop: asyncio.AbstractEventLoop,
    future: "asyncio.Future[list[Any]]",
    host: str,
    port: int,
    family: socket.AddressFamily,
) -> None:
    try:
        infos = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        _resolve_future(loop, future, future.set_exception, error)
    else:
        _resolve_future(loop, future, future.set_result, infos)


def _resolve_future(
    loop: asyncio.AbstractEventLoop,
    future: "asyncio.Future[list[Any]]",
    resolve: Callable[[Any], None],
    value: Any,
) -> None:
    """Hand a thread's result to its loop, unless nobody is waiting for it any more."""
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(lambda: None if future.done() else resolve(value))


def _result(host: str, info: Any) -> ResolveResult:
    family, _, protocol, _, address = info
    return ResolveResult(
        hostname=host,
        host=address[0],
        port=address[1],
        family=family,
        proto=protocol,
        flags=socket.AI_NUMERICHOST,
    )


@cache
def ssl_context() -> ssl.SSLContext:
    """The system's certificate authorities; loaded once, it takes some milliseconds."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class ConnectionBrokenError(aiohttp.ClientError):
    """The other side hung up before it had answered."""


async def _no_automatic_retry(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """aiohttp repeats a PUT, DELETE or GET when a kept-alive connection breaks under it; it does
    not for an error it does not know. Whether to send again is the caller's to decide."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionBrokenError from error


def open_session(connections: int, *, public_only: bool) -> aiohttp.ClientSession:
    """A session that keeps no cookie, trusts no environment and inflates nothing.

    The deadline is the caller's; only making a connection has its own, shorter one.
    """
    connector = Connector(
        limit=connections,
        keepalive_timeout=KEEP_IDLE_FOR,
        resolver=DaemonResolver(),
        ssl=ssl_context(),
        socket_factory=guarded_socket if public_only else None,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "dosette", "Accept-Encoding": "identity"},
        skip_auto_headers=["Content-Type"],
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_WITHIN),
        auto_decompress=False,
        trust_env=False,
        middlewares=[_no_automatic_retry],
    )
