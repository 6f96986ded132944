"""Parses what laboratories report: the other side is not trusted.

Each function raises InvalidMessageError, which names the field and repeats nothing of it.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

from clinical.births import EARLIEST_BIRTH
from clinical.laboratories.contract import Fields, InvalidMessageError
from core.database import clock
from core.values.dates import iso_date, iso_moment
from core.values.strict_json import strict_json

FURTHEST_AHEAD = timedelta(hours=1)  # what clocks may differ
FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
HIGHEST_NUMBER = 1_000_000


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a body is."""
    try:
        value = strict_json(body)
    except ValueError:
        raise InvalidMessageError("", "The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise InvalidMessageError("", "The body must be a JSON object.")
    return value


def part(body: Fields, field: str) -> dict[str, Any]:
    """An object inside."""
    value = body.get(field)
    if not isinstance(value, dict):
        raise InvalidMessageError(field, "This field must be an object.")
    return value


def parts(body: Fields, field: str, most: int) -> list[dict[str, Any]]:
    """The objects of a list."""
    value = body.get(field)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise InvalidMessageError(field, "This field must be a list of objects.")
    if len(value) > most:
        raise InvalidMessageError(field, f"This field may have at most {most} members.")
    return value


def text(body: Fields, field: str, longest: int, *, or_empty: bool = False) -> str:
    """A text of one line, without the blanks around it."""
    value = body.get(field)
    value = value.strip() if isinstance(value, str) else ""
    if not value and not or_empty:
        raise InvalidMessageError(field, "This field must be a text that is not empty.")
    if len(value) > longest or not value.isprintable():
        raise InvalidMessageError(
            field, f"This field may have at most {longest} printable characters."
        )
    return value


def one_of(body: Fields, field: str, known: Collection[str]) -> str:
    """A text that is one of these."""
    value = text(body, field, 50)
    if value not in known:
        raise InvalidMessageError(field, f"This field must be one of {', '.join(known)}.")
    return value


def number(body: Fields, field: str) -> int:
    """A whole number from 1."""
    value = body.get(field)
    if type(value) is not int or not 1 <= value <= HIGHEST_NUMBER:
        raise InvalidMessageError(field, "This field must be a whole number from 1.")
    return value


def moment(body: Fields, field: str) -> datetime:
    """A moment of RFC 3339 with its zone, in UTC, that is not in the future."""
    try:
        value = iso_moment(text(body, field, 50))
    except (ValueError, OverflowError) as error:
        if isinstance(error, InvalidMessageError):
            raise
        raise InvalidMessageError(field, "Write it as 2026-05-19T13:18:45Z.") from None
    if value.tzinfo is None:
        raise InvalidMessageError(field, "It names no time zone.")
    if not FIRST_DAY <= value <= clock.now() + FURTHEST_AHEAD:
        raise InvalidMessageError(field, "It lies in the future, or before 2000.")
    return value


def birth_date(body: Fields, field: str) -> date | None:
    """A day from 1900 until today; None where nothing is given."""
    if body.get(field) is None:
        return None
    try:
        value = iso_date(text(body, field, 10))
    except ValueError as error:
        if isinstance(error, InvalidMessageError):
            raise
        raise InvalidMessageError(field, "Write it as YYYY-MM-DD.") from None
    if not EARLIEST_BIRTH <= value <= clock.today():
        raise InvalidMessageError(field, "It is no birth date from 1900 until today.")
    return value
