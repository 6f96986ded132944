"""The base of every serializer: what is not asked for, or not of the type asked for, is refused."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models
from rest_framework import serializers

from core.dates import iso_date


class CharField(serializers.CharField):
    """Text. DRF would turn numbers into it."""

    def to_internal_value(self, data: Any) -> str:
        """The text; a ValidationError for any other type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class EmailField(serializers.EmailField, CharField):
    """An e-mail address."""


class IntegerField(serializers.IntegerField):
    """A whole number. DRF would read it from text."""

    def to_internal_value(self, data: Any) -> int:
        """The number; a ValidationError for text, booleans and fractions."""
        if isinstance(data, str | bool) or (isinstance(data, float) and not data.is_integer()):
            self.fail("invalid")
        return super().to_internal_value(data)


class DateField(serializers.DateField):
    """A date as YYYY-MM-DD only. DRF would take week dates and dates without hyphens too."""

    def to_internal_value(self, value: Any) -> date:
        """The date; a ValidationError for anything else."""
        try:
            return iso_date(value)
        except (ValueError, TypeError):
            self.fail("invalid", format="YYYY-MM-DD")


class StrictMixin:
    """Refuses unknown and read-only fields by name instead of dropping them silently."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; a ValidationError names each unknown field."""
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self._writable()))
            if unknown:
                raise serializers.ValidationError(
                    {str(name)[:100]: ["This field is unknown or read-only."] for name in unknown},
                    code="unknown_field",
                )
        return super().to_internal_value(data)  # type: ignore[misc]

    def _writable(self) -> list[str]:
        fields = self.fields  # type: ignore[attr-defined]
        return [name for name, field in fields.items() if not field.read_only]


class Serializer(StrictMixin, serializers.Serializer[Any]):
    """A plain serializer that refuses unknown fields."""


class ModelSerializer(StrictMixin, serializers.ModelSerializer[Any]):
    """A model serializer that refuses unknown fields and other types."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: CharField,
        models.TextField: CharField,
        models.EmailField: EmailField,
        models.IntegerField: IntegerField,
        models.PositiveIntegerField: IntegerField,
    }
