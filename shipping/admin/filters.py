"""By what the list of shipments is narrowed down."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from shipping import providers
from shipping.states import (
    EXCEPTIONS,
    MOVING,
    ShipmentState,
)

SEVERAL = {"exceptions": ("to look at", EXCEPTIONS), "moving": ("on their way", MOVING)}


class StateFilter(admin.SimpleListFilter):
    """By state, and all that need a person."""

    title = "state"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What needs somebody first."""
        return [*((name, label) for name, (label, _) in SEVERAL.items()), *ShipmentState.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The shipments in it."""
        chosen = self.value()
        if chosen in SEVERAL:
            return queryset.filter(state__in=SEVERAL[str(chosen)][1])
        return queryset.filter(state=chosen) if chosen else queryset


class ProviderFilter(admin.SimpleListFilter):
    """By provider, without reading every shipment for the choices."""

    title = "provider"
    parameter_name = "provider"
    open_ended = True  # old parcels have had others

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The providers there are."""
        return [(name, name) for name in providers.names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The shipments of the chosen one."""
        return queryset.filter(provider=self.value()) if self.value() else queryset
