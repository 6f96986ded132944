"""Dates and times as the API, the imports and the webhooks take them."""

import re
from datetime import UTC, date, datetime, timedelta

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,30}))?)?"
    r" ?(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_MINUTES = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?")
_LEAP = "60"


def iso_date(text: str) -> date:
    """The date written as YYYY-MM-DD (RFC 3339, full-date). Raises ValueError for anything else.

    `date.fromisoformat` alone also takes week dates and dates without hyphens.
    """
    if not _ISO.fullmatch(text):
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(text)


def iso_moment(text: str) -> datetime:
    """A moment as RFC 3339 (5.6) writes it: in UTC, or naive when it names no zone.

    Taken are `t` and `z` in lower case, a blank for the `T`, any fraction of a second (cut to
    microseconds) and, beyond the RFC, what ISO 8601 allows and programs write: no seconds, an
    offset without its colon. A leap second (5.7) is the first moment of the next day in UTC. Raises
    ValueError for anything else, and OverflowError where the moment has no UTC.
    """
    match = _MOMENT.fullmatch(text)
    if not match:
        raise ValueError("not a moment of RFC 3339")
    second, zone = match["second"] or "00", match["zone"] or ""
    is_leap = second == _LEAP
    clock = f"{match['hour']}:{match['minute']}:{'59' if is_leap else second}"
    fraction = (match["fraction"] or "").ljust(6, "0")[:6]
    local = datetime.fromisoformat(f"{match['day']}T{clock}.{fraction}")
    instant = (local - _offset(zone)).replace(tzinfo=UTC) if zone else local
    return _after_leap(instant) if is_leap else instant


def _offset(zone: str) -> timedelta:
    """Raises ValueError for hours above 23 and minutes above 59 (RFC 3339, 5.6)."""
    match = _MINUTES.fullmatch(zone)
    if not match:  # Z
        return timedelta(0)
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset")
    return timedelta(hours=hours, minutes=minutes) * (-1 if match[1] == "-" else 1)


def _after_leap(before: datetime) -> datetime:
    """Raises ValueError where there is no leap second: they end a day in UTC."""
    if before.tzinfo is None or (before.hour, before.minute) != (23, 59):
        raise ValueError("no leap second then")
    return before.replace(microsecond=0) + timedelta(seconds=1)
