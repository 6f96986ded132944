"""The base of every serializer: what is not asked for, or not of the type asked for, is refused.

Text is cleaned before anything else is asked of it: what shows nothing is blank, and lengths are
those of what is kept (core/values/text.py).
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, NoReturn, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from rest_framework import serializers
from rest_framework.fields import empty, get_error_detail

from core.api.errors import MOST_ERRORS
from core.bases import MixinBase
from core.values import text
from core.values.choices import known_choices
from core.values.dates import iso_date

Form = TypeVar("Form", bound="Serializer")


class CharField(serializers.CharField):
    """One line of text. DRF would turn numbers into it."""

    clean: Callable[[str], str] = staticmethod(text.line)

    def run_validation(self, data: Any = empty) -> Any:
        """The text as it is kept; a ValidationError for what is refused."""
        if isinstance(data, str) and not text.cannot_fit(data, self.max_length):
            try:
                data = self.clean(data)
            except ValidationError as error:
                raise serializers.ValidationError(get_error_detail(error)) from error
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        """The text; a ValidationError for any other type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextField(CharField):
    """Text of any number of lines."""

    clean = staticmethod(text.prose)


class TokenField(CharField):
    """A code, a number or a key: compared by machines."""

    clean = staticmethod(text.token)


class EmailField(serializers.EmailField, CharField):
    """An e-mail address."""

    clean = staticmethod(text.email)


class IntegerField(serializers.IntegerField):
    """A whole number. DRF would read it from text."""

    def to_internal_value(self, data: Any) -> int:
        """The number; a ValidationError for text, booleans and fractions."""
        if isinstance(data, str | bool) or (isinstance(data, float) and not data.is_integer()):
            self.fail("invalid")
        return super().to_internal_value(data)


class BooleanField(serializers.BooleanField):
    """Yes or no. DRF would read it from text and numbers."""

    def to_internal_value(self, data: Any) -> bool:
        """It; a ValidationError for anything but true and false."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class DateField(serializers.DateField):
    """A date as YYYY-MM-DD only. DRF would take week dates and dates without hyphens too."""

    def to_internal_value(self, value: Any) -> date:
        """The date; a ValidationError for anything else."""
        try:
            return iso_date(value)
        except (ValueError, TypeError):
            self.fail("invalid", format="YYYY-MM-DD")


class ChoiceField(serializers.ChoiceField):
    """One of a few words; whoever sends another is told which there are."""

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        """Raise a ValidationError that names the choices, unless they are too many."""
        if key == "invalid_choice":
            kwargs.setdefault("known", known_choices(self.choices))
        super().fail(key, **kwargs)

    default_error_messages = {"invalid_choice": '"{input}" is not a valid choice. {known}'}


class ListField(serializers.ListField):
    """A list. DRF would look at each of a million entries, and then say that they are too many."""

    def run_child_validation(self, data: Any) -> list[Any]:
        """The entries' values; a ValidationError when there are too many, or for each bad one."""
        if self.max_length is not None and len(data) > self.max_length:
            message = f"Ensure this field has no more than {self.max_length} elements."
            raise serializers.ValidationError(message, code="max_length")
        values: list[Any] = super().run_child_validation(data)
        return values


class StrictMixin(MixinBase):
    """Refuses unknown and read-only fields by name instead of dropping them silently."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; a ValidationError names each unknown field."""
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self._writable()))[:MOST_ERRORS]
            if unknown:
                raise serializers.ValidationError(
                    {str(name)[:100]: ["This field is unknown or read-only."] for name in unknown},
                    code="unknown_field",
                )
        return super().to_internal_value(data)

    def _writable(self) -> list[str]:
        fields = self.fields
        return [name for name, field in fields.items() if not field.read_only]


class Serializer(StrictMixin, serializers.Serializer[Any]):
    """A plain serializer that refuses unknown fields."""


@cache
def kept_form(serializer: type[Form]) -> Form:
    """One of this kind for all requests: validating by `run_validation` leaves nothing in it.

    Making one copies each of its fields: a fifth of what placing an order takes.
    """
    return serializer()


def validated(serializer: type[Form], data: Any) -> Any:
    """What a body of this kind says. Raises ValidationError as a serializer of one's own would."""
    if data is None:
        raise serializers.ValidationError({"non_field_errors": ["No data provided"]}, code="null")
    return kept_form(serializer).run_validation(data)


class ModelSerializer(StrictMixin, serializers.ModelSerializer[Any]):
    """A model serializer that refuses unknown fields and other types."""

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        """Write what came and nothing else: other fields may have been changed meanwhile."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=list(validated_data))
        instance.refresh_from_db()
        return instance

    serializer_choice_field = ChoiceField
    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: CharField,
        models.TextField: TextField,
        models.EmailField: EmailField,
        models.IntegerField: IntegerField,
        models.PositiveIntegerField: IntegerField,
    }
