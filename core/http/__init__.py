"""The one way out: every request to an outside service leaves through here.

An adapter builds a `Request` and reads a `Response`; `send` and `send_many` carry it, and answer
with one of four outcomes. Nothing here knows what is being sent.
"""

from core.http.calls import Call
from core.http.client import Pipe, fetch, send, send_many
from core.http.errors import BlockedAddressError, ExchangeError, NoResponseError, NotSentError
from core.http.exchange import NOT_BEGUN, Exchange, Reader
from core.http.messages import MalformedResponseError, Request, Response, code_of, error_outcome
from core.http.outcomes import (
    UNTESTABLE,
    Done,
    Outcome,
    Permanent,
    Temporary,
    Trial,
    Unknown,
)
from core.http.rate_limiter import Limits

__all__ = [
    "NOT_BEGUN",
    "UNTESTABLE",
    "BlockedAddressError",
    "Call",
    "Done",
    "Exchange",
    "ExchangeError",
    "Limits",
    "MalformedResponseError",
    "NoResponseError",
    "NotSentError",
    "Outcome",
    "Permanent",
    "Pipe",
    "Reader",
    "Request",
    "Response",
    "Temporary",
    "Trial",
    "Unknown",
    "code_of",
    "error_outcome",
    "fetch",
    "send",
    "send_many",
]
