"""What is sent and what comes back, as plain values: no connection is opened here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from re import compile as pattern
from typing import Any, NoReturn, Self
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from core.database import clock
from core.http.outcomes import Outcome, Permanent, Temporary, Unknown
from core.http.redaction import redact, sent_values

DEADLINE = 10.0
LONGEST_WAIT = 3600.0
EXCERPT_LENGTH = 200

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_HEADER_NAME = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2: token
# A caller who set one of these could make the other side see two requests where we sent one, or
# answer in a form that is not capped.
_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "expect", "transfer-encoding"}
)
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_SHORTEST_SECRET = 6
_CODE = pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
# These three say "ask elsewhere" before anything is done; a 302 or 303 may well follow a success.
_ASK_ELSEWHERE = frozenset({301, 307, 308})


def _no_constant(name: str) -> NoReturn:
    """NaN and Infinity are Python's, not JSON's (RFC 8259, 6)."""
    raise ValueError(name)


# Made once: json.loads and json.dumps build these anew at every call with options.
_DECODE = json.JSONDecoder(parse_constant=_no_constant).decode
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class MalformedResponseError(ValueError):
    """The answer is not what was agreed. Its text holds no personal data: it is shown to staff."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What to send. `timeout` is the deadline in seconds, from the connection to the last byte.

    `public_only`: the address came from outside, so https and public addresses only. Raises
    ValueError for what could not be sent as one well-formed request.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout: float = DEADLINE
    public_only: bool = False
    # Secrets that stand in no header, as in the address: no answer repeats them to staff.
    hidden: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise ValueError("not a method we send")
        if not self.url.isprintable() or " " in self.url:
            raise ValueError("a blank or control character in the address")
        if not (isfinite(self.timeout) and self.timeout > 0):
            raise ValueError("the time-out must be a positive number of seconds")
        for name, value in self.headers.items():
            _check_header(name, value)

    def __repr__(self) -> str:
        """Method and host only: the rest may hold secrets or personal data."""
        return f"<Request {self.method} {self.host}>"

    @property
    def host(self) -> str:
        """Whom it goes to, "?" when the address names nobody."""
        try:
            return urlsplit(self.url).hostname or "?"
        except ValueError:
            return "?"

    @classmethod
    def json(
        cls,
        method: str,
        url: str,
        payload: Any,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = DEADLINE,
        public_only: bool = False,
    ) -> Self:
        """A request with a JSON body. Raises TypeError or ValueError for what JSON cannot say."""
        declared = _declared(headers, "application/json")
        return cls(method, url, declared, _ENCODE(payload).encode(), timeout, public_only)

    @classmethod
    def form(
        cls,
        method: str,
        url: str,
        fields: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = DEADLINE,
        public_only: bool = False,
    ) -> Self:
        """A request with a form body, as a browser would send it (UTF-8)."""
        declared = _declared(headers, "application/x-www-form-urlencoded")
        return cls(method, url, declared, urlencode(fields).encode(), timeout, public_only)


def _check_header(name: str, value: str) -> None:
    """The value is never named: it may be a secret."""
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("not a header's name")
    if name.lower() in _OURS:
        raise ValueError(f"the client itself sets {name}")
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"a line break or another forbidden character in the header {name}")


def _declared(headers: Mapping[str, str] | None, content_type: str) -> dict[str, str]:
    """A caller who declares the body in other words is believed."""
    given = dict(headers or {})
    if "content-type" in (name.lower() for name in given):
        return given
    return {"Content-Type": content_type, **given}


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. The names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    # What we sent, and `Request.hidden`: redacted when the other side repeats it to us.
    sent_headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    sent_body: bytes = field(default=b"", repr=False, compare=False)
    hidden: Sequence[str] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        lowered = {name.lower(): value for name, value in self.headers.items()}
        object.__setattr__(self, "headers", lowered)

    @property
    def text(self) -> str:
        """The body as UTF-8, what is not UTF-8 replaced."""
        return self.body.decode(errors="replace")

    @property
    def excerpt(self) -> str:
        """The body's first 200 printable characters, without our own secrets and without what we
        said of a person, as far as it is quoted word for word. For an outcome's `answer`."""
        text = self.body[: 40 * EXCERPT_LENGTH].decode(errors="replace")
        for secret in _secrets(self.sent_headers, self.hidden):
            text = text.replace(secret, "…")
        return one_line_excerpt(redact(text, sent_values(self.sent_headers, self.sent_body)))

    def json(self) -> Any:
        """The body's value. Raises MalformedResponseError when it is not JSON, or not declared as
        JSON."""
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise MalformedResponseError(f"{self.status}, not declared as JSON")
        try:
            value = _DECODE(self.body.decode("utf-8-sig"))
            _check_storable(self.body, value)
        except (ValueError, RecursionError):
            raise MalformedResponseError(f"{self.status}, not valid JSON") from None
        return value

    def json_object(self) -> dict[str, Any]:
        """The body's JSON object. Raises MalformedResponseError when it is anything else."""
        value = self.json()
        if not isinstance(value, dict):
            raise MalformedResponseError(f"{self.status}, not a JSON object")
        return value


def one_line_excerpt(text: str) -> str:
    """At most 200 characters on one line, all printable: fit for a log, a page or a column."""
    printable = "".join(char if char.isprintable() else " " for char in text[: 40 * EXCERPT_LENGTH])
    return " ".join(printable.split())[:EXCERPT_LENGTH].rstrip()


def code_of(text: object) -> str:
    """A code that the other side gave, fit for a reason; empty when it is more than one word.

    A sentence may name people.
    """
    return text if isinstance(text, str) and _CODE.fullmatch(text) else ""


def _secrets(headers: Mapping[str, str], hidden: Sequence[str]) -> list[str]:
    """Values worth hiding, whole and without their scheme ("Bearer …"); the longest first, or
    the rest of one that holds another would show."""
    values = [value for name, value in headers.items() if name.lower() not in _HARMLESS]
    parts = {part for value in values for part in (value, value.rpartition(" ")[2])}
    parts |= {
        part for value in hidden for part in (value, quote(value, safe=""), quote_plus(value))
    }
    return sorted((part for part in parts if len(part) >= _SHORTEST_SECRET), key=len, reverse=True)


def _check_storable(body: bytes, value: Any) -> None:
    """Escapes can smuggle in NUL and lone surrogates, which PostgreSQL takes in no column."""
    if b"\\u" in body:
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
        if "\\u0000" in text:
            raise ValueError("NUL")


def error_outcome(
    response: Response, *, server_error: type[Temporary] | type[Unknown]
) -> Outcome | None:
    """The outcome of an error status; None for a 2xx, which the adapter reads itself.

    `server_error` says what a 5xx means at this destination: Temporary only where its contract
    says that nothing was taken then, else Unknown. The reason is the status, and nothing of what
    the other side wrote: that is the outcome's `answer`.
    """
    status = response.status
    if 200 <= status < 300:
        return None
    answer = response.excerpt
    if 300 <= status < 400:
        reason = f"answered a redirect, which is not followed: {status}"
        return Temporary(reason, not_taken=status in _ASK_ELSEWHERE, answer=answer)
    if status in {401, 403}:
        # One wrong secret must not throw away every row: once it is corrected they go out.
        return Temporary(f"refused our credentials: {status}", answer=answer)
    if _is_refusal_of_service(response):
        wait = _retry_after(response)
        return Temporary(f"asked us to wait: {status}", retry_after=wait, answer=answer)
    if status == 408 or 500 <= status < 600:
        # A 408 should mean that our request never arrived whole (RFC 9110, 15.5.9), but gateways
        # also use it for a slow server behind them.
        return server_error(f"failed: {status}", answer=answer)
    if 400 <= status < 500:
        return Permanent(f"refused: {status}", code=str(status), answer=answer)
    return Unknown(f"answered no known status: {status}", answer=answer)


def _is_refusal_of_service(response: Response) -> bool:
    """429 (RFC 6585, 4), 425 (RFC 8470, 5.2), and a 503 that names the time to come back."""
    if response.status == 503:
        return _retry_after(response) is not None
    return response.status in {425, 429}


def _retry_after(response: Response) -> float | None:
    """Retry-After (RFC 9110, 10.2.3) in seconds from now, at most an hour; None when unreadable."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_WAIT)
    try:
        seconds = (_date(value) - _answered_at(response)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _answered_at(response: Response) -> datetime:
    """When the answer was made, by the clock of who made it: its `Date`, or else the present."""
    try:
        return _date(response.headers["date"])
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return clock.now()


def _date(text: str) -> datetime:
    """An HTTP date, aware. Raises ValueError, TypeError, IndexError or OverflowError."""
    date = parsedate_to_datetime(text)
    return date.replace(tzinfo=date.tzinfo or UTC)
