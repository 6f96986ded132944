"""Which kits a parcel holds: a place for each, of the type that was ordered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.workflow import TransitionNotAllowedError
from kits.models import Kit
from kits.states import WITHOUT_PLACE
from orders.models import Order, ProductKind
from shipping.models import Shipment

# Nothing of these has left us: a carrier may know of them, and has not collected them.
PACKABLE = ("scheduled", "queued", "sending", "sent", "waiting-for-collection")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kit belongs: the number of a piece in a parcel, and its kit type.

    `held_by`: the serial of a kit of another type that is there, and must not be.
    """

    shipment: Shipment
    first: Shipment
    piece: int
    kit_type: str
    held_by: str = ""


def first_of(shipment: Shipment) -> Shipment:
    """The parcel in whose place this one is sent; itself when it is the first."""
    while shipment.resend_of:
        shipment = shipment.resend_of
    return shipment


def places_of(shipment: Shipment) -> list[Place]:
    """The places of a parcel: one for each piece of a DNA kit in it, in the order of its lines."""
    kit_types = [
        line.item_id
        for line in shipment.lines
        if line.product.kind == ProductKind.DNA_KIT
        for _ in range(line.quantity)
    ]
    first = first_of(shipment) if kit_types else shipment
    return [Place(shipment, first, n, kit_type) for n, kit_type in enumerate(kit_types, start=1)]


def free_places(shipment: Shipment) -> list[Place]:
    """Those that no kit of their type has, and for which none was sent anew by another order."""
    places = places_of(shipment)
    if not places:
        return []
    kits = Kit.objects.filter(first_shipment=places[0].first)
    kits = kits.exclude(state__in=WITHOUT_PLACE, replacement=None)
    rows = list(kits.values_list("piece", "lot__product__item_id", "serial", "state"))
    taken = {(piece, kit_type) for piece, kit_type, _, _ in rows}
    serials = {piece: serial for piece, _, serial, state in rows if state not in WITHOUT_PLACE}
    return [
        replace(place, held_by=serials.get(place.piece, ""))
        for place in places
        if (place.piece, place.kit_type) not in taken
    ]


def check_kept(parcels: Sequence[Shipment]) -> None:
    """Raise TransitionNotAllowedError, naming the kit, unless each kit in these parcels has a place
    of its type in them."""
    for parcel in parcels:
        kit_types = [place.kit_type for place in places_of(parcel)]
        kits = Kit.objects.filter(first_shipment=first_of(parcel)).exclude(state__in=WITHOUT_PLACE)
        for kit in kits.select_related("lot__product").order_by("piece"):
            if kit.piece and kit.kit_type not in kit_types[kit.piece - 1 : kit.piece]:
                raise TransitionNotAllowedError(
                    f"Kit {kit} is packed in parcel {parcel.reference}, which would not hold a "
                    f"{kit.kit_type} kit there any more. Put the kit back on the shelf first, or "
                    "give it up."
                )


def is_place_free(kit: Kit) -> bool:
    """Whether no other kit has the place that this one was given up from."""
    others = Kit.objects.filter(first_shipment=kit.first_shipment, piece=kit.piece)
    return not others.exclude(state__in=WITHOUT_PLACE).exists()


def parcel_to_pack(order: Order) -> Shipment:
    """The next parcel of an order that lacks a kit.

    Raises TransitionNotAllowedError when there is none, in words for whoever packs.
    """
    waiting = order.shipments.filter(state__in=PACKABLE).order_by("ship_on", "id")
    parcels = list(waiting.select_related("order", "revision", "resend_of")[:20])
    with_kits = [parcel for parcel in parcels if places_of(parcel)]
    for parcel in with_kits:
        if free_places(parcel):
            return parcel
    raise TransitionNotAllowedError(_why_none(order, bool(parcels), bool(with_kits)))


def _why_none(order: Order, is_waiting: bool, has_kits: bool) -> str:
    if has_kits:
        number = order.number
        return f"Order {number} has all its kits already; what was sent anew goes by its own order."
    if is_waiting:
        return f"Order {order.number} holds no kit."
    if order.awaits_address:
        return f"Order {order.number} waits for an address: nothing is packed for it yet."
    return f"Order {order.number} is {order.state}, and no parcel of it waits to be packed."
