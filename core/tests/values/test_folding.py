"""Python and the database fold text alike."""

import unicodedata

import pytest
from django.db import connection

from core.database.folding import SearchVector
from core.values.folding import fold, search_terms, typed_terms

NAMES = (
    "Zoë Únver", "José Ñandú", "Máire O’Shea", "Tom O'Hara", "Ana\u00a0Quill", "森田\u3000花子",
    "\u200eLroy Marks", "Xandoe, Mira", 'William "Bim" Vane', "Straße GROẞ", "Ɗan Ƙasim Əli",
    "Іван Їжак", "ΟΔΥΣΣΕΥΣ", "İstanbul ılık", "Anne\u2011Marie", "a.b-c_d+e@mail.example",
    "김민준", "ﬁne ½ ①", "Hash#tagged", "x" * 30, "", " ", "مُحَمَّد", "שָׁלוֹם",
)  # fmt: skip


def in_database(function: str, texts: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function} FROM unnest(%s) WITH ORDINALITY AS u(t, n) ORDER BY n",
            [texts],
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db
def test_every_letter_is_folded_as_the_database_folds_it():
    letters = [
        chr(code)
        for code in (*range(1, 0xD800), *range(0xE000, 0x20000))
        if unicodedata.category(chr(code)) not in ("Cn", "Co")
    ]
    folded = in_database("fold_text(t)", letters)
    differing = [
        f"{ord(letter):04x}"
        for letter, ours, theirs in zip(letters, map(fold, letters), folded, strict=True)
        if ours != theirs
    ]
    # The database exchanges these where there are others beside them: it looks for ranges first.
    assert differing == ["1d7d", "a78d"]


@pytest.mark.django_db
def test_names_have_the_words_that_the_database_gives_them():
    assert in_database("fold_text(t)", list(NAMES)) == [fold(name) for name in NAMES]
    vectors = in_database("tsvector_to_array(search_vector(t, '-'))", list(NAMES))
    assert [set(vector) for vector in vectors] == [search_terms(name) for name in NAMES]
    assert SearchVector("first_name", parted="-").extra["parted"] == "-"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Xandoe, Mira", [("xandoe", ["xandoe"]), ("mira", ["mira"])]),
        ("Anne\u2011Marie", [("anne-marie", ["anne-marie"])]),
        ("O’Shea", [("oshea", ["oshea"])]),
        ("ada.l@", [("ada.l@", ["ada.l@"])]),
        ("Hash#tag", [("hash#tag", ["hash", "tag"])]),
        ("& Ana", [("ana", ["ana"])]),
        ("&", [("&", [])]),
        ("   ", []),
    ],
)
def test_what_is_typed_is_parted(typed, expected):
    assert typed_terms(typed) == expected
