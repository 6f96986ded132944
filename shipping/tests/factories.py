"""Shipments and schedules for tests: made as in life, by placing orders."""

from datetime import UTC, datetime
from typing import Any

from orders.models import Order
from orders.tests.factories import placed_order
from shipping import tasks
from shipping.models import Schedule, Shipment, TrackingEvent
from shipping.provider_api.base import Provider, TrackedEvent, Unreadable
from shipping.tracking import events


def queued_shipment(order: Order | None = None, **changes: Any) -> Shipment:
    """The shipment of a one-off order; `changes` are columns set afterwards."""
    shipment = Shipment.objects.get(order=order or placed_order())
    Shipment.objects.filter(pk=shipment.pk).update(**changes)
    shipment.refresh_from_db()
    return shipment


def monthly_schedule(**changes: Any) -> Schedule:
    """The schedule of an order that ships monthly from today."""
    return _schedule("monthly", **changes)


def weekly_schedule(**changes: Any) -> Schedule:
    """The schedule of an order that ships weekly from today."""
    return _schedule("weekly", **changes)


def _schedule(interval: str, **changes: Any) -> Schedule:
    schedule = Schedule.objects.get(order=placed_order(interval=interval))
    Schedule.objects.filter(pk=schedule.pk).update(**changes)
    schedule.refresh_from_db()
    return schedule


def last_event(row: Any) -> Any:
    """The newest event of an order, a shipment or a schedule."""
    return row.events.order_by("id").last()


def tracked(
    order_id: str, event_name: str, when: str = "2024-05-19 13:18:45", event_id: str = ""
) -> TrackedEvent:
    """An event as an adapter reads it; `when` is UTC."""
    moment = datetime.fromisoformat(when).replace(tzinfo=UTC)
    return TrackedEvent(
        event_id or f"{order_id} {event_name} {when}", order_id, event_name, moment, {}
    )


def store(provider: str, *reported: TrackedEvent) -> None:
    """Keep events, and have a worker open the cases of those that are of no parcel of ours."""
    events.store(provider, reported)
    parked = TrackingEvent.objects.filter(shipment=None, parcel_back=None)
    tasks.open_parked(*parked.values_list("pk", flat=True))


def read_one(provider: Provider, body: bytes) -> TrackedEvent:
    """The one event that a webhook holds, which can be read."""
    [event] = provider.events(body)
    assert isinstance(event, TrackedEvent), event
    return event


def problem_of(provider: Provider, body: bytes) -> str:
    """Why the one event that a webhook holds cannot be read."""
    [event] = provider.events(body)
    assert isinstance(event, Unreadable), event
    return event.problem
