"""The index that staff search by: the words of a row, found by how they begin.

PostgreSQL's own full-text search without its parser, which takes codes and addresses apart in odd
places (`1E5X` is a number and a word to it), and without the pg_trgm extension, which the embedded
PostgreSQL does not have: docs/decisions/0006-search.md.
"""

import re

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, Func, TextField, Value

_DIALLED = re.compile(r"[\d\s+()/.-]+")
_WHOLE = "lower(%(expressions)s)"
_AT = f"translate({_WHOLE}, '@', ' ')"
_PARTS = f"translate({_WHOLE}, '@.-_+', '     ')"


class Words(Func):
    """The words of some columns, in lower case, as a tsvector.

    Each word is in it as it stands, parted at the `@`, and parted at each of `@.-_+`: so
    `ada.l@mail.example` is found by `ada.l@`, by `mail.ex` and by `example`.
    """

    template = (
        "array_to_tsvector(array_remove(string_to_array("
        f"{_WHOLE} || ' ' || {_AT} || ' ' || {_PARTS}, ' '), ''))"
    )
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()


class _Matches(Func):
    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


class _Query(Func):
    template = "lower(%(expressions)s)::tsquery"
    output_field = TextField()


def words_of(text: str) -> list[str]:
    """The words of a search; a number that was typed in groups is one word."""
    if _DIALLED.fullmatch(text):
        text = re.sub(r"\D", "", text)
    return text.replace("\0", " ").split()


def begin_with(words: Words, wanted: list[str]) -> Func:
    """True where each wanted word begins one of the row's words."""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in wanted)
    return _Matches(words, _Query(Value(" & ".join(f"'{word}':*" for word in quoted))))
