"""How shipments and schedules are filtered and found."""

import re
from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Q, QuerySet, Value
from django.db.models.lookups import Exact

from core.api.filters import (
    LARGEST_ID,
    FilterForm,
    FilterSet,
    IdFilter,
    OurNumberFilter,
    TokenFilter,
)
from core.database.folding import NumberKey
from core.database.matches import matching_rows
from core.values.text import code, reference
from orders.models import DeliveryService
from shipping import providers
from shipping.models import Return, Schedule, Shipment
from shipping.states import ReturnState, ScheduleState, ShipmentState

_NUMBER = re.compile(r"co-?([0-9]{1,19})", re.ASCII)


class ShipmentFilter(FilterSet):
    """By order, status, provider, service and day."""

    order = IdFilter(field_name="order_id", help_text="The order's id.")
    schedule = IdFilter(field_name="schedule_id", help_text="The schedule's id.")
    status = django_filters.ChoiceFilter(field_name="state", choices=ShipmentState.choices)
    reference = OurNumberFilter()
    tracking_number = TokenFilter(
        method="by_tracking_number", help_text="In groups or not, in capitals or not."
    )
    provider = django_filters.ChoiceFilter(choices=[(name, name) for name in providers.names()])
    delivery_service = django_filters.ChoiceFilter(choices=DeliveryService.choices)
    ship_on_after = django_filters.DateFilter(
        field_name="ship_on", lookup_expr="gte", help_text="That day or later."
    )
    ship_on_before = django_filters.DateFilter(
        field_name="ship_on", lookup_expr="lt", help_text="Before that day."
    )

    class Meta:
        model = Shipment
        form = FilterForm
        fields: list[str] = []

    def by_tracking_number(
        self, queryset: QuerySet[Shipment], name: str, value: str
    ) -> QuerySet[Shipment]:
        """The shipments that a carrier calls so."""
        return matching_rows(queryset, _tracked(value))


class ReturnFilter(FilterSet):
    """By shipment and status."""

    shipment = IdFilter(field_name="shipment_id", help_text="The shipment's id.")
    status = django_filters.ChoiceFilter(field_name="state", choices=ReturnState.choices)

    class Meta:
        model = Return
        form = FilterForm
        fields: list[str] = []


class ScheduleFilter(FilterSet):
    """By order, state and interval."""

    order = IdFilter(field_name="order_id", help_text="The order's id.")
    state = django_filters.ChoiceFilter(choices=ScheduleState.choices)
    interval = django_filters.ChoiceFilter(choices=[("weekly", "weekly"), ("monthly", "monthly")])

    class Meta:
        model = Schedule
        form = FilterForm
        fields: list[str] = []


def _tracked(text: str) -> Q:
    """With this tracking number, by its index."""
    key = NumberKey(Value(code(text)))
    return ~Q(tracking_number="") & Q(Exact(NumberKey("tracking_number"), key))


def search(queryset: QuerySet[Any], text: str, *, orders: Sequence[int] = ()) -> QuerySet[Any]:
    """Shipments by their order's number, their own reference, or their tracking number; and those
    of these `orders`."""
    wanted = reference(text)
    condition = Q(reference=wanted) | _tracked(text)
    if orders:
        condition |= Q(order_id__in=orders)
    number = _NUMBER.fullmatch(wanted)
    if number and int(number[1]) <= LARGEST_ID:
        condition |= Q(order_id=int(number[1]))
    return matching_rows(queryset, condition)
