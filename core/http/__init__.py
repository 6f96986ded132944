"""The one way out: every request to an outside service leaves through here.

An adapter builds a `Request` and reads a `Response`; `send` and `send_many` carry it, and answer
with one of four outcomes. Nothing here knows what is being sent.
"""

from core.http.client import (
    NOT_BEGUN,
    ExchangeFailed,
    Limits,
    NoAnswer,
    NotSent,
    Pace,
    Reader,
    Refused,
    fetch,
    send,
    send_many,
)
from core.http.messages import GarbledAnswer, Request, Response, code_of, refusal
from core.http.outcomes import Done, Outcome, Permanent, Temporary, Unknown
from core.http.reasons import in_our_words

__all__ = [
    "NOT_BEGUN",
    "Done",
    "ExchangeFailed",
    "GarbledAnswer",
    "Limits",
    "NoAnswer",
    "NotSent",
    "Outcome",
    "Pace",
    "Permanent",
    "Reader",
    "Refused",
    "Request",
    "Response",
    "Temporary",
    "Unknown",
    "code_of",
    "fetch",
    "in_our_words",
    "refusal",
    "send",
    "send_many",
]
