"""The forecast in the admin: a picture, and the same figures as a table."""

from collections.abc import Iterator
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from unfold.decorators import action

from core.admin.charts import Chart, Part, stacked_bars
from shipping.admin.read_only import ReadOnlyAdmin
from shipping.schedules.forecast import DAYS, Forecast, forecast


class ForecastPage(ReadOnlyAdmin):
    """A button above the list of schedules."""

    actions_list = ["forecast"]

    @action(
        description=f"Forecast of {DAYS} days",
        icon="bar_chart",
        permissions=["view"],
        url_path="forecast",
    )
    def forecast(self, request: HttpRequest) -> HttpResponse:
        """How many parcels will ship on which day."""
        result = forecast()
        context = self.admin_site.each_context(request) | {
            "title": f"Parcels of the next {DAYS} days",
            "opts": self.opts,
            "summary": _summary(result),
            "chart": _chart(result),
            "headers": ["Falls", "Ships", *(f"by {name}" for name in result.providers)],
            "rows": list(_rows(result)),
        }
        return TemplateResponse(request, "admin/shipping/forecast.html", context)


def _summary(result: Forecast) -> str:
    if not result.total:
        return "No schedule ships anything."
    [(day, count)] = result.busiest(1)
    return (
        f"{result.total:,} parcels from {date_format(result.first)} to {date_format(result.last)}, "
        f"counted from the schedules. The busiest day is {date_format(day)} with {count:,}."
    )


def _chart(result: Forecast) -> Chart:
    """The parcels that ship on each day, by provider."""
    return stacked_bars(
        {
            day: [
                Part(p.provider, p.shipments, f"{day:%a %-d %b %Y}, {p.provider}: {p.shipments:,}")
                for p in result.on(day)
            ]
            for day in result.dates()
        }
    )


def _rows(result: Forecast) -> Iterator[tuple[date, list[str]]]:
    """A row for each day on which anything happens."""
    for day in result.dates():
        parts = result.on(day)
        falls, ships = sum(p.occurrences for p in parts), [p.shipments for p in parts]
        if falls or any(ships):
            yield day, [f"{count:,}" for count in (falls, sum(ships), *ships)]
