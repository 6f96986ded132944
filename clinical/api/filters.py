"""How patients and studies are filtered."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from clinical import births
from clinical.identifiers import value_index
from clinical.models import Modality, Patient, PatientIdentifier, Study, Urgency
from clinical.search import born_on, of_body_part, with_email
from clinical.states import StudyState
from core.api.filters import EmailFilter, FilterForm, FilterSet, IdFilter, TextFilter, TokenFilter
from core.forms import TokenField


class BirthDateFilter(TokenFilter):
    """Filters by what a birth date is known to be: `1985` is all who were born in that year."""

    class field_class(TokenField):  # noqa: N801 - their name for it
        """A date, a month or a year."""

        def to_python(self, value: Any) -> Any:
            """As far as it is known; None for an empty one. Raises ValidationError."""
            text = super().to_python(value)
            return births.read(text) if text else None

    def filter(self, queryset: QuerySet[Any], value: births.Born | None) -> QuerySet[Any]:
        """The patients born then; not those of whom less is known."""
        if value is None:
            return queryset
        return born_on(queryset, value)


class PatientFilter(FilterSet):
    """By birth date, e-mail, foreign id, identifier and customer; the archived ones on request."""

    birth_date = BirthDateFilter(help_text="YYYY-MM-DD, or all of YYYY-MM or YYYY.")
    email = EmailFilter(method="by_email", help_text="In any case.")
    external_id = TokenFilter(help_text="The id in the system it was imported from.")
    identifier = TokenFilter(method="by_identifier", help_text="The value of one, as a whole.")
    customer = IdFilter(help_text="The customer's id.")
    archived = django_filters.BooleanFilter(
        method="by_archived",
        help_text="`true`: those alone; else they are left out.",
    )

    class Meta:
        model = Patient
        form = FilterForm
        fields: list[str] = []

    def by_email(self, queryset: QuerySet[Patient], name: str, value: str) -> QuerySet[Patient]:
        """Patients with this address."""
        return with_email(queryset, value)

    def by_identifier(
        self, queryset: QuerySet[Patient], name: str, value: str
    ) -> QuerySet[Patient]:
        """Patients with an identifier of this value, of whatever system."""
        index = value_index(value)
        has_it = PatientIdentifier.objects.filter(value_index=index)
        return queryset.filter(pk__in=has_it.values("patient"))

    def by_archived(self, queryset: QuerySet[Patient], name: str, value: bool) -> QuerySet[Patient]:
        """The archived ones, or the others; records that were merged into others are neither."""
        return queryset.filter(archived_at__isnull=not value, merged_into__isnull=True)


class StudyFilter(FilterSet):
    """By urgency, type, status and body part."""

    urgency_level = django_filters.ChoiceFilter(choices=Urgency.choices)
    type = django_filters.ChoiceFilter(choices=Modality.choices)
    status = django_filters.ChoiceFilter(
        field_name="state",
        choices=[c for c in StudyState.choices if c[0] != StudyState.ENTERED_IN_ERROR],
    )
    body_part = TextFilter(method="by_body_part", help_text="In any case.")

    class Meta:
        model = Study
        form = FilterForm
        fields: list[str] = []

    def by_body_part(self, queryset: QuerySet[Study], name: str, value: str) -> QuerySet[Study]:
        """The studies, of one patient, of this part."""
        return of_body_part(queryset, value)
