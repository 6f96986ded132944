"""Tracking events in the admin, and what nobody understood."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from core.admin.list_filters import SetAsideFilter
from core.values.text import reference
from shipping.admin.filters import ProviderFilter
from shipping.admin.read_only import ReadOnlyAdmin, to_the_second
from shipping.models import TrackingEvent, UnreadableEvent
from shipping.provider_api.parsing import plain_reference


class ParkedFilter(admin.SimpleListFilter):
    """Those of shipments that we do not know."""

    title = "shipment"
    parameter_name = "parked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Parked or not."""
        return [("yes", "unknown: parked"), ("no", "known")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The events without a shipment, or with one."""
        if self.value() is None:
            return queryset
        return queryset.filter(shipment__isnull=self.value() == "yes")


@admin.register(TrackingEvent)
class TrackingEventAdmin(ReadOnlyAdmin):
    """What providers reported, as they said it."""

    list_display = [
        "arrived",
        "provider",
        "order_id",
        "event_name",
        "raw_status",
        "happened",
        "shipment",
    ]
    list_display_links = ["arrived"]
    list_select_related = ["shipment"]
    list_filter = [ParkedFilter, ProviderFilter]
    sortable_by: list[str] = []
    search_help_text = "The reference of a shipment; whole."

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The events of one reference."""
        return queryset.filter(order_id__in={text, plain_reference(text), reference(text)})

    @display(description="arrived")
    def arrived(self, event: TrackingEvent) -> str:
        """By our clock."""
        return to_the_second(event.received_at)

    @display(description="happened")
    def happened(self, event: TrackingEvent) -> str:
        """By the carrier's clock."""
        return to_the_second(event.event_time)


@admin.register(UnreadableEvent)
class UnreadableEventAdmin(ReadOnlyAdmin):
    """What providers reported and nobody understood, as it came."""

    nothing_here = "All that providers report is understood."
    list_display = [
        "arrived",
        "provider",
        "order_id",
        "raw_status",
        "happened",
        "problem",
        "shipment",
    ]
    list_display_links = ["arrived"]
    list_select_related = ["shipment"]
    list_filter = [SetAsideFilter, ProviderFilter]
    sortable_by: list[str] = []
    search_help_text = "The reference of a shipment; whole."
    fields = [
        ("provider", "arrived"),
        ("order_id", "shipment"),
        ("raw_status", "happened"),
        "problem",
        "as_it_came",
        "set_aside_at",
    ]
    readonly_fields = ["arrived", "happened", "as_it_came"]

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The events of one reference."""
        return queryset.filter(order_id__in={plain_reference(text), reference(text)})

    @display(description="arrived")
    def arrived(self, event: UnreadableEvent) -> str:
        """By our clock."""
        return to_the_second(event.received_at)

    @display(description="happened")
    def happened(self, event: UnreadableEvent) -> str:
        """By the carrier's clock, where it could be read."""
        return to_the_second(event.event_time)

    @display(description="as it came")
    def as_it_came(self, event: UnreadableEvent) -> str:
        """What the provider said; it may name people."""
        if event.body is not None:
            return bytes(event.body).decode(errors="replace")
        return json.dumps(event.raw, indent=1, ensure_ascii=False)
