"""How the values of search parameters are written: https://hl7.org/fhir/R4/search.html.

Functions raise ValidationError for what cannot be read, with a text that says what to write.
"""

import re
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from clinical import births
from clinical.births import Precision
from core.api.parsers import is_storable

MOST_ALTERNATIVES = 100
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")
_COMMA = re.compile(r"(?<!\\),")
_BAR = re.compile(r"(?<!\\)\|")
_MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?"
    r"(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_ESCAPED = re.compile(r"\\([,|$\\])")
_REFERENCE = re.compile(r"(?:.*/)?(?P<type>[A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})$")


class Token(NamedTuple):
    """A code with its system: None where any will do, "" for one that has none."""

    system: str | None
    code: str


class Span(NamedTuple):
    """From the first day to the last; None is open."""

    first: date | None
    last: date | None


def alternatives(text: str) -> list[str]:
    """The values between commas, any of which may match, still escaped."""
    values = [each.strip() for each in _COMMA.split(text)]
    if not all(values):
        raise ValidationError("Give a value, or leave the parameter out.")
    if len(values) > MOST_ALTERNATIVES:
        raise ValidationError(f"Give at most {MOST_ALTERNATIVES} values.")
    if not is_storable(text):
        raise ValidationError("A character in it is no character of any writing.")
    return values


def unescaped(text: str) -> str:
    r"""The text that was meant by `\,`, `\|`, `\$` and `\\`."""
    return _ESCAPED.sub(r"\1", text)


def token(text: str) -> Token:
    """`code`, `system|code`, or `|code` for one without a system."""
    parts = [unescaped(part) for part in _BAR.split(text)]
    if len(parts) > 2 or not parts[-1]:
        raise ValidationError("Write it as a code, or as system|code.")
    return Token(parts[0] if len(parts) == 2 else None, parts[-1])


def reference(text: str, resource_type: str) -> str:
    """The id in `1`, `Patient/1` or an address that ends so; "" for one of another type."""
    match = _REFERENCE.match(text)
    if match is None:
        return text
    return match["id"] if match["type"] == resource_type else ""


def prefixed(text: str) -> tuple[str, str]:
    """The prefix and what stands behind it; `eq` where there is none."""
    if text[:1].isdigit():
        return "eq", text
    prefix, rest = text[:2], text[2:]
    if prefix not in PREFIXES:
        raise ValidationError(f"Begin a date with its year, or with one of {', '.join(PREFIXES)}.")
    return prefix, rest


def moments(text: str) -> tuple[datetime, datetime]:
    """From the first moment that is meant by a year, month, day or time to the first one behind it.

    Without a zone UTC is meant.
    """
    match = _MOMENT.fullmatch(text.replace(" ", "+"))  # in a query an unescaped `+` is a blank
    if match is None:
        raise ValidationError("Write it as 2026, 2026-11, 2026-11-29 or 2026-11-29T15:30:00Z.")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        at = time(
            int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "").ljust(6, "0"))
        )
        zone = datetime.fromisoformat(f"2000-01-01T00:00{zone or 'Z'}").tzinfo
        start = datetime.combine(date(int(year), int(month or 1), int(day or 1)), at, zone)
        return start, _behind(start, month, day, hour, second, fraction)
    except (ValueError, OverflowError):
        raise ValidationError("There is no such moment.") from None


def _behind(start: datetime, month: Any, day: Any, hour: Any, second: Any, part: Any) -> datetime:
    """The first moment that is no more meant: how much was written says it."""
    if not month:
        return start.replace(year=start.year + 1)
    if not day:
        return (start + timedelta(days=31)).replace(day=1)
    if part:
        return start + timedelta(microseconds=10 ** (6 - len(part)))
    lengths = ((second, timedelta(seconds=1)), (hour, timedelta(minutes=1)))
    return start + next((length for given, length in lengths if given), timedelta(days=1))


def first_days(prefix: str, written: births.Born, known: Precision) -> list[Span]:
    """Where the first day of what is known may lie, when the whole of it is compared so.

    By the ranges of R4's "date" search: what is known as a year is all of that year. `known` says
    how much is known; first days of months and years begin them.
    """
    before = written.day - timedelta(days=1)
    after = written.last + timedelta(days=1)
    # The first day of the month or year that `after` lies in: what begins there ends behind it.
    ends_after = births.Born(after, known).first
    within = Span(written.day, ends_after - timedelta(days=1))
    spans = {
        "eq": [within],
        "ne": [Span(None, before), Span(ends_after, None)],
        "gt": [Span(ends_after, None)],
        "ge": [Span(ends_after, None), within],
        "lt": [Span(None, before)],
        "le": [Span(None, before), within],
        "sa": [Span(after, None)],
        "eb": [Span(None, births.Born(written.day, known).first - timedelta(days=1))],
    }
    return spans[prefix]
