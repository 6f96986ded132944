"""What repairs shipping when a worker, the broker or a task was lost. Run every few seconds."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core import shutdown
from core.database import clock
from core.database.slices import Slices
from core.failures import each, each_name, failed, resting, steps, together, waiting
from core.outbox import due_rows, reclaim_expired, work
from orders.models import Order
from orders.models.locking import lockable
from shipping import services, task_names
from shipping.dispatch import cancellations, failover, inquiries, queue
from shipping.exceptions import cases
from shipping.models import Schedule, Shipment, TrackingEvent
from shipping.schedules import run
from shipping.schedules.batches import calendars
from shipping.tracking import events as tracking_events
from shipping.tracking import returns, stalled, unreadable

WORKERS_ARE_LATE = timedelta(seconds=15)
WORK_FOR = 10.0
# Longer than any outage of the sweeper.
LOOK_BACK = timedelta(days=2)
SETTLED = timedelta(minutes=1)
CHUNK = 500
# What a failure is known by (core/failures.py), before the row's number.
APPLY_RETURN = "apply the events of return"
PROMOTE = "queue the scheduled shipment"
RECONCILE = "ship the order"
LINK = "find the parcel of parked event"

_orders = Slices("time")


def sweep() -> dict[str, int]:
    """One pass; how much of each kind was repaired. Safe beside workers and other sweepers."""
    return steps(
        "shipping",
        {
            "shipments taken over from lost workers": take_over_abandoned,
            "shipments passed on to another provider": failover.reassign_waiting,
            "shipments sent or nudged": send_due,
            "cancellations sent or taken over": cancellations.sweep,
            "tracking events applied": apply_tracking,
            "schedules resumed": run.resume_due,
            "shipments moved off closed days": move_off_closed_days,
            "shipments promoted": promote,
            "shipments without news": stalled.find_stalled,
            "shipments asked after": partial(inquiries.sweep, WORK_FOR),
            "orders found without a shipment": reconcile,
        },
    )


def take_over_abandoned() -> int:
    """Take back what lost workers held, provider by provider; how many rows."""
    return each_name(
        "take over from lost workers", queue.providers_with_expired_leases(), _take_over
    )


def send_due() -> int:
    """Send what is due or enqueue a task for it, provider by provider; how many rows."""
    return each_name("send parcels", queue.providers_due(), _send)


def _take_over(name: str) -> int:
    return reclaim_expired(queue.delivery_queue(name))


def _send(name: str) -> int:
    """Enqueue a task for what is due, or send it here when they are late or out of reach."""
    parcels, now = queue.delivery_queue(name), clock.now()
    oldest = due_rows(parcels).first()
    if oldest is None:
        return 0
    if oldest.next_attempt_at > now - WORKERS_ARE_LATE and task_names.dispatch.enqueue(name):
        return 1
    return work(parcels, seconds=WORK_FOR)


def promote() -> int:
    """Queue the scheduled shipments whose day has come where their provider is; how many."""
    now, promoted, deadline = clock.now(), 0, time.monotonic() + WORK_FOR
    days = {name: calendar.today(now) for name, calendar in calendars().items()}
    values = {"now": now, "names": [*days], "days": [*days.values()], "here": clock.today()}
    while due := _due_to_promote(values):
        promoted += together(PROMOTE, due, partial(_promote, values))
        if len(due) < run.CHUNK or time.monotonic() > deadline or shutdown.is_requested():
            break
    return promoted


def _due_to_promote(values: dict[str, Any]) -> list[int]:
    aside = resting(PROMOTE, Shipment.objects.filter(state="scheduled"))
    with connection.cursor() as cursor:
        cursor.execute(_DUE_TO_PROMOTE, values | {"chunk": run.CHUNK, "aside": aside})
        return [pk for (pk,) in cursor.fetchall()]


def _promote(values: dict[str, Any], ids: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_PROMOTE, values | {"ids": list(ids)})
        queued: int = cursor.rowcount
    if queued:
        task_names.dispatch.delay_on_commit()
    return queued


def move_off_closed_days() -> int:
    """Move what is scheduled for a day that staff have closed since to the next working day, so
    many in a transaction; how many."""
    days = [
        (name, day, calendar.ship_day(day))
        for name, calendar in calendars().items()
        for day in sorted(calendar.closed)
    ]
    moved, deadline = 0, time.monotonic() + WORK_FOR
    while days and time.monotonic() < deadline and not shutdown.is_requested():
        names, closed, until = (list(each) for each in zip(*days, strict=True))
        values: dict[str, Any] = {"names": names, "closed": closed, "until": until}
        with connection.cursor() as cursor:
            cursor.execute(_MOVE, values | {"chunk": run.CHUNK, "now": clock.now()})
            chunk = cursor.rowcount
        moved += chunk
        if chunk < run.CHUNK:
            break
    return moved


_MOVE = """
WITH due AS (
    SELECT s.id, s.ship_on, d.until
    FROM unnest(%(names)s::text[], %(closed)s::date[], %(until)s::date[]) AS d (name, day, until)
    JOIN shipping_shipment s ON s.state = 'scheduled' AND s.ship_on = d.day AND s.provider = d.name
    ORDER BY s.id LIMIT %(chunk)s FOR NO KEY UPDATE OF s SKIP LOCKED
), moved AS (
    UPDATE shipping_shipment s SET ship_on = due.until FROM due WHERE s.id = due.id
    RETURNING s.id, due.ship_on AS before, due.until
)
INSERT INTO shipping_shipmentevent (shipment_id, kind, from_state, to_state, at, actor, detail)
SELECT id, 'moved', '', '', %(now)s, 'system', 'ships ' || until || ' instead of ' || before
FROM moved
"""


# The coalesce is for providers that were taken away.
_SCHEDULED = """
SELECT s.id FROM shipping_shipment s
WHERE s.state = 'scheduled' AND s.ship_on <= %(here)s::date + 1 AND s.ship_on <= coalesce(
    (SELECT d.day FROM unnest(%(names)s::text[], %(days)s::date[]) AS d (name, day)
     WHERE d.name = s.provider), %(here)s)
"""
_DUE_TO_PROMOTE = (
    f"{_SCHEDULED} AND s.id <> ALL(%(aside)s) ORDER BY s.ship_on, s.id LIMIT %(chunk)s"
)
_PROMOTE = f"""
WITH due AS (
    {_SCHEDULED} AND s.id = ANY(%(ids)s) ORDER BY s.ship_on, s.id FOR NO KEY UPDATE SKIP LOCKED
), queued AS (
    UPDATE shipping_shipment s SET state = 'queued', next_attempt_at = %(now)s
    FROM due WHERE s.id = due.id
    RETURNING s.id
)
INSERT INTO shipping_shipmentevent (shipment_id, kind, from_state, to_state, at, actor, detail)
SELECT id, 'queued', 'scheduled', 'queued', %(now)s, 'system', '' FROM queued
"""  # noqa: S608 - of our own words only


def reconcile() -> int:
    """Ship the orders that were placed on a path that sent no signal; how many.

    The newest are looked at each time, the others slice by slice.
    """
    now = clock.now()
    young = _orders.look(Order.objects.all(), now - LOOK_BACK) & Q(time__gt=now - LOOK_BACK)
    forgotten = (
        Order.objects.filter(
            # However old: what failed is not forgotten.
            young | Q(pk__in=failed(RECONCILE)),
            state="placed",
            time__lt=now - SETTLED,
        )
        .exclude(delivery_service="")
        .exclude(line_1="")
        .exclude(Exists(Shipment.objects.filter(order=OuterRef("pk"))))
        .exclude(Exists(Schedule.objects.filter(order=OuterRef("pk"))))
    )
    ids = waiting(RECONCILE, forgotten.order_by("time"), most=CHUNK)
    shipped = each(RECONCILE, ids, _ship)
    if len(ids) < CHUNK:
        _orders.go_on()
    return shipped


@transaction.atomic
def _ship(order_id: int) -> bool:
    """Under the order's lock, so that two sweepers do not both do it; who holds it comes first."""
    order = lockable(skip_locked=True).filter(pk=order_id).first()
    if order is None or order.state != "placed" or order.shipments.exists():
        return False
    services.create_shipments(order, by="system", checked=False)
    return True


def apply_tracking() -> int:
    """Apply the events whose task was lost, and the parked ones whose shipment is there now."""
    return sum(
        steps(
            "tracking events",
            {
                "find the parcels of parked ones": link_tracking,
                "apply those of returns": apply_returns,
                "apply those of shipments": apply_events,
            },
        ).values()
    )


def link_tracking() -> int:
    """Give parked events the shipment that is there now. 0: they are counted when applied."""
    since = clock.now() - LOOK_BACK
    aside = resting(LINK, TrackingEvent.objects.filter(shipment=None, received_at__gt=since))
    with connection.cursor() as cursor:
        cursor.execute(_LINKABLE, {"since": since, "aside": aside, "chunk": CHUNK})
        ids = [pk for (pk,) in cursor.fetchall()]
    together(LINK, ids, _link)
    unreadable.link(since)
    return 0


def _link(ids: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LINK, [list(ids)])
        linked = [pk for (pk,) in cursor.fetchall()]
    cases.close_parked(linked)
    return len(linked)


def apply_returns() -> int:
    """Apply what providers say of returns; how many events."""
    events = TrackingEvent.objects.filter(applied_at=None, parcel_back__isnull=False)
    return _apply(APPLY_RETURN, events, "parcel_back", returns.apply)


def apply_events() -> int:
    """Apply what providers say of shipments; how many events."""
    events = TrackingEvent.objects.filter(applied_at=None, shipment__isnull=False)
    return _apply(
        tracking_events.APPLY, events, "shipment", partial(tracking_events.apply, wait=False)
    )


def _apply(work: str, events: QuerySet[Any], of: str, apply: Callable[[int], int]) -> int:
    parcels = events.order_by(of).distinct(of)
    return each(work, waiting(work, parcels, key=of, most=CHUNK), apply)


_OF = r"s.reference = lower(regexp_replace(t.order_id, '\s', '', 'g')) AND s.provider = t.provider"
_LINKABLE = f"""
SELECT t.id FROM shipping_trackingevent t JOIN shipping_shipment s ON {_OF}
WHERE t.shipment_id IS NULL AND t.received_at > %(since)s AND t.id <> ALL(%(aside)s)
ORDER BY t.id LIMIT %(chunk)s
"""  # noqa: S608 - of our own words only
_LINK = f"""
UPDATE shipping_trackingevent t SET shipment_id = s.id
FROM shipping_shipment s
WHERE t.shipment_id IS NULL AND t.id = ANY(%s) AND {_OF}
RETURNING t.id
"""  # noqa: S608 - of our own words only
