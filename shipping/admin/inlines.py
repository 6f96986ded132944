"""What stands below a shipment, and shipments below their order."""

from unfold.decorators import display

from core.admin.overview.panels import linked
from core.admin.pages import HistoryInline, ReadOnlyInline
from shipping.admin.read_only import to_the_second
from shipping.models import ShipmentEvent, TrackingEvent, UnreadableEvent


class EventInline(HistoryInline):
    """What happened to the shipment."""

    model = ShipmentEvent
    kind_labels = {
        "resent": "sent again",
        "resend": "sent in place of another",
        "retried": "queued again",
    }


class TrackingInline(ReadOnlyInline):
    """What its provider reported, as it was received."""

    model = TrackingEvent
    verbose_name_plural = "reported by the provider"
    fields = ["happened", "event_name", "raw_status", "arrived", "applied"]
    per_page = 20

    @display(description="happened, by its clock")
    def happened(self, event: TrackingEvent) -> str:
        """To the second."""
        return to_the_second(event.event_time)

    @display(description="arrived")
    def arrived(self, event: TrackingEvent) -> str:
        """To the second."""
        return to_the_second(event.received_at)

    @display(description="applied")
    def applied(self, event: TrackingEvent) -> str:
        """To the second."""
        return to_the_second(event.applied_at)


class UnreadableInline(ReadOnlyInline):
    """What its provider reported and nobody understood."""

    model = UnreadableEvent
    verbose_name_plural = "reported, and not understood"
    fields = ["page", "happened", "arrived", "problem"]
    per_page = 20

    @display(description="status")
    def page(self, event: UnreadableEvent) -> str:
        """A link to what was said, whole."""
        return linked(event, event.raw_status or "?")

    @display(description="happened, by its clock")
    def happened(self, event: UnreadableEvent) -> str:
        """To the second."""
        return to_the_second(event.event_time)

    @display(description="arrived")
    def arrived(self, event: UnreadableEvent) -> str:
        """To the second."""
        return to_the_second(event.received_at)
