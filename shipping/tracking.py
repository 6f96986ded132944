"""What providers report: stored first, then applied. A state is a fold over all its events."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction
from psycopg2.extras import Json

from core import clock
from core.states import move
from orders.models import Order
from orders.services import follow
from shipping import schedules, tasks, troubles, watchdog
from shipping.models import Shipment, TrackingEvent
from shipping.providers import TrackedEvent
from shipping.states import EXCEPTIONS, RANKS

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
    for event in events:
        with connection.cursor() as cursor:
            cursor.execute(_STORE, _stored(provider, event))
            found = cursor.fetchone()
        if found:
            tasks.apply_events.delay_on_commit(found[0])
        else:
            _park(provider, event)


@transaction.atomic
def _park(provider: str, event: TrackedEvent) -> None:
    """Keep one that is known already, or of an unknown shipment: the first of these is a case."""
    with connection.cursor() as cursor:
        cursor.execute(_PARK, _stored(provider, event))
        kept = cursor.fetchall()
    parked = [pk for pk, shipment_id in kept if shipment_id is None]
    if parked:
        told_of_returns = set(link_returns(parked))
        troubles.note_parked([pk for pk in parked if pk not in told_of_returns])
    for _, shipment_id in kept:
        if shipment_id:  # it has appeared meanwhile
            tasks.apply_events.delay_on_commit(shipment_id)


_INSERT = """
INSERT INTO shipping_trackingevent
    (provider, event_id, order_id, event_name, event_time, raw, received_at, shipment_id)
SELECT v.*, s.id
FROM (VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s))
    AS v (provider, event_id, order_id, event_name, event_time, raw, received_at)
"""
_SHIPMENT = "JOIN shipping_shipment s ON s.reference = v.order_id AND s.provider = v.provider"
_STORE = f"{_INSERT} {_SHIPMENT} ON CONFLICT DO NOTHING RETURNING shipment_id"
_PARK = f"{_INSERT} LEFT {_SHIPMENT} ON CONFLICT DO NOTHING RETURNING id, shipment_id"


def _stored(provider: str, event: TrackedEvent) -> list[Any]:
    return [
        provider,
        event.event_id,
        event.order_id,
        event.event_name,
        event.event_time,
        Json(event.raw),
        clock.now(),
    ]


def link_returns(ids: Sequence[int] = ()) -> list[int]:
    """Give returns the parked events of their references: these, or all; the events' keys."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_RETURNS, [not ids, list(ids)])
        return [pk for (pk,) in cursor.fetchall()]


_OF_RETURNS = """
UPDATE shipping_trackingevent t SET parcel_back_id = r.id
FROM shipping_return r
WHERE t.shipment_id IS NULL AND t.parcel_back_id IS NULL AND (%s OR t.id = ANY(%s))
  AND r.reference = t.order_id AND r.provider = t.provider
RETURNING t.id
"""


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
    before = shipment.state
    for event in new:
        told.append(event)
        _tell(shipment, fold(told), event)
    if new:
        watchdog.heard(shipment, by=f"provider:{shipment.provider}")
    if {before, shipment.state} & EXCEPTIONS:
        how = f"It is {shipment.state}."
        troubles.follow(shipment, by=f"provider:{shipment.provider}", how=how)
    if new and shipment.schedule_id is None:
        _lead(order, {event.event_name for event in told}, by=f"provider:{shipment.provider}")
    elif new:
        schedules.finish(order, by=f"provider:{shipment.provider}")
    shipment.tracking_events.filter(pk__in=[event.pk for event in new]).update(
        applied_at=clock.now()
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
    link(shipment, provider=shipment.provider, order_id=shipment.reference, by="system")


def link(shipment: Shipment, *, provider: str, order_id: str, by: str) -> None:
    """Give a shipment the parked events of a reference."""
    parked = TrackingEvent.objects.filter(shipment=None, provider=provider, order_id=order_id)
    ids = list(parked.values_list("pk", flat=True))
    if ids and TrackingEvent.objects.filter(pk__in=ids).update(shipment=shipment):
        troubles.found(ids, by=by)
        tasks.apply_events.delay_on_commit(shipment.pk)
