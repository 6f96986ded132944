"""The verbs of kits. Each writes one KitEvent in the transaction of the change."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, Value
from django.db.models.lookups import Exact

from clinical.models import Sample
from core import cases
from core.database import clock
from core.database.folding import NumberKey
from core.risks import check_reason
from core.workflow import TransitionNotAllowedError, transition_locked
from kits import cases as kit_cases
from kits.models import Kit, Replacement
from kits.models.locking import lock_kit, lock_with_order
from kits.places import Place, free_places, parcel_to_pack
from kits.states import FREE
from kits.values import labels, serials
from orders.models import Order
from orders.models.locking import lock_order
from shipping.models import Shipment, TrackingEvent

_NOWHERE: dict[str, Any] = {
    "shipment": None,
    "first_shipment": None,
    "piece": None,
    "return_tracking": None,
    "packed_at": None,
    "delivered_at": None,
    "reminded_at": None,
    "replaces": None,
}


def find(text: str) -> Kit:
    """The kit of a serial, however it was typed.

    Raises ValidationError (`serial`) for what is none, and for one that we do not have.
    """
    try:
        serial = serials.normalise(text)
    except ValidationError as error:
        raise ValidationError({"serial": error}) from error
    kit = (
        Kit.objects.select_related("lot__product", "shipment__order").filter(serial=serial).first()
    )
    if kit is None:
        raise ValidationError({"serial": f"There is no kit {serial}. Put it aside."})
    return kit


@transaction.atomic
def pack(
    kit: Kit, order: Order, *, return_tracking: str, by: str, outbound_tracking: str = ""
) -> Kit:
    """Put a kit into the next parcel of an order that lacks one, with its return label.

    Raises ValidationError (`return_tracking`) for what is no label, and
    TransitionNotAllowedError, with nothing changed, when the kit is used, expired or of another
    type, the order lacks no kit, the outbound label is another parcel's or the return label is in
    use.
    """
    label = _label(return_tracking, "return_tracking")
    lock_order(order.pk)
    parcel = parcel_to_pack(Order.objects.get(pk=order.pk))
    check_outbound(parcel, outbound_tracking)
    locked = lock_kit(kit)
    place = place_for(locked, parcel)
    check_label(label)
    try:
        with transaction.atomic():
            _put(locked, place, label, by=by)
    except IntegrityError as error:  # another station was quicker
        raise TransitionNotAllowedError(
            "Another station has just used this label or filled this place. Scan the order again."
        ) from error
    return locked


def place_for(kit: Kit, parcel: Shipment) -> Place:
    """The place of this kit in a parcel. Raises TransitionNotAllowedError when it has none."""
    check_usable(kit)
    free = free_places(parcel)
    for place in free:
        if place.kit_type == kit.kit_type and not place.held_by:
            return place
    if held := [place.held_by for place in free if place.held_by]:
        raise TransitionNotAllowedError(
            f"Kit {held[0]} is in this parcel, and is of another type than was ordered. Put it "
            "back on the shelf first."
        )
    wanted = ", ".join(sorted({place.kit_type for place in free})) or "no other kit"
    raise TransitionNotAllowedError(
        f"Kit {kit} is a {kit.kit_type} kit. This parcel lacks {wanted}. Take another kit."
    )


def check_usable(kit: Kit) -> None:
    """Raise TransitionNotAllowedError for a kit that is somebody's, or expired."""
    if kit.state != FREE:
        whose = f" for order {kit.shipment.order.number}" if kit.shipment else ""
        raise TransitionNotAllowedError(f"Kit {kit} is {kit.state}{whose}. Take another kit.")
    if kit.lot.has_expired(clock.now().date()):
        raise TransitionNotAllowedError(
            f"Kit {kit} expired on {kit.lot.expires_on:%d %b %Y}. Take another kit."
        )


def outbound_labels(parcel: Shipment) -> set[str]:
    """What may be scanned from the parcel itself: its tracking number, and our reference."""
    return {labels.key(parcel.tracking_number), labels.key(parcel.reference)} - {""}


def check_outbound(parcel: Shipment, text: str) -> None:
    """Raise TransitionNotAllowedError unless this label, when there is one, is the parcel's."""
    if not text:
        return
    label = labels.key(text)
    if label not in outbound_labels(parcel):
        raise TransitionNotAllowedError(
            f"Label {label} is not that of parcel {parcel.reference}. Put the parcel aside."
        )


def check_label(label: str) -> None:
    """Raise TransitionNotAllowedError for a label in use: a kit's, a parcel's or a carrier's."""
    holder = Kit.objects.filter(Q(return_tracking=label) | Q(serial=label)).first()
    if holder and holder.serial == label:
        raise TransitionNotAllowedError("This is the serial of a kit. Scan the return label.")
    if holder:
        raise TransitionNotAllowedError(f"Return label {label} belongs to kit {holder} already.")
    key = NumberKey(Value(label))
    parcels = Shipment.objects.exclude(tracking_number="")
    if parcel := parcels.filter(Exact(NumberKey("tracking_number"), key)).first():
        raise TransitionNotAllowedError(
            f"Label {label} is that of parcel {parcel.reference}. Scan the return label."
        )
    unknown = TrackingEvent.objects.filter(shipment=None, parcel_back=None)
    if unknown.filter(order_id=label.lower()).exists():
        raise TransitionNotAllowedError(
            f"A carrier has label {label} already. Put it aside, and take another label."
        )


def _put(kit: Kit, place: Place, label: str, *, by: str) -> None:
    replaced = Replacement.objects.filter(order=place.shipment.order_id).first()
    transition_locked(
        kit,
        "packed",
        by=by,
        detail=f"parcel {place.shipment.reference}, return label {label}",
        shipment=place.shipment,
        first_shipment=place.first,
        piece=place.piece,
        return_tracking=label,
        packed_at=clock.now(),
        replaces=replaced.kit if replaced else None,
    )


@transaction.atomic
def unpack(kit: Kit, *, by: str, reason: str = "") -> Kit:
    """Put a kit back on the shelf: one that has not left us, or came back unopened.

    Its place and its return label are free again. Raises TransitionNotAllowedError elsewhere.
    """
    locked = lock_with_order(kit)
    detail = f"parcel {locked.shipment}. {reason}".strip()
    transition_locked(locked, FREE, by=by, kind="unpacked", detail=detail, **_NOWHERE)
    return locked


@transaction.atomic
def report_lost(kit: Kit, *, by: str, reason: str) -> Kit:
    """Give a kit up: another may be packed in its place.

    Raises ValidationError (`reason`) without a reason, TransitionNotAllowedError for one that
    cannot be lost any more.
    """
    check_reason(reason, "it is given up")
    locked = lock_with_order(kit)
    transition_locked(locked, "lost", by=by, detail=reason.strip(), replaces=None)
    cases.resolve(kit_cases.OF_TIME, [locked.pk], by=by, resolution="It was given up.")
    return locked


@transaction.atomic
def destroy(kit: Kit, *, by: str, reason: str) -> Kit:
    """Record that a kit is no more. Raises as `report_lost` does.

    Its sample, which may end with it, is locked first, as when a result comes for it.
    """
    check_reason(reason, "it is destroyed")
    Sample.objects.select_for_update(no_key=True).filter(serial=kit.serial).first()
    locked = lock_with_order(kit)
    transition_locked(locked, "destroyed", by=by, detail=reason.strip(), replaces=None)
    return locked


def _label(text: str, field: str) -> str:
    try:
        return labels.normalise(text)
    except ValidationError as error:
        raise ValidationError({field: error}) from error
