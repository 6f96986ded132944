"""What messages cost: a picture of the days, and the figures below it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from core.admin.charts import Chart, Part, stacked_bars
from core.admin.pages import ModelAdmin
from core.admin.read_only import ReadOnly
from core.database import clock
from notifications.models import Balance, DailyCost

DAYS = 30


@dataclass(frozen=True, slots=True)
class Picture:
    """The last days in one currency."""

    currency: str
    total: str
    messages: int
    chart: Chart

    @property
    def label(self) -> str:
        """What is read aloud in its place."""
        return f"{self.currency} a day; the figures are in the table below"


def _pictures(today: date) -> list[Picture]:
    """A picture for each currency of the last days, the one with most messages first."""
    days = [today - timedelta(days=n) for n in reversed(range(DAYS))]
    rows = DailyCost.objects.filter(day__range=(days[0], today)).exclude(currency="")
    by_currency: defaultdict[str, list[DailyCost]] = defaultdict(list)
    for row in rows.order_by("day", "channel", "provider"):
        by_currency[row.currency].append(row)
    pictures = [_picture(currency, rows, days) for currency, rows in by_currency.items()]
    return sorted(pictures, key=lambda picture: -picture.messages)


def _picture(currency: str, rows: list[DailyCost], days: list[date]) -> Picture:
    total = sum(row.amount for row in rows)
    parts = {day: [_part(row) for row in rows if row.day == day] for day in days}
    messages = sum(row.messages for row in rows)
    return Picture(currency, f"{total:,.2f}", messages, stacked_bars(parts, decimals=2))


def _part(row: DailyCost) -> Part:
    name = f"{row.channel} by {row.provider}"
    amount = f"{row.amount:,.2f} {row.currency}, {row.messages} {name}"
    return Part(name, row.amount, f"{row.day:%-d %B}: {amount}")


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
        more = {"pictures": _pictures(clock.today()), "accounts": Balance.objects.all()}
        page: HttpResponse = super().changelist_view(request, (extra_context or {}) | more)
        return page

    @display(description="cost")
    def cost(self, row: DailyCost) -> str:
        """The exact amount, in the service's currency."""
        return f"{row.currency} {row.amount.normalize():f}" if row.currency else "no price named"
