"""What providers report: stored first, then applied. A state is a fold over all its events."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone
from psycopg2.extras import Json

from core.states import move
from orders.models import Order
from orders.services import follow
from shipping import schedules, tasks
from shipping.models import Shipment, TrackingEvent
from shipping.providers import TrackedEvent
from shipping.states import RANKS

# A parcel of which one of these is told has left the house.
_COLLECTED = frozenset({"in-transit", "failed-to-deliver"})


class Reported(Protocol):
    """What the fold looks at."""

    @property
    def event_name(self) -> str:
        """A tracking status."""

    @property
    def event_time(self) -> datetime:
        """When it happened."""


def story(event: Reported) -> tuple[datetime, int]:
    """The order in which things happened: by their time, in doubt by what follows what."""
    return event.event_time, RANKS[event.event_name]


def fold(events: Iterable[Reported]) -> str | None:
    """The state that these events amount to, in whatever order they came; None without any.

    Delivered is final, failed is not: carriers try again.
    """
    told = list(events)
    if any(event.event_name == "delivered" for event in told):
        return "delivered"
    return max(told, key=story).event_name if told else None


def store(provider: str, events: Sequence[TrackedEvent]) -> None:
    """Keep events for good, each once, and nudge a worker to apply them.

    One of a shipment that this provider has not been given is parked.
    """
    with connection.cursor() as cursor:
        for event in events:
            cursor.execute(_STORE, _stored(provider, event))
            found = cursor.fetchone()
            if found and found[0]:
                tasks.apply_events.delay_on_commit(found[0])


_STORE = """
INSERT INTO shipping_trackingevent
    (provider, event_id, order_id, event_name, event_time, raw, received_at, shipment_id)
SELECT v.*, (SELECT s.id FROM shipping_shipment s
             WHERE s.reference = v.order_id AND s.provider = v.provider)
FROM (VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s))
    AS v (provider, event_id, order_id, event_name, event_time, raw, received_at)
ON CONFLICT DO NOTHING
RETURNING shipment_id
"""


def _stored(provider: str, event: TrackedEvent) -> list[Any]:
    return [
        provider,
        event.event_id,
        event.order_id,
        event.event_name,
        event.event_time,
        Json(event.raw),
        timezone.now(),
    ]


@transaction.atomic
def apply(shipment_id: int) -> int:
    """Bring a shipment, and its one-off order, to where its events say it is; how many were new.

    The new events are told one after the other, in the order in which they happened, so that
    each status that the shipment went through has its ShipmentEvent.
    """
    # The order first: whoever cancels it locks in the same sequence.
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(shipments=shipment_id)
    shipment = Shipment.objects.select_for_update(of=("self",), no_key=True).get(pk=shipment_id)
    events = sorted(shipment.tracking_events.all(), key=story)
    told = [event for event in events if event.applied_at]
    new = [event for event in events if not event.applied_at]
    for event in new:
        told.append(event)
        _tell(shipment, fold(told), event)
    if new and shipment.schedule_id is None:
        _lead(order, {event.event_name for event in told}, by=f"provider:{shipment.provider}")
    elif new:
        schedules.finish(order, by=f"provider:{shipment.provider}")
    shipment.tracking_events.filter(pk__in=[event.pk for event in new]).update(
        applied_at=timezone.now()
    )
    return len(new)


def _tell(shipment: Shipment, state: str | None, event: TrackingEvent) -> None:
    if state and state != shipment.state:
        detail = f"reported for {event.event_time:%Y-%m-%d %H:%M:%S} UTC"
        move(shipment, state, by=f"provider:{shipment.provider}", detail=detail)


def _lead(order: Order, told: set[str], *, by: str) -> None:
    """By all that was ever told, so that it does not depend on what came first either."""
    if "delivered" in told:
        follow(order, "delivered", by=by)
    elif told & _COLLECTED:
        follow(order, "shipped", by=by)


def link_parked(shipment: Shipment) -> None:
    """Give a new shipment the events that came before it."""
    parked = TrackingEvent.objects.filter(
        shipment=None, provider=shipment.provider, order_id=shipment.reference
    )
    if parked.update(shipment=shipment):
        tasks.apply_events.delay_on_commit(shipment.pk)
