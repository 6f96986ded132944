"""Time zones by their names."""

import zoneinfo
from functools import cache

from django.core.exceptions import ValidationError


@cache
def time_zones() -> frozenset[str]:
    """The names of the IANA database; read from the disk once."""
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime"})


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone of the IANA database."""
    if name not in time_zones():
        raise ValidationError(f"“{name[:50]}” is not a time zone. Use one such as Europe/London.")
