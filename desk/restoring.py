"""What a restored database does not know: numbers given out, parcels and messages sent since."""

from django.db import connection, transaction

from notifications.models import Notification
from shipping import providers
from shipping.exceptions import cases
from shipping.models import Shipment, ShipmentEvent
from shipping.schedules import run

GAP = 100_000
WAITING = ("scheduled", "queued", "sending")
WHY = "may have been sent before the restore"


def after_restore(gap: int = GAP) -> dict[str, int]:
    """Make Dosette safe to start: to be run once, before any worker or sweeper; what was done.

    New orders get numbers that nobody can have seen. What falls due today is made first, so that
    it is in doubt like all that waits: it is looked up, or sent under a key that its provider
    knows; where neither can be, staff decide. Messages are left to staff.
    """
    run.run_schedule()
    with transaction.atomic():
        return {
            "next order's number": skip_numbers(gap),
            "parcels in doubt": _doubt(),
            "parcels for staff": _leave_to_staff(),
            "messages for staff": Notification.objects.filter(
                state__in=("queued", "sending")
            ).update(state="unknown", last_error=WHY, lease_until=None),
        }


def skip_numbers(gap: int) -> int:
    """Move the order numbers on, past every one that we or a provider know of; the next one."""
    with connection.cursor() as cursor:
        cursor.execute(_SKIP, [gap])
        return int(cursor.fetchone()[0]) + 1


_SKIP = """
SELECT setval(pg_get_serial_sequence('orders_order', 'id'), %s + greatest(
    (SELECT coalesce(max(id), 0) FROM orders_order),
    (SELECT last_value FROM orders_order_id_seq),
    (SELECT coalesce(max(substring(order_id FROM '^co-([0-9]{1,15})(?:[.-]|$)')::bigint), 0)
     FROM shipping_trackingevent WHERE shipment_id IS NULL)))
"""


def _safe() -> list[str]:
    """The providers that can be asked, or know a key again."""
    return [name for name in providers.names() if providers.get(name).resend_is_safe]


def _doubt() -> int:
    waiting = Shipment.objects.filter(state__in=WAITING, provider__in=_safe())
    return waiting.update(doubtful=True)


def _leave_to_staff() -> int:
    lost = Shipment.objects.filter(state__in=("queued", "sending")).exclude(provider__in=_safe())
    shipments = list(lost.select_for_update(of=("self",), no_key=True))
    ShipmentEvent.objects.bulk_create(
        ShipmentEvent(
            shipment=shipment,
            kind="unknown",
            from_state=shipment.state,
            to_state="unknown",
            detail=WHY,
        )
        for shipment in shipments
    )
    for shipment in shipments:
        shipment.state, shipment.last_error = "unknown", WHY
    ids = [shipment.pk for shipment in shipments]
    Shipment.objects.filter(pk__in=ids).update(
        state="unknown", doubtful=True, last_error=WHY, lease_until=None
    )
    cases.open_cases(shipments)
    return len(shipments)
