"""How the exceptions queue is filtered."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet

from core import cases
from core.api.filters import FilterForm, FilterSet, IdFilter, TokenFilter
from core.cases.models import Case
from core.database import clock

LONGEST_AGE = 100_000


def kind_choices() -> list[tuple[str, str]]:
    """Every kind that an app has registered."""
    return [(kind.name, kind.label) for kind in cases.kinds()]


class CaseFilter(FilterSet):
    """By kind, whether it is open, age, provider and subject."""

    kind = django_filters.ChoiceFilter(choices=kind_choices)
    open = django_filters.BooleanFilter(
        field_name="closed_at", lookup_expr="isnull", help_text="`true`: not closed yet."
    )
    age_hours = django_filters.NumberFilter(
        method="at_least", min_value=0, max_value=LONGEST_AGE, help_text="As old, or older."
    )
    provider = TokenFilter(
        field_name="source", help_text="The provider or channel that it came from."
    )
    subject = IdFilter(field_name="subject_id", help_text="The id of what it is about.")

    class Meta:
        model = Case
        form = FilterForm
        fields: list[str] = []

    def at_least(self, queryset: QuerySet[Any], name: str, value: Decimal) -> QuerySet[Any]:
        """The cases that were opened so many hours ago, or earlier."""
        return queryset.filter(opened_at__lte=clock.now() - timedelta(hours=float(value)))
