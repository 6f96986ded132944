"""Tracking events in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from shipping.admin.reading import ReadOnlyAdmin
from shipping.admin.shipments import ProviderFilter
from shipping.models import TrackingEvent


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

    list_display = ["received_at", "provider", "order_id", "event_name", "event_time", "shipment"]
    list_display_links = ["received_at"]
    list_select_related = ["shipment"]
    list_filter = [ParkedFilter, ProviderFilter]
    sortable_by: list[str] = []
    search_help_text = "The reference of a shipment, as the provider said it; whole."

    def found(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The events of one reference."""
        return queryset.filter(order_id=text)
