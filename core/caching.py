"""What is kept in Redis for all processes: as JSON, so that reading it runs nothing."""

import json
from typing import Any


class JsonSerializer:
    """For Django's cache. Its own would unpickle: who can write to Redis could run code here."""

    def dumps(self, value: Any) -> int | str:
        """Whole numbers stay numbers, so that Redis can count them up."""
        return value if type(value) is int else json.dumps(value)

    def loads(self, kept: bytes) -> Any:
        """The value; None, as if nothing were there, for what is no JSON."""
        try:
            return json.loads(kept)
        except (ValueError, RecursionError):
            return None
