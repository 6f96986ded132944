"""JSON of others, read strictly: what it says is one thing, and the database can keep it."""

import json
from typing import Any


def strict_json(body: bytes) -> Any:
    """The value. Raises ValueError for what is no JSON, names that stand twice in one object, and
    what PostgreSQL does not take: infinities, NUL and lone surrogates, which escapes smuggle in."""
    try:
        value = json.loads(body, object_pairs_hook=_once_each)
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
        storable = written.encode() and "\\u0000" not in written
    except RecursionError as error:
        raise ValueError("It is too deep.") from error
    if not storable:
        raise ValueError("It holds NUL.")
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises ValueError for a name that stands twice: no one value can be meant."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("A name stands twice in one object.")
    return value
