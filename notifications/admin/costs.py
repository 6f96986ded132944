"""What messages cost: a picture of the days, and the figures below it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from core.admin.pages import ModelAdmin
from core.admin.read_only import ReadOnly
from core.database import clock
from notifications.admin.cost_chart import pictures
from notifications.models import Balance, DailyCost


@admin.register(DailyCost)
class DailyCostAdmin(ReadOnly, ModelAdmin):
    """What each service took on each day, and what that cost."""

    nothing_here = "No message has been sent yet."
    list_display = ["day", "channel", "provider", "messages", "cost"]
    list_filter = [("day", RangeDateFilter), "channel", "provider", "currency"]
    list_filter_submit = True
    list_display_links = None
    actions = None
    show_full_result_count = False
    list_per_page = 31
    list_before_template = "notifications/costs.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, below a picture of the last days and what is left on the accounts."""
        more = {"pictures": pictures(clock.today()), "accounts": Balance.objects.all()}
        page: HttpResponse = super().changelist_view(request, (extra_context or {}) | more)
        return page

    @display(description="cost")
    def cost(self, row: DailyCost) -> str:
        """The exact amount, in the service's currency."""
        return f"{row.currency} {row.amount.normalize():f}" if row.currency else "no price named"
