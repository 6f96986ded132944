"""Reads the times of webhooks: each in UTC, whatever clock and form it was written in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from core.database import clock
from core.values.dates import iso_moment
from shipping.provider_api.parsing import InvalidEventError, text

LONGEST_TIME = 50
FIRST_YEAR = 2000
FURTHEST_AHEAD = timedelta(days=1)


def local_time(body: Mapping[str, Any], field: str, form: str, example: str, zone: str) -> datetime:
    """A time of a webhook's body as `form` says (strptime), on a zone's clock, in UTC.

    One that RFC 3339 describes is taken too: it cannot be mistaken. Raises InvalidEventError.
    """
    written = text(body, field, LONGEST_TIME)
    try:
        local = datetime.strptime(written if written.isascii() else "", form)  # noqa: DTZ007 - see in_utc
    except ValueError:
        return moment(body, field, zone, example)
    return in_utc(local, zone, field)


def moment(
    body: Mapping[str, Any], field: str, zone: str = "", example: str = "2023-05-19T13:18:45Z"
) -> datetime:
    """A time of a webhook's body as RFC 3339 writes it, in UTC.

    One that names no zone is on the clock of `zone`, and refused without. Raises InvalidEventError.
    """
    written = text(body, field, LONGEST_TIME)
    try:
        time = iso_moment(written)
    except (ValueError, OverflowError):
        raise InvalidEventError(field, f"Write it as {example}.") from None
    if time.tzinfo:
        return _sane(time, field)
    return in_utc(time, zone, field) if zone else _refuse(field, "This time names no zone.")


def epoch(body: Mapping[str, Any], field: str) -> datetime:
    """A time of a webhook's body in whole seconds since 1970, in UTC. Raises InvalidEventError."""
    seconds = body.get(field)
    if type(seconds) is not int:
        raise InvalidEventError(field, "This field must be a whole number of seconds since 1970.")
    try:
        time = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidEventError(field, "This is no time in seconds since 1970.") from None
    return _sane(time, field)


def in_utc(local: datetime, zone: str, field: str) -> datetime:
    """A time on the provider's wall clock, in UTC. Raises InvalidEventError when it is absurd.

    An hour that the clock shows twice in autumn is taken as its first pass: nobody can tell. One
    that it jumps over in spring is read as if it had not yet been set forward. Refused are times
    before 2000 or more than a day ahead: one of them would outlast every later event.
    """
    # The year first: the earliest times of the calendar have no UTC.
    if local.year < FIRST_YEAR:
        raise InvalidEventError(field, f"This time is before {FIRST_YEAR}.")
    try:
        return _sane(local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC), field)
    except OverflowError:
        raise InvalidEventError(field, "This time is more than a day ahead.") from None


def _refuse(field: str, message: str) -> NoReturn:
    raise InvalidEventError(field, message)


def _sane(time: datetime, field: str) -> datetime:
    if time.year < FIRST_YEAR:
        raise InvalidEventError(field, f"This time is before {FIRST_YEAR}.")
    if time > clock.now() + FURTHEST_AHEAD:
        raise InvalidEventError(field, "This time is more than a day ahead.")
    return time
