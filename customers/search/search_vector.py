"""What staff type into a search. The index is core/database/folding.py's:
docs/decisions/0006-search.md."""

import re

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func

from core.values.text import lenient

_DIALLED = re.compile(r"[\d\s+()/.\u2010-\u2015\u2212-]+")
_WHOLE = "lower(%(expressions)s)"
_AT = f"translate({_WHOLE}, '@', ' ')"
_PARTS = f"translate({_WHOLE}, '@.-_+', '     ')"


class PrefixSearchVector(Func):
    """The index before text was folded: for the migration `0001_initial` alone."""

    template = (
        "array_to_tsvector(array_remove(string_to_array("
        f"{_WHOLE} || ' ' || {_AT} || ' ' || {_PARTS}, ' '), ''))"
    )
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()


def typed(text: str) -> str:
    """The text to search for; a number that was typed in groups is one word."""
    plain = lenient(text)
    return re.sub(r"\D", "", plain) if _DIALLED.fullmatch(plain) else text
