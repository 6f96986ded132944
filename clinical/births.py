"""Birth dates as far as they are known: a day, a month or a year, as FHIR's `date` is."""

from calendar import monthrange
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import date_format

from core.database import clock
from core.values.dates import iso_date

EARLIEST_BIRTH = date(1900, 1, 1)
PATTERN = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
FORMS = "YYYY-MM-DD; YYYY-MM or YYYY where no more is known"


class Precision(models.TextChoices):
    """How much of a birth date is known, the least first."""

    YEAR = "year", "year"
    MONTH = "month", "month"
    DAY = "day", "day"


LENGTHS = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}
_PRECISIONS = {length: precision for precision, length in LENGTHS.items()}


class Born(NamedTuple):
    """The first day of what is known, and how much that is."""

    day: date
    precision: Precision

    @property
    def first(self) -> date:
        """The first day of the year or month that it is in, or itself."""
        month = 1 if self.precision == Precision.YEAR else self.day.month
        return self.day if self.precision == Precision.DAY else date(self.day.year, month, 1)

    @property
    def last(self) -> date:
        """The last day of what is known."""
        if self.precision == Precision.DAY:
            return self.day
        month = 12 if self.precision == Precision.YEAR else self.day.month
        return date(self.day.year, month, monthrange(self.day.year, month)[1])

    def written(self) -> str:
        """As it is taken: 1985-04."""
        return self.day.isoformat()[: LENGTHS[self.precision]]

    def shown(self) -> str:
        """As people read it, in the style of the other dates: Apr 1985."""
        if self.precision == Precision.YEAR:
            return str(self.day.year)
        return date_format(self.day, "M Y" if self.precision == Precision.MONTH else None)


def validate_birth_date(value: date) -> None:
    """Raise ValidationError for a date in the future or before 1900."""
    if not EARLIEST_BIRTH <= value <= clock.today():
        raise ValidationError("Give a birth date from 1900 until today.", code="birth_date")


def read(text: str) -> Born:
    """The date, month or year written so. Raises ValidationError for anything else."""
    try:
        precision = _PRECISIONS[len(text)]
        return Born(iso_date(text + "0000-01-01"[len(text) :]), precision)
    except (KeyError, TypeError, ValueError) as error:
        raise ValidationError(f"Give a date as {FORMS}.", code="invalid") from error


def checked(text: str) -> Born:
    """The same, if it may be a birth date. Raises ValidationError."""
    born = read(text)
    validate_birth_date(born.day)
    return born
