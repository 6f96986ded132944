"""What is kept in Redis for all processes: as JSON, so that reading it runs nothing."""

import json
from dataclasses import asdict, is_dataclass
from typing import Any

from django.utils.functional import Promise


class JsonSerializer:
    """For Django's cache. Its own would unpickle: who can write to Redis could run code here."""

    def dumps(self, value: Any) -> int | str:
        """Whole numbers stay numbers, so that Redis can count them up."""
        return value if type(value) is int else json.dumps(value, default=_plain)

    def loads(self, kept: bytes) -> Any:
        """The value; None, as if nothing were there, for what is no JSON."""
        try:
            return json.loads(kept)
        except (ValueError, RecursionError):
            return None


def _plain(value: object) -> object:
    """Rows of the sidebar's search, whose templates read a mapping as well; and lazy texts.

    Raises TypeError for anything else.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not kept in the cache")
