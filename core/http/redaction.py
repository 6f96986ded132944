"""What we sent, taken out of what the other side says of it: answers quote names and addresses."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

SHORTEST = 3  # characters: less is a country or a code, and says nothing of a person
_XML = re.compile(r""">([^<>]+)<|=\s*"([^"]*)"|=\s*'([^']*)'""")


def sent_values(headers: Mapping[str, str], body: bytes) -> set[str]:
    """The values in a body of ours (JSON, a form or XML); none in a body of another kind."""
    declared = next((text for name, text in headers.items() if name.lower() == "content-type"), "")
    try:
        return set(_values(declared.lower(), body.decode()))
    except (ValueError, RecursionError):
        return set()


def redact(text: str, values: Collection[str]) -> str:
    """The text with these values redacted, in capitals or not; the longest first."""
    known = {" ".join(value.split()) for value in values}
    known |= {value.lstrip("+") for value in known}  # telephone numbers are quoted without it
    longest_first = sorted(
        (value for value in known if len(value) >= SHORTEST), key=len, reverse=True
    )
    if not longest_first:
        return text
    listed = "|".join(re.escape(value) for value in longest_first)
    return re.sub(rf"(?<!\w)(?:{listed})(?!\w)", "…", " ".join(text.split()), flags=re.IGNORECASE)


def _values(declared: str, text: str) -> Iterator[str]:
    if "json" in declared:
        yield from _strings(json.loads(text))
    elif "form-urlencoded" in declared:
        yield from (value for _, value in parse_qsl(text))
    elif "xml" in declared:
        yield from (unescape("".join(match)) for match in _XML.findall(text))


def _strings(value: Any) -> Iterator[str]:
    """The texts within it, but no names of fields: those say what is wrong."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
