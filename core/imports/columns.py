"""The limits of a cell: those of the model field, which are the API's too."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models

from core.values import text as texts

Clean = Callable[[str], str]

# An empty cell keeps the value that is there; this word empties it, and is staged as it stands.
CLEARED = "(none)"
# What spreadsheets write where a formula has failed, each in its language: #VALEUR!, #¿NOMBRE?.
_ERROR = re.compile(r"#[¡¿]?[^\W\d][\w/]*[!?]|#\w/[^\W\d]+|#(?:NV|YOK|GETTING_DATA)|Err:[0-9]{3}")
_FORMULA = re.compile('[=@].*|".*"')
_ROUNDED = re.compile(
    r"[-+]?[0-9]+[.,][0-9]+E[-+]?[0-9]+|[-+]?[0-9]E(?:\+[0-9]+|-[0-9]{2,})|[0-9]+[.,]0+|#+"
    r"|#.*[!?]|#\D{2,}|Err:.*",
    re.IGNORECASE,
)
_NOTHING = frozenset(("nan", "null", "none", "(null)", "undefined"))

# Cells as most of a file's are: valid, and kept as they stand. See `Column.plain`.
PLAIN_PHRASE = re.compile(r"(?=.{1,50}\Z)[A-Za-z0-9]+(?:[ '-][A-Za-z0-9]+)*")
PLAIN_NUMBER = re.compile(r"(?=.{1,30}\Z)[A-Za-z]*-?[0-9]+(?:-[0-9]+)*")
PLAIN_EMAIL = re.compile(
    r"(?=.{6,60}\Z)[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}"
)
_NO_CELL = re.compile("(?!)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file. `clean` gives what is stored, or raises ValidationError.

    An optional column may be missing from the file; its cells are empty then. What `plain` matches
    is known to be what `clean` gives back unchanged, and is not shown to it: that is most of the
    time that a row takes. `is_date`: a workbook may hold dates here; elsewhere a date is a
    damaged id.
    """

    name: str
    clean: Clean
    required: bool = True
    plain: re.Pattern[str] = _NO_CELL
    is_date: bool = False


def limits_of(
    model: type[models.Model], name: str, *, blank: bool | None = None, clearable: bool = False
) -> Clean:
    """The check of a cell against a model field; `blank` overrides the field's own.

    With `clearable` the word `(none)` is taken for what may be blank, and given as CLEARED.
    """
    field: Any = model._meta.get_field(name)
    blank = field.blank if blank is None else blank
    if field.choices:
        return _choice([str(value) for value, _ in field.flatchoices])
    check = _text(field, blank)
    return or_cleared(check) if clearable and blank else check


def or_cleared(check: Clean) -> Clean:
    """The check, but for the word that empties what is there."""
    return lambda text: CLEARED if text.casefold() == CLEARED else check(text)


def resolved(column: str) -> str:
    """SQL: what a cell comes to beside the row that is there, `r` and `p`; an absent row has none.

    An empty cell keeps the value, CLEARED empties it.
    """
    return (
        f"CASE r.{column} WHEN '' THEN COALESCE(p.{column}, '') WHEN '{CLEARED}' THEN '' "
        f"ELSE r.{column} END"
    )


def identifier(check: Clean) -> Clean:
    """The check of an id that another system gave out: what a spreadsheet made of it is refused.

    It is never corrected: nobody knows which id it was, and a wrong one is another person.
    """

    def clean(text: str) -> str:
        if texts.holds_unseen(text) or texts.visible(text) != text:
            raise ValidationError(
                "It holds characters that cannot be seen, or uncommon blanks. Write the id anew."
            )
        if _FORMULA.fullmatch(text):
            raise ValidationError("This is a formula of a spreadsheet. Write the id alone.")
        if text.startswith("'"):
            raise ValidationError("A spreadsheet's mark of text is before it. Leave out the '.")
        if _ROUNDED.fullmatch(text) or text.casefold() in _NOTHING:
            raise ValidationError(
                "A spreadsheet made this of an id. Export it anew, the column formatted as text."
            )
        kept = check(text)
        if texts.plain(kept) != kept or (
            not kept.isascii() and any(c.isdecimal() and not c.isascii() for c in kept)
        ):
            raise ValidationError("Write it in common letters and the digits 0 to 9.")
        return kept

    return clean


def readable(text: str) -> bool:
    """Whether it was UTF-8 and holds no NUL, which PostgreSQL does not store."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(field: Any, blank: bool) -> Clean:
    longest: int = field.max_length
    validators = [v for v in field.validators if not isinstance(v, MaxLengthValidator)]
    cleaned = _cleaner(field)

    def clean(text: str) -> str:
        if not readable(text):
            raise ValidationError("This is not text in UTF-8, or it holds a NUL character.")
        text = cleaned(text)
        if not text:
            if blank:
                return text
            raise ValidationError("This may not be empty.")
        if len(text) > longest:
            raise ValidationError(f"This has {len(text):,} characters; at most {longest} fit.")
        if text[0] in "#E" and _ERROR.fullmatch(text):
            raise ValidationError("This is an error of a spreadsheet, not a value.")
        for validate in validators:
            validate(text)
        return text

    return clean


def _cleaner(field: Any) -> Clean:
    if isinstance(field, models.EmailField):
        return texts.email
    if isinstance(field, models.TextField):
        return lambda text: texts.prose(text).strip()
    return texts.line


def _choice(choices: list[str]) -> Clean:
    allowed = frozenset(choices)

    def clean(text: str) -> str:
        text = texts.token(text)
        if text not in allowed:
            raise ValidationError(f"Use one of: {', '.join(choices)}.")
        return text

    return clean
