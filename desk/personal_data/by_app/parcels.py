"""What is held of a customer's parcels and returns: carriers' events are kept as they came."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from customers.models import ADDRESS_FIELDS
from desk.personal_data.append_only.function import empties
from desk.personal_data.parts import NotErasableError, Part, Row, Subject, values
from shipping.models import (
    Cancellation,
    Inquiry,
    Return,
    ReturnEvent,
    Schedule,
    ScheduleEvent,
    Shipment,
    ShipmentEvent,
    TrackingEvent,
    UnreadableEvent,
)
from shipping.states import AHEAD, MOVING

ERASED = "erased"
MAY_ARRIVE = (*AHEAD, "sending", *MOVING)
BOOKKEEPING = "Which parcel was sent when, and to which country: proof, and bookkeeping."
STEPS = "What was done, when and by whom; what was said of it is gone."
EVENT = ("kind", "from_state", "to_state", "at", "actor", "detail")


def _shipments(subject: Subject) -> Iterator[Row]:
    rows = Shipment.objects.filter(order__customer=subject.key)
    columns = ("reference", "provider", "state", "delivery_service", "tracking_number")
    return values(rows, "order__number", *columns, "created_at", "sent_at", *ADDRESS_FIELDS)


def _events(subject: Subject) -> Iterator[Row]:
    columns = ("event_name", "event_time", "raw_status", "raw")
    return values(_tracking(subject), "shipment__reference", "parcel_back__reference", *columns)


def _tracking(subject: Subject) -> QuerySet[TrackingEvent]:
    """What carriers reported of the parcels to the customer, and of those that came back."""
    theirs = Q(shipment__order__customer=subject.key)
    return TrackingEvent.objects.filter(
        theirs | Q(parcel_back__shipment__order__customer=subject.key)
    )


def _shipment_events(subject: Subject) -> Iterator[Row]:
    rows = ShipmentEvent.objects.filter(shipment__order__customer=subject.key)
    return values(rows, "shipment__reference", *EVENT)


def _returns(subject: Subject) -> Iterator[Row]:
    rows = Return.objects.filter(shipment__order__customer=subject.key)
    columns = ("reference", "provider", "state", "reason", "tracking_number", "created_at")
    return values(rows, "shipment__reference", *columns)


def _return_events(subject: Subject) -> Iterator[Row]:
    rows = ReturnEvent.objects.filter(parcel__shipment__order__customer=subject.key)
    return values(rows, "parcel__reference", *EVENT)


def _schedules(subject: Subject) -> Iterator[Row]:
    rows = Schedule.objects.filter(order__customer=subject.key)
    columns = ("interval", "anchor", "time_zone", "catch_up", "state", "next_on", "resume_on")
    return values(rows, "order__number", *columns)


def _schedule_events(subject: Subject) -> Iterator[Row]:
    rows = ScheduleEvent.objects.filter(schedule__order__customer=subject.key)
    return values(rows, "schedule__order__number", *EVENT)


def _cancellations(subject: Subject) -> Iterator[Row]:
    rows = Cancellation.objects.filter(shipment__order__customer=subject.key)
    columns = ("provider", "state", "actor", "reason", "last_answer", "created_at")
    return values(rows, "shipment__reference", *columns)


def _inquiries(subject: Subject) -> Iterator[Row]:
    rows = Inquiry.objects.filter(shipment__order__customer=subject.key)
    return values(rows, "shipment__reference", "provider", "state", "attempts", "last_answer")


def _not_understood(subject: Subject) -> Iterator[Row]:
    """As text: a body that is none of JSON has any bytes."""
    rows = UnreadableEvent.objects.filter(shipment__order__customer=subject.key)
    for row in values(rows, "shipment__reference", "received_at", "raw_status", "raw", "body"):
        body = row["body"]
        yield row | {"body": bytes(body).decode(errors="replace") if body else None}


def _erase_addresses(subject: Subject) -> int:
    shipments = Shipment.objects.filter(order__customer=subject.key)
    if moving := shipments.filter(state__in=MAY_ARRIVE).first():
        raise NotErasableError(f"Parcel {moving.reference} is under way. Wait until it is not.")
    # The last answer of a carrier may quote the address.
    lines = dict.fromkeys(("line_2", "city", "postcode", "last_answer"), "")
    return shipments.exclude(line_1=ERASED).update(recipient=ERASED, line_1=ERASED, **lines)


def _erase_events(subject: Subject) -> int:
    """Carriers' own words may name the person and the place; status and time stay."""
    keys = _tracking(subject).exclude(raw={}).values("pk")
    return TrackingEvent.objects.filter(pk__in=keys).update(raw={})


def _erase_returns(subject: Subject) -> int:
    """Why the customer sent it back, in words."""
    rows = Return.objects.filter(shipment__order__customer=subject.key).exclude(reason="")
    return rows.update(reason="")


def _erase_cancellations(subject: Subject) -> int:
    rows = Cancellation.objects.filter(shipment__order__customer=subject.key)
    return rows.exclude(reason="", last_answer="").update(reason="", last_answer="")


def _erase_inquiries(subject: Subject) -> int:
    rows = Inquiry.objects.filter(shipment__order__customer=subject.key)
    return rows.exclude(last_answer="").update(last_answer="")


def _erase_not_understood(subject: Subject) -> int:
    rows = UnreadableEvent.objects.filter(shipment__order__customer=subject.key)
    return rows.delete()[0]


PARTS = (
    Part("shipments", "customer", _shipments, _erase_addresses, BOOKKEEPING),
    Part("shipment_events", "customer", _shipment_events, empties("shipment_events"), kept=STEPS),
    Part("tracking_events", "customer", _events, _erase_events, kept=BOOKKEEPING),
    Part("returns", "customer", _returns, _erase_returns, kept=BOOKKEEPING),
    Part("return_events", "customer", _return_events, empties("return_events"), kept=STEPS),
    Part("schedules", "customer", _schedules, kept=BOOKKEEPING),
    Part("schedule_events", "customer", _schedule_events, empties("schedule_events"), kept=STEPS),
    Part("cancellations", "customer", _cancellations, _erase_cancellations, kept=STEPS),
    Part("inquiries", "customer", _inquiries, _erase_inquiries, kept=STEPS),
    Part("events_not_understood", "customer", _not_understood, _erase_not_understood),
)
