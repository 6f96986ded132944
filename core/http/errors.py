"""Why there is no answer: what the libraries raise, as the errors that callers know."""

import os
import ssl
from collections.abc import Sequence

import aiohttp

from core.http.connections import ConnectionBrokenError, ConnectionState
from core.http.messages import Request, one_line_excerpt
from core.http.ssrf_guard import NotPublicAddressError


class ExchangeError(Exception):
    """There is no answer. The text names no address, header or body: it is shown to staff."""


class NotSentError(ExchangeError):
    """Nothing has left: there was no connection."""


class BlockedAddressError(NotSentError):
    """Nothing has left, and nothing will: the address guard blocks it."""


class NoResponseError(ExchangeError):
    """It may have been taken, but no usable answer came."""


class UnusableResponseError(Exception):
    """An answer that we do not read to its end."""


# All that aiohttp, the sockets and the name look-up raise when an exchange fails. A name that no
# host can have is a UnicodeError, which is a ValueError.
EXCHANGE_ERRORS = (aiohttp.ClientError, OSError, ValueError, UnusableResponseError)

_REASONS: Sequence[tuple[type[Exception], str]] = (
    (TimeoutError, "time ran out"),
    (ConnectionBrokenError, "the connection broke"),
    (aiohttp.InvalidURL, "not an address"),
    (UnicodeError, "not an address"),
    (aiohttp.ClientPayloadError, "it was cut short"),
    (aiohttp.ClientResponseError, "it is not HTTP"),
)


def failure_of(request: Request, state: ConnectionState, error: Exception) -> ExchangeError:
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
    if isinstance(error, UnusableResponseError):
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
