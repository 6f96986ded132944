"""Reading what providers say: the other side is not trusted.

What an answer says of a parcel is kept when it is fit to keep and left out otherwise, for the
parcel was taken either way. What a webhook says is read to the letter, or refused by field.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.utils import timezone

from core.http import Done
from shipping.states import RANKS

LONGEST_REFERENCE = 100
LONGEST_URL = 300
FIRST_YEAR = 2000
FURTHEST_AHEAD = timedelta(days=1)


class BadEvent(ValueError):  # noqa: N818 - says what is wrong
    """The webhook's body is not what was agreed; `field` says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def taken(reference: object = "", number: object = "", url: object = "") -> Done:
    """Done, with what the answer says of the parcel; what is unfit to keep is left out."""
    details = {"tracking_number": _text(number), "tracking_url": _web_address(url)}
    return Done(_text(reference), details)


def _text(value: object) -> str:
    fit = isinstance(value, str) and len(value) <= LONGEST_REFERENCE and value.isprintable()
    return str(value) if fit else ""


def _web_address(value: object) -> str:
    """An http or https address: staff click on it, and customers may."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isprintable():
        return ""
    try:
        parts = urlsplit(value)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in value
    except ValueError:
        return ""
    return value if fit and "@" not in parts.netloc else ""


def json_object(body: bytes) -> dict[str, Any]:
    """A webhook's JSON object. Raises BadEvent when it is anything else, or cannot be stored."""
    try:
        value = json.loads(body)
        # PostgreSQL takes neither infinities nor NUL and lone surrogates, which escapes smuggle in.
        plain = json.dumps(value, ensure_ascii=False, allow_nan=False)
        storable = plain.encode() and "\\u0000" not in plain
    except (ValueError, RecursionError):
        storable = False
    if not storable:
        raise BadEvent("", "The body is not valid JSON.")
    if not isinstance(value, dict):
        raise BadEvent("", "The body must be a JSON object.")
    return value


def text(body: Mapping[str, Any], field: str, longest: int) -> str:
    """A text of a webhook's body. Raises BadEvent when it is missing, empty or too long."""
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise BadEvent(field, "This field must be a text that is not empty.")
    if len(value) > longest or not value.isprintable():
        raise BadEvent(field, f"This field may have at most {longest} printable characters.")
    return value


def status(body: Mapping[str, Any], field: str, known: Mapping[str, str] | None = None) -> str:
    """A tracking status; `known` translates the provider's words into ours. Raises BadEvent."""
    words = known or {name: name for name in RANKS}
    value = body.get(field)
    if not isinstance(value, str) or value not in words:
        raise BadEvent(field, f"This field must be one of: {', '.join(words)}.")
    return words[value]


def in_utc(local: datetime, zone: str, field: str) -> datetime:
    """A time on the provider's wall clock, in UTC. Raises BadEvent when it is absurd.

    An hour that the clock shows twice in autumn is taken as its first pass: nobody can tell. One
    that it jumps over in spring is read as if it had not yet been set forward. Refused are times
    before 2000 or more than a day ahead: one of them would outlast every later event.
    """
    if local.year < FIRST_YEAR:
        raise BadEvent(field, f"This time is before {FIRST_YEAR}.")
    moment = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    if moment > timezone.now() + FURTHEST_AHEAD:
        raise BadEvent(field, "This time is more than a day ahead.")
    return moment
