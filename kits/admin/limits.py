"""Limits of kit types in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin.pages import ModelAdmin
from kits.models import KitLimits


@admin.register(KitLimits)
class KitLimitsAdmin(ModelAdmin):
    """What staff set for a kit type; one that is not here has the defaults."""

    list_display = [
        "product",
        "return_within_days",
        "stability_hours",
        "laboratory_days",
        "most_replacements",
    ]
    list_select_related = ["product"]
    fields = [
        "product",
        "expiry_warning_days",
        ("remind_after_days", "return_within_days"),
        "stability_hours",
        "laboratory_days",
        "most_replacements",
    ]
    search_fields = ["product__item_id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The kit type stays."""
        return ["product"] if obj else []
