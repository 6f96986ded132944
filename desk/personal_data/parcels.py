"""What is held of a customer's parcels: carriers' events are kept as they came."""

from collections.abc import Iterator

from desk.personal_data.parts import Part, Row, Subject, values
from shipping.models import Shipment, TrackingEvent

BOOKKEEPING = (
    "Which parcel was sent when, and delivered: proof towards carriers and in bookkeeping."
)


def _shipments(subject: Subject) -> Iterator[Row]:
    rows = Shipment.objects.filter(order__customer=subject.key)
    columns = ("reference", "provider", "state", "delivery_service", "tracking_number")
    return values(rows, "order__number", *columns, "created_at", "sent_at")


def _events(subject: Subject) -> Iterator[Row]:
    rows = TrackingEvent.objects.filter(shipment__order__customer=subject.key)
    return values(rows, "shipment__reference", "event_name", "event_time", "raw_status", "raw")


def _erase_events(subject: Subject) -> int:
    """Carriers' own words may name the person and the place; status and time stay."""
    rows = TrackingEvent.objects.filter(shipment__order__customer=subject.key).exclude(raw={})
    return rows.update(raw={})


PARTS = (
    Part("shipments", "customer", _shipments, kept=BOOKKEEPING),
    Part("tracking_events", "customer", _events, _erase_events, kept=BOOKKEEPING),
)
