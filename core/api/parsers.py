"""How bodies are read: JSON in UTF-8 (RFC 8259), bounded, and storable as it stands."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.utils import json as strict_json

MOST_NAMES = 1_000
MOST_VALUES = 5_000
DEEPEST = 32
LONGEST_PLACE = 200
# Half of a pair, as an escape: what a length limit leaves of an emoji. UTF-8 itself holds none.
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _too_many_values() -> ParseError:
    return ParseError(f"The body may hold at most {MOST_VALUES} values.", "too_many_values")


class JSONParser(parsers.JSONParser):
    """JSON; what could be neither stored nor answered cheaply is a bad request, by its place."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body's value. Raises ParseError, or ValidationError that names the place."""
        try:
            text = stream.read().decode("utf-8-sig")
            # Before anything is made of them, and so of those within texts, too.
            if text.count("{") + text.count("[") > MOST_VALUES:
                raise _too_many_values()
            value = strict_json.loads(text, object_pairs_hook=_reader_of_objects())
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {str(error)[:LONGEST_PLACE]}") from None
        _check(value, may_hold_surrogates=bool(_ESCAPED_SURROGATE.search(text)))
        return value


def _reader_of_objects() -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Makes each object of one body; counts their names, and refuses a name twice in one."""
    names = 0

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal names
        names += len(pairs)
        if names > MOST_NAMES:
            raise ParseError(f"The body may hold at most {MOST_NAMES} names.", "too_many_names")
        value = dict(pairs)
        if len(value) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice = next(name for name, _ in pairs if counts[name] > 1)
            text = "This name stands twice in one object. Send it once."
            raise ValidationError({printable(twice): [text]}, code="duplicate_name")
        return value

    return read


def _check(value: Any, *, may_hold_surrogates: bool) -> None:
    """Raise ParseError for too much or too deep, ValidationError for half of a surrogate pair."""
    seen = count(1)
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting:
        place, inner, depth = waiting.pop()
        if next(seen) > MOST_VALUES:
            raise _too_many_values()
        if depth > DEEPEST:
            raise ParseError("JSON parse error - nested too deeply")
        if may_hold_surrogates and isinstance(inner, str) and _SURROGATE.search(inner):
            _refuse_surrogate(place)
        for name, part in _parts(inner):
            where = f"{place}.{name}" if place else str(name)
            if may_hold_surrogates and _SURROGATE.search(where):
                _refuse_surrogate(where)
            waiting.append((where, part, depth + 1))


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value[: MOST_VALUES + 1])


def _refuse_surrogate(place: str) -> None:
    text = "This holds half of a surrogate pair, as of an emoji cut in two: it is no character."
    raise ValidationError({printable(place) or "non_field_errors": [text]}, code="lone_surrogate")


def is_storable(text: str) -> bool:
    """Whether PostgreSQL takes it in a column: neither NUL nor lone surrogates."""
    return "\0" not in text and not _SURROGATE.search(text)


def printable(name: str) -> str:
    """A name from a body, fit for an answer: lone surrogates as escapes, and not too long."""
    return name[:LONGEST_PLACE].encode("utf-8", "backslashreplace").decode()
