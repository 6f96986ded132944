"""Where kits belong in a parcel, also when its order is changed after packing."""

from typing import Any

import pytest

from core.workflow import TransitionNotAllowedError
from kits import services
from kits.models import Kit
from kits.places import free_places
from kits.tests.factories import a_label, order_of_kits, packed_kit, parcel_of, stocked_kit
from orders.changes import Wanted, change
from orders.models import Order, Product
from orders.tests.factories import KitFactory, ProductFactory
from shipping.models import Shipment

pytestmark = pytest.mark.django_db


def changed(order: Order, *lines: tuple[Product, int], **more: Any) -> Order:
    return change(order, Wanted(lines=list(lines), **more), by="user:nurse")


def kit_type(name: str) -> Product:
    return KitFactory.create(item_id=name)


def free(order: Order) -> list[tuple[int, str]]:
    parcel = Shipment.objects.get(order=order)
    return [(place.piece, place.kit_type) for place in free_places(parcel)]


def test_what_was_packed_keeps_its_place_or_the_order_stays_as_it_is():
    order = order_of_kits(pieces=2)
    first, second = packed_kit(order), packed_kit(order)
    for lines in ([(kit_type("ancestry"), 1)], [(kit_type("genealogy"), 2)]):
        with pytest.raises(TransitionNotAllowedError, match="Put the kit back on the shelf first"):
            changed(order, *lines)
    assert [line.quantity for line in Order.objects.get().lines.all()] == [2]
    services.unpack(second, by="user:nurse")
    changed(order, (kit_type("ancestry"), 1))
    assert Kit.objects.get(shipment__order=order) == first
    assert free(order) == []


def test_a_line_before_the_kit_moves_it_to_another_place_and_is_refused():
    order = order_of_kits("genealogy")
    kit = services.pack(stocked_kit("genealogy"), order, return_tracking=a_label(), by="user:nurse")
    with pytest.raises(TransitionNotAllowedError, match=f"Kit {kit} is packed"):
        changed(order, (kit_type("ancestry"), 1), (kit_type("genealogy"), 1))
    changed(order, (kit_type("genealogy"), 1), (kit_type("ancestry"), 1))
    assert free(order) == [(2, "ancestry")]


def test_what_holds_no_kit_and_where_it_goes_are_changed_as_before():
    order = order_of_kits()
    kit = packed_kit(order)
    serum = ProductFactory.create(item_id="serum")
    changed(order, (serum, 2), (kit_type("ancestry"), 1))
    moved = {**order.address(), "line_1": "99 Moved Street"}
    change(order, Wanted(address=moved), by="user:nurse")
    assert parcel_of(kit).order.lines.count() == 2
    assert free(order) == []


def test_a_packed_parcel_that_does_not_follow_keeps_its_kit():
    order = order_of_kits(interval="monthly")
    packed_kit(order)
    changed(order, (kit_type("genealogy"), 1))
    assert free(order) == []
    with pytest.raises(TransitionNotAllowedError, match="is packed in parcel"):
        changed(order, (kit_type("genealogy"), 1), include_unsent=True)


def test_what_is_given_up_holds_nothing():
    order = order_of_kits()
    services.report_lost(packed_kit(order), by="user:nurse", reason="it fell into the sea")
    changed(order, (kit_type("genealogy"), 1))
    assert free(order) == [(1, "genealogy")]


def test_a_kit_of_another_type_fills_no_place():
    order = order_of_kits()
    kit = packed_kit(order)
    other = stocked_kit("genealogy")
    Kit.objects.filter(pk=kit.pk).update(lot=other.lot)
    assert free(order) == [(1, "ancestry")]
    with pytest.raises(TransitionNotAllowedError, match=f"Kit {kit} is in this parcel"):
        packed_kit(order)


def test_asked_of_a_parcel_it_is_a_query_or_two(django_assert_num_queries):
    order = order_of_kits(pieces=3)
    parcel = Shipment.objects.select_related("order", "revision").get(order=order)
    with django_assert_num_queries(3):
        assert len(free_places(parcel)) == 3
