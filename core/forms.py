"""Form fields that clean what is typed (core/text.py), in dialogs and in the admin's own forms."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest

from core import text


class CharField(forms.CharField):
    """One line of text."""

    clean_text: Callable[[str], str] = staticmethod(text.line)

    def to_python(self, value: Any) -> Any:
        """The text as it is kept; what shows nothing is empty. Raises ValidationError."""
        return super().to_python(self.clean_text(value) if isinstance(value, str) else value)


class TextField(CharField):
    """Text of any number of lines."""

    clean_text = staticmethod(text.prose)


class TokenField(CharField):
    """A code, a number or a key: compared by machines."""

    clean_text = staticmethod(text.token)


class EmailField(CharField, forms.EmailField):
    """An e-mail address."""

    clean_text = staticmethod(text.email)


# A model field of just this class; those derived from it have form fields of their own.
FORM_FIELDS: dict[type["models.Field[Any, Any]"], type[forms.Field]] = {
    models.CharField: CharField,
    models.TextField: TextField,
    models.EmailField: EmailField,
}


class CleanText:
    """For pages of the admin and their inlines: each typed text is cleaned."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The field that cleans; a choice stays a choice."""
        if type(db_field) in FORM_FIELDS:
            kwargs.setdefault("form_class", FORM_FIELDS[type(db_field)])
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
