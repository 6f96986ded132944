"""A parcel that could not be delivered is sent again: a new one, linked to the first.

The first stays what it is, for its carrier still has it. The new one has a key and a reference of
its own and goes by the routing rules; of a recurring order it has no occurrence, for the first one
has it.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from core.database.unit_of_work import unit_of_work
from core.risks import check_reason, weigh
from core.workflow import TransitionNotAllowedError
from customers.models import ADDRESS_FIELDS
from orders.models import Order, OrderEvent
from orders.rules import check_address
from orders.services import correct_address
from shipping import services
from shipping.exceptions import cases, risks
from shipping.locking import lock_shipment, lock_wanted
from shipping.models import Shipment, ShipmentEvent
from shipping.states import ATTEMPT, FAILED
from shipping.tracking import returns

# The kind of the event of a parcel that its carrier keeps for the customer.
HELD = "held-for-collection"


@transaction.atomic
def resend(
    shipment: Shipment,
    *,
    by: str,
    reason: str = "",
    later_too: bool = False,
    despite_risk: bool = False,
    **address: str,
) -> Shipment:
    """Send a second parcel in place of one that failed to deliver; the new shipment.

    To `address`, or where the first one went. A one-off order gets the address too, a recurring one
    with `later_too`: then its later parcels go there. Raises TransitionNotAllowedError unless it
    failed to deliver, when it was sent again already, and for an order that has ended;
    ValidationError (`delivery_address`) for an address that cannot be printed; UnsafeActionError
    when somebody may have yet another parcel of it (`risks.another_parcel_risk`) unless
    `despite_risk` was said, and then ValidationError (`reason`) without a reason.
    """
    first = lock_wanted(shipment)
    _check_failed(first)
    decision = weigh(risks.another_parcel_risk(first), despite_risk=despite_risk, reason=reason)
    going = _addressed(first, address)
    changed = [name for name in ADDRESS_FIELDS if getattr(going, name) != getattr(first, name)]
    if changed and (later_too or first.schedule_id is None):
        correct_address(first.order, going.address(), by=by)
    with unit_of_work() as unit:
        second = services.create_parcel(
            going,
            next_reference(first),
            by=by,
            checked=True,
            schedule_id=first.schedule_id,
            revision=first.revision,
            resend_of=first,
        )
        unit.write()  # its key is in the histories below
    _record(first, second, changed, by=by, decision=decision)
    cases.update_cases(first, by=by, how=f"It is sent again as {second.reference}.")
    return second


def _check_failed(first: Shipment) -> None:
    """Raise TransitionNotAllowedError unless it failed to deliver and was not sent again."""
    if again := first.resends.exclude(state="cancelled").order_by("id").first():
        raise TransitionNotAllowedError(
            f"Shipment {first.reference} was sent again already, as {again.reference}."
        )
    if first.state != FAILED:
        raise TransitionNotAllowedError(
            f"This shipment is {first.state}: only one that failed to deliver is sent again as a "
            "new parcel."
        )


def _addressed(first: Shipment, address: Mapping[str, str]) -> Order:
    """The order as the new parcel has it: as the first one had it, but to this address."""
    where = {**first.address(), **address}
    try:
        # What it was sent to already is not judged by rules that came later.
        where = where if where == first.address() else check_address(where)
    except ValidationError as error:
        raise ValidationError({"delivery_address": error.messages}) from error
    going = first.as_ordered
    for name, value in where.items():
        setattr(going, name, value)
    return going


def next_reference(shipment: Shipment) -> str:
    """What the provider will call the next parcel in place of this one: `co-1-2`, `co-1-3`."""
    parcels = risks.in_one_place(shipment)
    first = parcels.earliest("id")
    return f"{first.reference}-{parcels.count() + 1}"


def _record(
    first: Shipment, second: Shipment, changed: list[str], *, by: str, decision: str
) -> None:
    """In both histories and the order's: which lines of the address changed, not what they say."""
    where = f" changed: {', '.join(changed)}." if changed else ""
    for row, kind, link in (
        (first, "resent", f"as {second.reference}."),
        (second, "resend", f"in place of {first.reference}."),
    ):
        detail = f"{link}{where} {decision}".strip()[:500]
        ShipmentEvent.objects.create(shipment=row, kind=kind, actor=by, detail=detail)
    OrderEvent.objects.create(
        order=first.order, kind="parcel-resent", actor=by, detail=second.reference
    )


@transaction.atomic
def hold(shipment: Shipment, *, by: str, reason: str) -> None:
    """Record that its carrier keeps it for the customer to collect; nothing is sent.

    Raises TransitionNotAllowedError unless it failed to deliver, ValidationError (`reason`) without
    saying where and until when.
    """
    locked = lock_shipment(shipment)
    if locked.state != FAILED:
        raise TransitionNotAllowedError(
            f"This shipment is {locked.state}: nobody holds it for collection."
        )
    check_reason(reason, "it is held: where, and until when")
    ShipmentEvent.objects.create(shipment=locked, kind=HELD, actor=by, detail=reason.strip()[:500])


def held(shipment: Shipment) -> str:
    """Where, and until when, its carrier keeps it; empty once it was tried again or moved."""
    if shipment.state != FAILED:
        return ""
    changes = shipment.events.filter(Q(kind=HELD) | Q(kind=ATTEMPT) | ~Q(to_state=""))
    last = changes.order_by("id").last()
    return last.detail if last and last.kind == HELD else ""


COST = "Its carrier charges it as any other parcel; the price is not known here."


def preview(shipment: Any) -> str:
    """What will be done, and what it costs."""
    coming = returns.open_return_of(shipment)
    back = f"Its return is under way: {coming.reference}." if coming else ""
    stays = back or f"{shipment.reference} stays with its carrier."
    return (
        f"{stays} A new parcel, {next_reference(shipment)}, "
        f"goes to this address by the routing rules. {COST}"
    )
