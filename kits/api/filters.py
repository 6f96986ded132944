"""How kits and lots are filtered."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from core.api.filters import FilterForm, FilterSet, IdFilter, TokenFilter
from kits.models import Kit, Lot
from kits.states import KitState
from kits.values import labels, serials


def of_serial(kits: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The kit of a serial, however it was typed; none of what is no serial."""
    try:
        return kits.filter(serial=serials.normalise(text))
    except ValidationError:
        return kits.none()


def search(kits: QuerySet[Any], text: str) -> QuerySet[Any]:
    """A kit by its serial or its return label, or those of a lot; whole."""
    matches = of_serial(kits, text)
    if matches.exists():
        return matches
    label = kits.filter(return_tracking=labels.key(text))
    return label if label.exists() else kits.filter(lot__number=text)


class LotFilter(FilterSet):
    """By type and expiry."""

    kit_type = TokenFilter(field_name="product__item_id")
    number = TokenFilter()
    expires_before = django_filters.DateFilter(
        field_name="expires_on", lookup_expr="lt", help_text="Before that day."
    )

    class Meta:
        model = Lot
        form = FilterForm
        fields: list[str] = []


class KitFilter(FilterSet):
    """By state, type, lot, order and label."""

    state = django_filters.ChoiceFilter(choices=KitState.choices)
    kit_type = TokenFilter(field_name="lot__product__item_id")
    lot = TokenFilter(field_name="lot__number", help_text="The lot's number.")
    order = IdFilter(field_name="shipment__order_id", help_text="The order's id.")
    return_tracking = TokenFilter(
        method="by_return_label", help_text="In groups or not, in capitals or not."
    )

    class Meta:
        model = Kit
        form = FilterForm
        fields: list[str] = []

    def by_return_label(self, kits: QuerySet[Kit], name: str, value: str) -> QuerySet[Kit]:
        """The kit that this label brings back."""
        return kits.filter(return_tracking=labels.key(value))
