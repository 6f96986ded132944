"""Dates of schedules in requests."""

import re
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field

from core.api.serializers import DateField
from core.bases import SerializerField
from core.values.dates import iso_date
from shipping.schedules.skipping import Occurrence

LARGEST_NUMBER = 2**31 - 1
_DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)


@extend_schema_field({"type": "string", "format": "date", "pattern": "^20[0-9]{2}-"})
class DayField(DateField):
    """A date from 2000 to 2099; the services refuse others."""


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER},
            {"type": "string", "format": "date", "pattern": "^20[0-9]{2}-"},
        ],
        "description": "Its date, as in `upcoming`, or its number, as in `planned`.",
    }
)
class OccurrenceField(SerializerField):
    """Which date of a schedule is meant. `in_query`: all is text there, numbers too."""

    default_error_messages = {
        "invalid": "Give a date of `upcoming` (YYYY-MM-DD), or a number of `planned`.",
    }

    def __init__(self, *, in_query: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.in_query = in_query

    def to_internal_value(self, data: Any) -> Occurrence:
        """A number or a date. A ValidationError for anything else."""
        if self.in_query and _DIGITS.fullmatch(data):
            data = int(data)
        if isinstance(data, str):
            return self._day(data)
        if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data <= LARGEST_NUMBER:
            self.fail("invalid")
        return data

    def _day(self, text: str) -> date:
        try:
            return iso_date(text)
        except ValueError:
            self.fail("invalid")
