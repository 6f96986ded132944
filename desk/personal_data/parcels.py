"""What is held of a customer's parcels: carriers' events are kept as they came."""

from collections.abc import Iterator

from customers.models import ADDRESS_FIELDS
from desk.personal_data.parts import NotErasableError, Part, Row, Subject, values
from shipping.models import Shipment, TrackingEvent
from shipping.states import AHEAD, MOVING

ERASED = "erased"
MAY_ARRIVE = (*AHEAD, "sending", *MOVING)
BOOKKEEPING = "Which parcel was sent when, and to which country: proof, and bookkeeping."


def _shipments(subject: Subject) -> Iterator[Row]:
    rows = Shipment.objects.filter(order__customer=subject.key)
    columns = ("reference", "provider", "state", "delivery_service", "tracking_number")
    return values(rows, "order__number", *columns, "created_at", "sent_at", *ADDRESS_FIELDS)


def _events(subject: Subject) -> Iterator[Row]:
    rows = TrackingEvent.objects.filter(shipment__order__customer=subject.key)
    return values(rows, "shipment__reference", "event_name", "event_time", "raw_status", "raw")


def _erase_addresses(subject: Subject) -> int:
    shipments = Shipment.objects.filter(order__customer=subject.key)
    if moving := shipments.filter(state__in=MAY_ARRIVE).first():
        raise NotErasableError(f"Parcel {moving.reference} is under way. Wait until it is not.")
    # The last answer of a carrier may quote the address.
    lines = dict.fromkeys(("line_2", "city", "postcode", "last_answer"), "")
    return shipments.exclude(line_1=ERASED).update(recipient=ERASED, line_1=ERASED, **lines)


def _erase_events(subject: Subject) -> int:
    """Carriers' own words may name the person and the place; status and time stay."""
    rows = TrackingEvent.objects.filter(shipment__order__customer=subject.key).exclude(raw={})
    return rows.update(raw={})


PARTS = (
    Part("shipments", "customer", _shipments, _erase_addresses, BOOKKEEPING),
    Part("tracking_events", "customer", _events, _erase_events, kept=BOOKKEEPING),
)
