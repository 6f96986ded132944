"""The packing bench: one field that takes any scan, and says what is next.

What was scanned so far goes with the page, and decides nothing: everything is looked up anew with
each scan, and `services.pack` asks again under its locks.
"""

import re
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.lookups import Exact

from core.database.folding import NumberKey
from core.values import text as texts
from core.workflow import TransitionNotAllowedError
from kits import services
from kits.models import Kit
from kits.places import PACKABLE, free_places, parcel_to_pack
from kits.registration.link import kit_scanned
from kits.values import labels, serials
from orders.models import Order
from shipping.models import Shipment

NEW = "NEW"  # what is scanned to begin anew
_ORDER = re.compile(r"co-?([0-9]{1,15})", re.ASCII)
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Bench:
    """What was scanned so far: an order's number, a kit's serial, and both labels."""

    order: str = ""
    kit: str = ""
    return_label: str = ""
    outbound_label: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a scan came to: `level` is next, done or stop."""

    bench: Bench
    level: str
    text: str


class StoppedError(Exception):
    """The scan does not fit; the text says what to do."""


def scan(bench: Bench, text: str, *, by: str) -> Feedback:
    """Take one scan. One that does not fit stops, and what was scanned before stays.

    Raises nothing for whatever is scanned.
    """
    printed = kit_scanned(text[:LONGEST])
    code = printed.serial if printed else texts.code(text[:LONGEST])
    if not texts.visible(text[:LONGEST]):
        return Feedback(bench, "next", next_step(bench))
    if code.strip().upper() == NEW:
        return Feedback(Bench(), "next", next_step(Bench()))
    if _is_packed(bench, code):
        return Feedback(Bench(), "done", f"Order {bench.order} has kit {bench.kit}, as scanned.")
    try:
        taken = _take(bench, code)
        if _is_complete(taken):
            return _pack(taken, by=by)
    except (StoppedError, TransitionNotAllowedError, ValidationError) as refused:
        return Feedback(bench, "stop", " ".join(getattr(refused, "messages", [str(refused)])))
    return Feedback(taken, "next", next_step(taken))


def next_step(bench: Bench) -> str:
    """What is to be scanned now."""
    if not bench.order:
        return "Scan the order."
    if not bench.kit:
        return f"Scan the kit for order {bench.order}."
    if not bench.return_label:
        return f"Scan the return label for kit {bench.kit}."
    return "Scan the label on the parcel."


def _take(bench: Bench, code: str) -> Bench:
    """The bench with what this code is: an order, a kit, or a label."""
    if match := _ORDER.fullmatch(texts.reference(code)):
        return _with_order(bench, int(match[1]))
    kit = _kit_of(code)
    if kit:
        return _with_kit(bench, kit)
    return _with_label(bench, labels.key(code))


def _with_order(bench: Bench, number: int) -> Bench:
    order = Order.objects.filter(pk=number).first()
    if order is None:
        raise StoppedError(f"There is no order co-{number}. Scan the order's slip again.")
    _check_same("order", bench.order, str(order.number))
    parcel = parcel_to_pack(order)
    if bench.kit:
        services.place_for(services.find(bench.kit), parcel)
    return replace(bench, order=str(order.number))


def _with_kit(bench: Bench, kit: Kit) -> Bench:
    _check_same("kit", bench.kit, kit.serial)
    if bench.order:
        services.place_for(kit, _parcel(bench))
    else:
        services.check_usable(kit)
    return replace(bench, kit=kit.serial)


def _with_label(bench: Bench, label: str) -> Bench:
    parcel = _parcel(bench) if bench.order else None
    if parcel is None:
        return _begun_by(bench, label)
    if label in services.outbound_labels(parcel):
        return replace(bench, outbound_label=label)
    if not bench.kit:
        raise StoppedError(f"{label} is no kit of ours. {next_step(bench)}")
    if bench.return_label and label != bench.return_label:
        services.check_outbound(parcel, label)
    label = labels.normalise(label)
    services.check_label(label)
    return replace(bench, return_label=label)


def _begun_by(bench: Bench, label: str) -> Bench:
    """With the order of the parcel that bears this label."""
    key = NumberKey(Value(label))
    parcels = Shipment.objects.exclude(tracking_number="").filter(state__in=PACKABLE)
    parcel = parcels.filter(Exact(NumberKey("tracking_number"), key)).first()
    if parcel is None:
        raise StoppedError(f"{label[:40]} is no order, kit or parcel of ours. Scan the order.")
    return replace(_with_order(bench, parcel.order_id), outbound_label=label)


def _check_same(what: str, known: str, scanned: str) -> None:
    if known and known != scanned:
        raise StoppedError(
            f"This is {what} {scanned}; {known} is on the bench. Put one aside. To begin anew, "
            f"scan {NEW}."
        )


def _order(bench: Bench) -> Order:
    order = Order.objects.filter(number=bench.order).first()
    if order is None:
        raise StoppedError(f"There is no such order. Scan {NEW}, and begin anew.")
    return order


def _parcel(bench: Bench) -> Shipment:
    return parcel_to_pack(_order(bench))


def _is_complete(bench: Bench) -> bool:
    """Whether all is scanned: the parcel's own label, too, where its carrier has given it one."""
    if not (bench.order and bench.kit and bench.return_label):
        return False
    return bool(bench.outbound_label) or not _parcel(bench).tracking_number


def _pack(bench: Bench, *, by: str) -> Feedback:
    order = _order(bench)
    kit = services.pack(
        services.find(bench.kit),
        order,
        return_tracking=bench.return_label,
        outbound_tracking=bench.outbound_label,
        by=by,
    )
    lacking = len(free_places(kit.shipment)) if kit.shipment else 0
    if lacking:
        rest = Bench(order=bench.order, outbound_label=bench.outbound_label)
        text = f"Kit {kit} is packed. Order {order.number} lacks {lacking} more: scan the next kit."
        return Feedback(rest, "done", text)
    return Feedback(Bench(), "done", f"Order {order.number} is packed. Scan the next order.")


def _is_packed(bench: Bench, code: str) -> bool:
    """Whether the last scan came twice: all of it is packed so already."""
    kit = _kit_of(bench.kit) if bench.order and bench.kit else None
    if kit is None or kit.state != "packed" or kit.shipment is None:
        return False
    is_for_it = kit.shipment.order.number == bench.order
    return is_for_it and kit.return_tracking in (bench.return_label or None, labels.key(code))


def _kit_of(code: str) -> Kit | None:
    """The kit whose serial this is; None for what is the serial of none."""
    try:
        serial = serials.normalise(code)
    except ValidationError:
        return None
    return (
        Kit.objects.select_related("lot__product", "shipment__order").filter(serial=serial).first()
    )
