"""Dates as the API and the imports take them."""

import re
from datetime import date

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def iso_date(text: str) -> date:
    """The date written as YYYY-MM-DD (RFC 3339, full-date). Raises ValueError for anything else.

    `date.fromisoformat` alone also takes week dates and dates without hyphens.
    """
    if not _ISO.fullmatch(text):
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(text)
