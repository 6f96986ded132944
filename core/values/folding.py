"""Text folded for search as the database folds it (core/database/folding.py), for columns that the
database cannot read: without accents and case, one apostrophe, one hyphen, one blank.

The tables are those of the migration that made the database's functions.
"""

import re
from importlib import import_module
from typing import Any

from core.values.text import taken_apart

_database: Any = import_module("core.migrations.0012_more_letters_and_signs")
_SIGNS = str.maketrans(_database.before.SIGNS)
_MARKS = re.compile(f"[{_database.before.MARKS}]+")
_LETTERS = str.maketrans(
    _database.before.BLANKS | _database.before.LETTERS | _database.LETTERS | _database.before.PAIRS
)
_ASCII_SIGNS = str.maketrans(_database.before.ASCII_SIGNS)
_PARTING = re.compile(f"[{_database.SIGNS}]+")
_EDGES = ".-_"  # of what is typed
_NO_LETTERS = str.maketrans("", "", "@.-_+")
LONGEST_WORD = 500


def fold(text: str) -> str:
    """The text as it is compared."""
    if not text.isascii():
        text = _MARKS.sub("", taken_apart(text.translate(_SIGNS))).translate(_LETTERS)
    text = text.translate(_ASCII_SIGNS).lower()
    return text if text.isascii() else text.replace("ς", "σ")


def search_terms(*columns: str) -> set[str]:
    """The folded words of a row: as they stand, parted at `@`, and parted at signs and hyphens."""
    text = fold(" ".join(columns))
    whole = text.replace("'", "")
    terms = set(whole.split(" "))
    if "@" in whole:
        terms.update(whole.replace("@", " ").split(" "))
    terms.update(_PARTING.sub(" ", text).replace("-", " ").replace("'", " ").split(" "))
    terms.discard("")
    return terms


def typed_terms(text: str) -> list[tuple[str, list[str]]]:
    """The folded words of a search, each with its parts between signs: a row must have a word that
    begins with the one, or words that begin with each of the others.

    What is signs alone counts only where nothing else was typed.
    """
    parted = (part.strip(_EDGES) for part in fold(text).replace("'", "").split(" "))
    terms = [(word, _parts(word)) for word in (part[:LONGEST_WORD] for part in parted) if word]
    return [term for term in terms if term[1]] or terms


def _parts(word: str) -> list[str]:
    bare = (part.strip(_EDGES) for part in _PARTING.split(word.lstrip("@+")))
    return [part for part in bare if part.translate(_NO_LETTERS)]
