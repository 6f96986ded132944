"""Text folded for search and order, by the database alone: stored rows and queries alike.

The functions are made by the migrations `core.0010` and `core.0012`: without accents and case, one
apostrophe, one hyphen, one blank, and nothing that cannot be seen. Docs: decision 0006.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value

from core.values import text


class Folded(Func):
    """The text as it is compared."""

    function = "fold_text"
    output_field = TextField()


class SortKey(Func):
    """What puts names into the order of a person's alphabet, the same in every database."""

    template = '(sort_key(%(expressions)s) COLLATE "C")'
    output_field = TextField()


class NumberKey(Func):
    """A carrier's number as it is compared: people type it in groups, and in small letters."""

    template = "translate(upper(%(expressions)s), ' -./_', '')"
    output_field = TextField()


class NormalizedTextKey(Func):
    """The words of some columns, folded: how they are parted and pointed does not count."""

    arg_joiner = " || ' ' || "
    template = (
        "btrim(regexp_replace(translate(fold_text(%(expressions)s), '''', ''), "
        "'[[:punct:][:space:]]+', ' ', 'g'))"
    )
    output_field = TextField()


class SearchVector(Func):
    """The words of some columns, folded, as a tsvector.

    Each word is in it as it stands, split at the `@`, and split at each of the signs `parted`:
    so `ada.l@mail.example` is found by `ada.l@`, by `mail.ex` and by `example`.
    """

    template = "search_vector(%(expressions)s, '%(parted)s')"
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()

    def __init__(self, *columns: Any, parted: str = "@.-_+", **extra: Any) -> None:
        super().__init__(*columns, parted=parted, **extra)


class _Either(Func):
    """What one query finds, or the other."""

    template = "(%(expressions)s)"
    arg_joiner = " || "


class PrefixMatch(Func):
    """True where each word of what was typed begins one of the row's words; never without one."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()

    def __init__(self, vector: SearchVector, typed: str) -> None:
        readings = (Func(Value(each), function="search_query") for each in text.readings(typed))
        super().__init__(vector, reduce(_Either, readings))


def containing(queryset: QuerySet[Any], columns: Iterable[str], typed: str) -> QuerySet[Any]:
    """The rows that have each word of the text somewhere in these columns. For small tables."""
    columns = list(columns)
    if not columns:  # a list without a search: what is asked for all the same narrows nothing
        return queryset
    for word in text.lenient(typed).split():
        wanted = Folded(Value(word))
        seen = {f"folded_{n}": Folded(F(name)) for n, name in enumerate(columns)}
        matches = reduce(or_, (Q(**{f"{name}__contains": wanted}) for name in seen))
        queryset = queryset.alias(**seen).filter(matches)
    return queryset
