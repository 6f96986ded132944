"""The verbs of returns: what comes back to us. Each writes its event, and the order's own."""

from typing import Any

from django.db import transaction

from core import cases
from core.database import clock
from core.workflow import TransitionNotAllowedError, transition
from orders.models import Order, OrderEvent
from orders.models.locking import lock_order
from shipping.exceptions import cases as parcel_cases
from shipping.locking import lock_shipment
from shipping.models import Return, ReturnEvent, Shipment, ShipmentEvent
from shipping.schedules import services as schedules
from shipping.states import RETURN_OPEN, RETURNABLE, RETURNED_BY
from shipping.tracking.events import fold, link_returns


@transaction.atomic
def request(shipment: Shipment, *, by: str, reason: str) -> Return:
    """Write down that a parcel comes back. Its label is made by hand, or by the provider.

    Raises TransitionNotAllowedError unless it has left us, and while another return of it is open.
    """
    locked = lock_shipment(shipment)
    if locked.state not in RETURNABLE:
        raise TransitionNotAllowedError(
            f"This shipment is {locked.state}: nothing of it can come back."
        )
    earlier = locked.returns.count()
    if open_return_of(locked):
        raise TransitionNotAllowedError("A return of this shipment is open already.")
    parcel = Return.objects.create(
        shipment=locked,
        reference=f"{locked.reference}-r{earlier + 1}",
        provider=locked.provider,
        reason=reason[:500],
    )
    ReturnEvent.objects.create(
        parcel=parcel, kind="requested", to_state="requested", actor=by, detail=reason[:500]
    )
    _record_on_order(locked.order, parcel, by=by)
    ShipmentEvent.objects.create(
        shipment=locked, kind="return-requested", actor=by, detail=parcel.reference
    )
    parcel_cases.close_parked(link_returns(), by=by)
    parcel_cases.update_cases(locked, by=by, how=f"It comes back as {parcel.reference}.")
    return parcel


def open_return_of(shipment: Shipment) -> Return | None:
    """The return of it that has not ended; at most one."""
    return shipment.returns.filter(state__in=RETURN_OPEN).first()


def send_label(parcel: Return, *, by: str, tracking_number: str = "") -> Return:
    """Record that the customer has the label. Raises TransitionNotAllowedError when that is
    past."""
    changes: dict[str, Any] = {"tracking_number": tracking_number} if tracking_number else {}
    return _move(parcel, "label-sent", by=by, **changes)


def receive(parcel: Return, *, by: str, reason: str = "") -> Return:
    """Record that it is here again. Raises TransitionNotAllowedError when it is, or was closed."""
    return _move(parcel, "received", by=by, detail=reason)


def refuse(parcel: Return, *, by: str, reason: str = "") -> Return:
    """Record that we do not take it. Raises TransitionNotAllowedError before it is under way, and
    at its end."""
    return _move(parcel, "refused", by=by, detail=reason)


def close(parcel: Return, *, by: str, reason: str = "") -> Return:
    """End a return that does not happen. Raises TransitionNotAllowedError when it has ended."""
    return _move(parcel, "closed", by=by, detail=reason)


@transaction.atomic
def apply(parcel_id: int) -> int:
    """Bring a return to where its provider's events say it is; how many were new."""
    order_id = Return.objects.values_list("shipment__order", flat=True).get(pk=parcel_id)
    lock_order(order_id)
    parcel = Return.objects.select_for_update(of=("self",), no_key=True).get(pk=parcel_id)
    events = list(parcel.tracking_events.all())
    state = RETURNED_BY.get(fold(events) or "", "")
    if state in Return.WORKFLOW.transitions[parcel.state]:
        _move(parcel, state, by=f"provider:{parcel.provider}")
    return parcel.tracking_events.filter(applied_at=None).update(applied_at=clock.now())


@transaction.atomic
def _move(parcel: Return, to: str, *, by: str, detail: str = "", **changes: Any) -> Return:
    order_id = Shipment.objects.values_list("order", flat=True).get(pk=parcel.shipment_id)
    order = lock_order(order_id)
    transition(parcel, to, by=by, detail=detail, **changes)
    _record_on_order(order, parcel, by=by)
    if to == "received":
        cases.resolve(
            parcel_cases.STALLED, [parcel.shipment_id], by=by, resolution="It is here again."
        )
        schedules.finish(order, by=by)
    return parcel


def _record_on_order(order: Order, parcel: Return, *, by: str) -> None:
    """The order's own history shows it."""
    OrderEvent.objects.create(
        order=order, kind=f"return-{parcel.state}", actor=by, detail=parcel.reference
    )
