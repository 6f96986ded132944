"""What the other side said, in words; its JSON is kept apart.

Services put their words under names of their own: those that hold a sentence are listed here.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

SENTENCE_KEYS = (
    "message",
    "detail",
    "error",
    "errors",
    "reason",
    "title",
    "description",
    "error_message",
)
# Of JSON that was cut off: the same names, each with its text.
_SAID = re.compile(rf'"(?:{"|".join(SENTENCE_KEYS)})"\s*:\s*"((?:[^"\\]|\\.)*)')


def readable(said: str) -> tuple[str, str]:
    """The words, and the JSON that they were taken from; empty where there is none."""
    before, brace, after = said.partition("{")
    if not brace or '"' not in after:
        return said, ""
    raw = brace + after
    texts = list(dict.fromkeys(_texts(raw)))
    if not texts:
        return said, ""
    lead = before.strip().rstrip(":").strip()
    return ": ".join(part for part in (lead, "; ".join(texts)) if part), raw


def _texts(raw: str) -> Iterator[str]:
    try:
        value, _ = json.JSONDecoder().raw_decode(raw)
    except ValueError:
        yield from (text.replace('\\"', '"') for text in _SAID.findall(raw) if text)
    else:
        yield from _sentences(value)


def _sentences(value: Any, *, wanted: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _sentences(inner, wanted=wanted or str(name).lower() in SENTENCE_KEYS)
    elif isinstance(value, list):
        for inner in value:
            yield from _sentences(inner, wanted=wanted)
    elif wanted and isinstance(value, str) and " " in value.strip():
        yield value.strip()
    elif wanted and isinstance(value, str) and value.strip() and not value.isdecimal():
        yield value.strip().replace("_", " ")
