"""Customers are reminded of kits that they have for long, once each."""

from collections.abc import Sequence

from django.db import transaction

from core.database import clock
from core.failures import together, waiting
from kits.clocks import overdue
from kits.models import Kit, KitEvent
from orders.models import OrderEvent

MOST = 500  # in one pass
REMINDER = "kit-return-due"
WORK = "remind of kit"


def remind() -> int:
    """Write the event that reminds, for each kit that is due; how many.

    The event is the order's: notifications listens to it, and sends by the customer's own channel.
    """
    due = overdue.to_remind(clock.now()).order_by("pk")
    return together(WORK, waiting(WORK, due, most=MOST), _remind)


@transaction.atomic
def _remind(ids: Sequence[int]) -> int:
    """Each once: whoever comes second finds the mark."""
    now = clock.now()
    kits = overdue.to_remind(now).filter(pk__in=ids).select_related("shipment__order")
    locked = list(kits.select_for_update(of=("self",), no_key=True, skip_locked=True))
    Kit.objects.filter(pk__in=[kit.pk for kit in locked]).update(reminded_at=now)
    KitEvent.objects.bulk_create(
        KitEvent(kit=kit, kind="reminded", actor="system") for kit in locked
    )
    for kit in locked:
        if kit.shipment:
            OrderEvent.objects.create(
                order=kit.shipment.order, kind=REMINDER, actor="system", detail=f"kit {kit}"
            )
    return len(locked)
