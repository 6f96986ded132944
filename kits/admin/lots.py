"""Lots in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from core.admin.overview.panels import linked
from kits.models import Lot
from shipping.admin.read_only import ReadOnlyAdmin


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    """What was made together. Lots come in with their kits."""

    nothing_here = "Lots come in with their kits: import a file of kits."
    list_display = ["number", "kit_type", "expires_on", "created_at"]
    list_filter = [("expires_on", RangeDateFilter)]
    list_select_related = ["product"]
    sortable_by = ["expires_on"]
    search_help_text = "The number of a lot; whole."
    export_columns = {"kit_type": "kit_type", "lot": "number", "expires_on": "expires_on"}
    fieldsets = [(None, {"fields": [("number", "kit_type"), ("expires_on", "created_at")]})]
    readonly_fields = ["kit_type"]

    @display(description="kit type")
    def kit_type(self, lot: Lot) -> str:
        """A link to its product."""
        return linked(lot.product, lot.kit_type)

    def search(self, queryset: QuerySet[Lot], text: str) -> QuerySet[Lot]:
        """By number."""
        return queryset.filter(number=text)
