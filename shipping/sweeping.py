"""What repairs shipping when a worker, the broker or a nudge was lost. Run every few seconds."""

import time
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from core import clock, shutdown
from core.outbox import due_rows, take_over, work
from orders.models import Order
from shipping import (
    asking,
    cancelling,
    dispatching,
    failover,
    returns,
    running,
    services,
    tasks,
    tracking,
    troubles,
    unreadable,
    watchdog,
)
from shipping.batches import calendars
from shipping.models import Schedule, Shipment, TrackingEvent

WORKERS_ARE_LATE = timedelta(seconds=15)
WORK_FOR = 10.0
# Longer than any outage of the sweeper, and short enough to be looked through every few seconds.
LOOK_BACK = timedelta(days=2)
SETTLED = timedelta(minutes=1)
CHUNK = 500


def sweep() -> dict[str, int]:
    """One pass; how much of each kind was repaired. Safe beside workers and other sweepers."""
    return {
        "shipments taken over from lost workers": sum(map(_take_over, dispatching.abandoned())),
        "shipments passed on to another provider": failover.move_on(),
        "shipments sent or nudged": sum(map(_send, dispatching.busy())),
        "cancellations sent or taken over": cancelling.sweep(),
        "tracking events applied": apply_tracking(),
        "schedules resumed": running.resume_due(),
        "shipments promoted": promote(),
        "shipments without news": watchdog.watch(),
        "shipments asked after": asking.sweep(WORK_FOR),
        "orders found without a shipment": reconcile(),
    }


def _take_over(name: str) -> int:
    return take_over(dispatching.lane(name))


def _send(name: str) -> int:
    """Nudge the workers for what is due, or send it here when they are late or out of reach."""
    lane, now = dispatching.lane(name), clock.now()
    oldest = due_rows(lane).first()
    if oldest is None:
        return 0
    if oldest.next_attempt_at > now - WORKERS_ARE_LATE and tasks.dispatch.nudge(oldest.pk):
        return 1
    return work(lane, seconds=WORK_FOR)


def promote() -> int:
    """Queue the scheduled shipments whose day has come where their provider is; how many."""
    now, promoted, deadline = clock.now(), 0, time.monotonic() + WORK_FOR
    days = {name: calendar.today(now) for name, calendar in calendars().items()}
    values = {"now": now, "names": [*days], "days": [*days.values()], "here": clock.today()}
    while chunk := _promote_chunk(values):
        promoted += chunk
        if chunk < running.CHUNK or time.monotonic() > deadline or shutdown.is_under_way():
            break
    return promoted


def _promote_chunk(values: dict[str, Any]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PROMOTE, values | {"chunk": running.CHUNK})
        queued: int = cursor.rowcount
        if queued:
            tasks.dispatch.delay_on_commit()
        return queued


# The coalesce is for providers that were taken away.
_PROMOTE = """
WITH due AS (
    SELECT s.id FROM shipping_shipment s
    WHERE s.state = 'scheduled' AND s.ship_on <= %(here)s::date + 1 AND s.ship_on <= coalesce(
        (SELECT d.day FROM unnest(%(names)s::text[], %(days)s::date[]) AS d (name, day)
         WHERE d.name = s.provider), %(here)s)
    ORDER BY s.ship_on, s.id LIMIT %(chunk)s
    FOR NO KEY UPDATE SKIP LOCKED
), moved AS (
    UPDATE shipping_shipment s SET state = 'queued', next_attempt_at = %(now)s
    FROM due WHERE s.id = due.id
    RETURNING s.id
)
INSERT INTO shipping_shipmentevent (shipment_id, kind, from_state, to_state, at, actor, detail)
SELECT id, 'queued', 'scheduled', 'queued', %(now)s, 'system', '' FROM moved
"""


def reconcile() -> int:
    """Ship the orders that were placed on a path that told nobody; how many."""
    now = clock.now()
    forgotten = (
        Order.objects.filter(state="placed", time__gt=now - LOOK_BACK, time__lt=now - SETTLED)
        .exclude(delivery_service="")
        .exclude(line_1="")
        .exclude(Exists(Shipment.objects.filter(order=OuterRef("pk"))))
        .exclude(Exists(Schedule.objects.filter(order=OuterRef("pk"))))
    )
    return sum(_ship(pk) for pk in forgotten.order_by("time").values_list("pk", flat=True)[:CHUNK])


@transaction.atomic
def _ship(order_id: int) -> bool:
    """Under the order's lock, so that two sweepers do not both do it."""
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order_id)
    if order.state != "placed" or order.shipments.exists():
        return False
    services.ship(order, by="system", checked=False)
    return True


def apply_tracking() -> int:
    """Apply the events whose nudge was lost, and the parked ones whose shipment is there now."""
    since = clock.now() - LOOK_BACK
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LINK, [since])
        troubles.found([pk for (pk,) in cursor.fetchall()])
    unreadable.link(since)
    of_returns = sum(returns.apply(pk) for pk in returns.waiting())
    waiting = TrackingEvent.objects.filter(applied_at=None, shipment__isnull=False)
    shipments = waiting.order_by("shipment").values_list("shipment", flat=True).distinct()
    return of_returns + sum(tracking.apply(shipment_id) for shipment_id in shipments[:CHUNK])


_LINK = r"""
UPDATE shipping_trackingevent t SET shipment_id = s.id
FROM shipping_shipment s
WHERE t.shipment_id IS NULL AND t.received_at > %s
  AND s.reference = lower(regexp_replace(t.order_id, '\s', '', 'g')) AND s.provider = t.provider
RETURNING t.id
"""
