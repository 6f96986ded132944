"""The limits of a cell: those of the model field, which are the API's too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models

from core.dates import iso_date

Clean = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file. `clean` gives what is stored, or raises ValidationError.

    An optional column may be missing from the file; its cells are empty then.
    """

    name: str
    clean: Clean
    required: bool = True


def limits_of(model: type[models.Model], name: str, *, blank: bool | None = None) -> Clean:
    """The check of a cell against a model field; `blank` overrides the field's own."""
    field: Any = model._meta.get_field(name)
    blank = field.blank if blank is None else blank
    if isinstance(field, models.DateField):
        return _date(field)
    if field.choices:
        return _choice([str(value) for value, _ in field.flatchoices])
    return _text(field, blank)


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

    def clean(text: str) -> str:
        if not text:
            if blank:
                return text
            raise ValidationError("This may not be empty.")
        if len(text) > longest:
            raise ValidationError(f"This has {len(text):,} characters; at most {longest} fit.")
        if not readable(text):
            raise ValidationError("This is not text in UTF-8, or it holds a NUL character.")
        for validate in validators:
            validate(text)
        return text

    return clean


def _choice(choices: list[str]) -> Clean:
    allowed = frozenset(choices)

    def clean(text: str) -> str:
        if text not in allowed:
            raise ValidationError(f"Use one of: {', '.join(choices)}.")
        return text

    return clean


def _date(field: Any) -> Clean:
    validators: list[Callable[[date], None]] = list(field.validators)

    def clean(text: str) -> str:
        try:
            day = iso_date(text)
        except ValueError as error:
            raise ValidationError("Give a date as YYYY-MM-DD.") from error
        for validate in validators:
            validate(day)
        return text

    return clean
