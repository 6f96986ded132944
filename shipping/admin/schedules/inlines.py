"""What stands below a schedule."""

from django.utils.formats import date_format
from unfold.decorators import display

from core.admin.overview.panels import linked
from core.admin.pages import HistoryInline, ReadOnlyInline
from shipping.models import Schedule, ScheduleEvent, Shipment
from shipping.schedules import next_dates


class EventInline(HistoryInline):
    """What was done to the schedule."""

    model = ScheduleEvent
    kind_labels = {"unskipped": "skip taken back"}


class ShipmentInline(ReadOnlyInline):
    """What it has shipped."""

    model = Shipment
    fields = ["page", "state", "ship_on", "tracking_number"]
    per_page = 10

    @display(description="reference")
    def page(self, shipment: Shipment) -> str:
        """A link to it."""
        return linked(shipment)


def next_dates_text(schedule: Schedule, count: int) -> str:
    """Its next dates, as they are read; a dash when there is none."""
    return ", ".join(map(date_format, next_dates.upcoming(schedule, count))) or "–"
