"""What providers report: stored first, then applied. A state is a fold over all its events."""

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from django.db import connection, transaction

from core.database import clock
from core.database.unit_of_work import unit_of_work
from core.workflow import transition_locked
from orders.models import Order
from orders.services import advance_order
from shipping import task_names
from shipping.exceptions import cases
from shipping.locking import lock_if_free
from shipping.models import Shipment, ShipmentEvent, TrackingEvent
from shipping.provider_api import parsing
from shipping.provider_api.base import Provider, TrackedEvent, Unreadable
from shipping.provider_api.parsing import LONGEST_OF_OURS, LONGEST_STATUS, InvalidEventError
from shipping.schedules import services as schedules
from shipping.states import ATTEMPT, EXCEPTIONS, FAILED, RANKS
from shipping.tracking import stalled, unreadable

logger = logging.getLogger(__name__)

LONGEST_ID = 255
# New events of one parcel, the newest, that have a ShipmentEvent each: carriers report some ten in
# all, and of a flood nobody wants a line, or a message, for each.
MOST_RECORDED = 50
# What a failure to apply is known by (core/failures.py), before the shipment's number.
APPLY = "apply the events of shipment"
# A parcel with one of these events has left us.
_COLLECTED = frozenset({"in-transit", "failed-to-deliver"})


class Reported(Protocol):
    """What the fold looks at."""

    @property
    def event_name(self) -> str:
        """A tracking status."""

    @property
    def event_time(self) -> datetime:
        """When it happened, by the carrier's clock."""

    @property
    def received_at(self) -> datetime:
        """When it arrived, by ours."""


R = TypeVar("R", bound=Reported)


def chronological_key(event: Reported) -> tuple[datetime, int]:
    """The order in which things happened: by their time, in doubt by what follows what.

    Nothing happened after its report came: a carrier's clock that is ahead does not count.
    """
    return min(event.event_time, event.received_at), RANKS[event.event_name]


def fold(events: Iterable[Reported]) -> str | None:
    """The state that these events amount to, in whatever order they are given; None without any.

    Delivered is final, failed is not: carriers try again.
    """
    listed = list(events)
    return decisive(listed).event_name if listed else None


def decisive(events: Sequence[R]) -> R:
    """The event that says where a parcel is, of one or more."""
    delivered = [event for event in events if event.event_name == "delivered"]
    return max(delivered or events, key=chronological_key)


def store(
    provider: str,
    events: Sequence[TrackedEvent | Unreadable],
    received_at: datetime | None = None,
) -> None:
    """Keep events for good, each once, and enqueue their application: in one statement.

    One of a parcel that this provider has not been given is parked. What nobody here understands is
    kept beside them, and is a case. They came now, unless it is said when. Should this process die
    in between, the sweeper goes on.
    """
    readable, others, now = [], [], clock.now()
    for number, event in enumerate(events):
        # Apart, in the order of the body: whichever came first stays known.
        came = (received_at or now) + timedelta(microseconds=number)
        if isinstance(event, TrackedEvent) and is_understood(event):
            readable.append((event, came))
        else:
            others.append((event, came))
    _follow_up(_insert(provider, readable))
    unreadable.keep(provider, others)


def is_understood(event: TrackedEvent | Unreadable) -> bool:
    """Whether its status is one of ours, and it fits into its columns."""
    if isinstance(event, Unreadable) or event.event_name not in RANKS:
        return False
    fits = len(event.event_id) <= LONGEST_ID and len(event.raw_status) <= LONGEST_STATUS
    return fits and len(parsing.plain_reference(event.order_id)) <= LONGEST_OF_OURS


def _insert(
    provider: str, arrived: Sequence[tuple[TrackedEvent, datetime]]
) -> list[tuple[int, int | None, int | None]]:
    """Key, shipment and return of each that was not known."""
    if not arrived:
        return []
    columns = zip(*(_stored(event, received_at) for event, received_at in arrived), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [provider, *map(list, columns)])
        return list(cursor.fetchall())


def _stored(event: TrackedEvent, received_at: datetime) -> list[Any]:
    return [
        event.event_id,
        parsing.plain_reference(event.order_id),
        event.event_name,
        event.raw_status,
        event.event_time,
        json.dumps(event.raw),
        received_at,
    ]


# In the order of a unique index, so that two such statements cannot deadlock.
_STORE = """
INSERT INTO shipping_trackingevent (provider, event_id, order_id, event_name, raw_status,
                                    event_time, raw, received_at, shipment_id, parcel_back_id)
SELECT p.name, v.event_id, v.order_id, v.event_name, v.raw_status, v.event_time, v.raw::jsonb,
       v.received_at, s.id, r.id
FROM (VALUES (%s)) AS p (name)
CROSS JOIN unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[],
            %s::timestamptz[])
         AS v (event_id, order_id, event_name, raw_status, event_time, raw, received_at)
LEFT JOIN shipping_shipment s ON s.reference = v.order_id AND s.provider = p.name
LEFT JOIN shipping_return r ON r.reference = v.order_id AND r.provider = p.name
ORDER BY v.order_id, v.event_name, v.event_time, v.event_id
ON CONFLICT DO NOTHING
RETURNING id, shipment_id, parcel_back_id
"""


def _follow_up(kept: Sequence[tuple[int, int | None, int | None]]) -> None:
    """Enqueue what can be applied, and the cases of the rest: each unknown reference is one."""
    shipments = sorted({shipment for _, shipment, _ in kept if shipment})
    if shipments:
        task_names.apply_events.delay_on_commit(*shipments)
    if parked := [pk for pk, shipment, back in kept if not shipment and not back]:
        task_names.open_parked.delay_on_commit(*parked)


def read(adapter: Provider, body: bytes) -> Sequence[TrackedEvent | Unreadable]:
    """What a proven webhook says; the whole body as one thing that is unreadable, where it is.

    A carrier that is refused again and again switches its webhooks off, and then nothing comes.
    """
    try:
        return adapter.events(body)
    except InvalidEventError as error:
        return [Unreadable(body, error.problem)]
    except Exception as error:  # noqa: BLE001 - a bug in an adapter must not lose what was reported
        # Kind only: its text may quote the body.
        logger.error("%s in %s", type(error).__name__, adapter.name)
        return [Unreadable(body, f"our own {type(error).__name__}")]


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
def apply(shipment_id: int, *, wait: bool = True) -> int:
    """Bring a shipment, and its one-off order, to where its events say it is; how many were new.

    The new events are recorded one after the other, in the order in which they happened, so that
    each status that the shipment went through has its ShipmentEvent; of a flood the newest are, and
    what came before them is one step. Without `wait` none are while
    somebody else has the shipment or its order.
    """
    shipment = lock_if_free(shipment_id, wait=wait)
    if shipment is None:
        return 0
    events = sorted(shipment.tracking_events.all(), key=chronological_key)
    history = [event for event in events if event.applied_at]
    new = [event for event in events if not event.applied_at]
    history += new[:-MOST_RECORDED]
    before = shipment.state
    for event in new[-MOST_RECORDED:]:
        history.append(event)
        _record(shipment, history, event)
    if new:
        stalled.record_contact(shipment, by=f"provider:{shipment.provider}")
    if new and {before, shipment.state} & EXCEPTIONS:
        how = f"It is {shipment.state}."
        cases.update_cases(shipment, by=f"provider:{shipment.provider}", how=how)
    if new and shipment.schedule_id is None:
        _advance_order(
            shipment.order,
            {event.event_name for event in history},
            by=f"provider:{shipment.provider}",
        )
    elif new:
        schedules.finish(shipment.order, by=f"provider:{shipment.provider}")
    shipment.tracking_events.filter(pk__in=[event.pk for event in new]).update(
        applied_at=clock.now()
    )
    return len(new)


def _record(shipment: Shipment, history: Sequence[TrackingEvent], event: TrackingEvent) -> None:
    """Write what a new event, the last of the history, means: a move, an attempt, or nothing."""
    by, latest = f"provider:{shipment.provider}", decisive(history)
    detail = f"reported for {event.event_time:%Y-%m-%d %H:%M:%S} UTC"
    moves = latest.event_name != shipment.state
    if moves:
        of = {"reported": latest}
        transition_locked(shipment, latest.event_name, by=by, detail=detail, event_columns=of)
    if _is_another_attempt(history, event) and not (moves and latest is event):
        ShipmentEvent.objects.create(
            shipment=shipment,
            kind=ATTEMPT,
            from_state=shipment.state,
            to_state=shipment.state,
            actor=by,
            detail=detail,
            reported=event,
        )


def _is_another_attempt(history: Sequence[TrackingEvent], event: TrackingEvent) -> bool:
    """Whether it reports an attempt to deliver that is not known yet, while it still matters.

    An answer to our own question is one only by a transition. What the carrier then says of its
    own accord may be that attempt: the first such event before the question is.
    """
    if event.event_name != FAILED or _is_answer(event) or fold(history) == "delivered":
        return False
    failed = [each for each in history if each.event_name == FAILED and each is not event]
    asked = [each for each in failed if _is_answer(each) and each.event_time >= event.event_time]
    known = [each for each in failed if not _is_answer(each)]
    return all(any(one.event_time <= each.event_time for one in known) for each in asked)


def _is_answer(event: TrackingEvent) -> bool:
    return bool(event.raw == {"asked": event.event_name})


def _advance_order(order: Order, names: set[str], *, by: str) -> None:
    """By all events ever applied, so that it does not depend on what came first either."""
    if "delivered" in names:
        advance_order(order, "delivered", by=by)
    elif names & _COLLECTED:
        advance_order(order, "shipped", by=by)


def link_parked(shipment: Shipment) -> None:
    """Give a new shipment the events that came before it."""
    link(shipment, provider=shipment.provider, order_id=shipment.reference, by="system")


def link(shipment: Shipment, *, provider: str, order_id: str, by: str) -> None:
    """Give a shipment the parked events of a reference."""

    def follow(ids: list[int]) -> None:
        if ids:
            cases.close_parked(ids, by=by)
            task_names.apply_events.delay_on_commit(shipment.pk)

    with unit_of_work() as unit:
        unit.execute("shipping_trackingevent", _LINK, [shipment, provider, order_id], follow)


_LINK = """
UPDATE shipping_trackingevent SET shipment_id = %s
WHERE shipment_id IS NULL AND provider = %s AND order_id = %s RETURNING id
"""
