"""The filters that lists share: typed, limited, and strict about what is empty."""

import re
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.timezone import get_current_timezone
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field

from core.forms import CharField, EmailField, TokenField
from core.values.choices import known_choices
from core.values.dates import iso_moment
from core.values.text import reference

LARGEST_ID = 2**63 - 1
# In a query an unescaped `+` is a blank: the one before an offset can have been nothing else.
_LOST_PLUS = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")
_CLOCK = re.compile(r"[T ]\d\d:?\d\d")


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": LARGEST_ID})
class IdFilter(django_filters.NumberFilter):
    """Filters by a key. Whole numbers only: 1.5 does not mean 1."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **kwargs)

    def get_max_validator(self) -> None:
        """None: the field has its own limits."""


class TextFilter(django_filters.CharFilter):
    """Filters by one line of text, cleaned as the stored one was."""

    field_class = CharField


class TokenFilter(django_filters.CharFilter):
    """Filters by a code, a number or a key."""

    field_class = TokenField


class EmailFilter(django_filters.CharFilter):
    """Filters by an e-mail address in any case. A `+` that was not escaped arrives as a blank."""

    class field_class(EmailField):  # noqa: N801 - their name for it
        """Any text: an address that cannot be one finds nobody."""

        default_validators = []

        def to_python(self, value: Any) -> Any:
            """The address, its blanks taken for what they were."""
            return str(super().to_python(value)).replace(" ", "+")

    def __init__(self, *args: Any, lookup_expr: str = "iexact", **kwargs: Any) -> None:
        super().__init__(*args, lookup_expr=lookup_expr, **kwargs)


class TimeField(IsoDateTimeField):
    """A time (RFC 3339, in letters of either case), in UTC: PostgreSQL knows no zones beyond 16
    hours."""

    def to_python(self, value: Any) -> datetime | None:
        """The time. Raises ValidationError for one that leaves the calendar."""
        if isinstance(value, str):
            value = value.strip().upper()
            date, rest = value[:10], value[10:]
            if _CLOCK.match(rest):
                value = date + rest[0] + _LOST_PLUS.sub("+", rest[1:])
        try:
            time = self._moment(value)
            return time and time.astimezone(get_current_timezone()).astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError("Give a time within the calendar.", "calendar") from None

    def _moment(self, value: Any) -> datetime | None:
        """It as everywhere else (`core.values.dates`), or as Django reads times."""
        try:
            return iso_moment(value)
        except (TypeError, ValueError):
            moment: datetime | None = super().to_python(value)
            return moment


class TimeFilter(django_filters.IsoDateTimeFilter):
    """Filters by a time with its zone; without one it is taken in ours."""

    field_class = TimeField


class OurNumberFilter(TokenFilter):
    """Filters by a number or reference of ours (`co-1`), however it was written."""

    def filter(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows that bear it."""
        rows: QuerySet[Any] = super().filter(queryset, reference(value))
        return rows


class FilterSet(django_filters.FilterSet):
    """The filters of a list. Those that nobody asked for are not made: a form of all of them costs
    more than the page."""

    base_filters: dict[str, Any]

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        asked = data or ()
        self.base_filters = {
            name: each
            for name, each in self.base_filters.items()
            if name in asked or each.extra["required"]
        }
        super().__init__(data, *args, **kwargs)

    def is_valid(self) -> bool:
        """Whether what was asked for makes sense."""
        return not self.filters or super().is_valid()

    @property
    def qs(self) -> QuerySet[Any]:
        """The rows that were asked for."""
        rows: QuerySet[Any] = super().qs if self.filters else self.queryset
        return rows


class FilterForm(forms.Form):
    """Refuses an empty time, key or choice, and a yes or no that is neither: a mistake, not
    everything. A wrong choice is told which there are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                choices: Any = field.choices
                known = known_choices([value for value, _ in choices])
                text = f"“%(value)s” is not a valid choice. {known.replace('%', '%%')}"
                field.error_messages["invalid_choice"] = text.strip()

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError for each."""
        for name, field in self.fields.items():
            if isinstance(field, forms.NullBooleanField) and self._is_neither(name):
                self.add_error(name, forms.ValidationError("Say true or false.", "invalid"))
            sent = self.data.get(name)
            if sent is not None and not sent.strip() and not isinstance(field, forms.CharField):
                text = "Give a value, or leave it out."
                self.add_error(name, forms.ValidationError(text, "empty"))
        return self.cleaned_data

    def _is_neither(self, name: str) -> bool:
        """The field itself also takes 2 and 3, which an HTML form of Django's would send."""
        return str(self.data.get(name) or "true").lower() not in ("true", "false")
