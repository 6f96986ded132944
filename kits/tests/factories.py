"""Kits for tests: on the shelf, or packed as in life."""

from datetime import date
from itertools import count
from typing import Any

from kits import services
from kits.models import Kit, Lot
from kits.values import serials
from orders.models import Order
from orders.tests.factories import KitFactory, placed_order
from shipping.models import Shipment

_numbers = count(1)
LATER = date(2099, 12, 31)


def a_label() -> str:
    """A return label that no other kit has."""
    return f"RT{next(_numbers):08}GB"


def stocked_kit(kit_type: str = "ancestry", *, lot: str = "L1", expires_on: date = LATER) -> Kit:
    """A kit on the shelf."""
    product = KitFactory.create(item_id=kit_type)
    known, _ = Lot.objects.get_or_create(
        product=product, number=lot, defaults={"expires_on": expires_on}
    )
    return Kit.objects.create(serial=serials.serial_of(next(_numbers)), lot=known)


def order_of_kits(kit_type: str = "ancestry", pieces: int = 1, **options: Any) -> Order:
    """An order of kits whose parcel waits to be packed."""
    return placed_order(lines=[(KitFactory.create(item_id=kit_type), pieces)], **options)


def parcel_of(kit: Kit) -> Shipment:
    """The parcel that a kit is in."""
    assert kit.shipment
    return kit.shipment


def packed_kit(order: Order | None = None) -> Kit:
    """A kit that is packed for an order."""
    return services.pack(
        stocked_kit(), order or order_of_kits(), return_tracking=a_label(), by="user:test"
    )


def kit_in(state: str, **changes: Any) -> Kit:
    """A packed kit in a later state, set without its history."""
    kit = packed_kit()
    Kit.objects.filter(pk=kit.pk).update(state=state, **changes)
    kit.refresh_from_db()
    return kit
