"""A kit that cannot be used is sent anew: for nothing, once, and not for ever."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from core.models import Case
from core.workflow import TransitionNotAllowedError
from kits import services
from kits.laboratory.receipt import Receipt, receive
from kits.laboratory.replacing import may_be_replaced, replace
from kits.models import Kit, KitLimits, Replacement
from kits.tests.factories import a_label, kit_in, packed_kit, parcel_of, stocked_kit
from orders.models import Order, Product

pytestmark = pytest.mark.django_db


def rejected_kit(order: Order | None = None) -> Kit:
    kit = packed_kit(order)
    Kit.objects.filter(pk=kit.pk).update(state="returning")
    receive(kit, Receipt("ROOM", "QS"), by="client:lab")
    kit.refresh_from_db()
    return kit


def test_it_is_an_order_for_nothing_to_where_the_first_one_went():
    kit = rejected_kit()
    before = parcel_of(kit).order
    order = replace(kit, by="user:test")
    assert (order.amount, order.customer, order.kit_type) == (0, before.customer, "ancestry")
    assert order.address() == before.address()
    assert order.lines.get().unit_price == Decimal("0.00")
    assert order.shipments.count() == 1
    assert [event.kind for event in order.events.all()] == ["placed", "replacement"]
    assert kit.events.latest("id").detail == f"by order {order.number}."
    assert not Case.objects.filter(closed_at=None).exists()


def test_the_kit_that_is_packed_for_it_is_linked_to_the_first():
    kit = rejected_kit()
    order = replace(kit, by="user:test")
    second = packed_kit(order)
    assert second.replaces == kit
    services.report_lost(second, by="user:test", reason="the carrier lost it")
    third = services.pack(stocked_kit(), order, return_tracking=a_label(), by="user:test")
    assert third.replaces == kit


def lost_kit() -> Kit:
    return services.report_lost(packed_kit(), by="user:test", reason="the carrier lost it")


def test_a_lost_kit_in_whose_place_another_was_packed_is_not_sent_anew():
    kit = lost_kit()
    assert may_be_replaced(kit)
    packed_kit(parcel_of(kit).order)
    assert not may_be_replaced(kit)
    with pytest.raises(TransitionNotAllowedError, match="no other was packed in its place"):
        replace(kit, by="user:test")
    assert not Replacement.objects.exists()


def test_none_is_packed_in_place_of_a_lost_kit_that_was_sent_anew():
    kit = lost_kit()
    order = parcel_of(kit).order
    assert packed_kit(replace(kit, by="user:test")).replaces == kit
    with pytest.raises(TransitionNotAllowedError, match="what was sent anew goes by its own order"):
        packed_kit(order)


def test_a_lost_kit_that_was_never_packed_is_not_sent_anew():
    kit = services.report_lost(stocked_kit(), by="user:test", reason="not on the shelf")
    assert not may_be_replaced(kit)


def test_asked_again_it_is_the_same_order():
    kit = rejected_kit()
    orders = {replace(kit, by="user:test").pk for _ in range(3)}
    assert len(orders) == 1
    assert Replacement.objects.count() == 1


def test_what_is_out_of_sale_is_replaced_and_stays_out_of_sale():
    kit = rejected_kit()
    Product.objects.filter(item_id="ancestry").update(is_active=False)
    kit.refresh_from_db()
    assert replace(kit, by="user:test").amount == 0
    product = Product.objects.get(item_id="ancestry")
    assert (product.is_active, product.price > 0) == (False, True)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_staff_limit_how_often_one_after_the_other(most):
    kit = rejected_kit()
    KitLimits.objects.create(product=kit.lot.product, most_replacements=most)
    for _ in range(most):
        kit = rejected_kit(replace(kit, by="user:test"))
    with pytest.raises(TransitionNotAllowedError, match="the limit that staff set"):
        replace(kit, by="user:test")
    assert Replacement.objects.count() == most


@pytest.mark.parametrize("state", ["packed", "delivered", "accepted", "in-lab", "resulted"])
def test_a_kit_that_may_be_of_use_is_not_sent_anew(state):
    with pytest.raises(TransitionNotAllowedError):
        replace(kit_in(state), by="user:test")


def test_a_kit_that_waits_for_its_person_is_not_sent_anew():
    with pytest.raises(TransitionNotAllowedError):
        replace(kit_in("rejected", reason="RD"), by="user:test")


@pytest.mark.django_db(transaction=True)
def test_clicked_by_eight_at_once_it_is_made_once(delivered: Any):
    kit = rejected_kit()
    barrier = Barrier(8)

    def click(number: int) -> int:
        try:
            barrier.wait(timeout=20)
            return replace(Kit.objects.get(pk=kit.pk), by=f"user:{number}").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        orders = set(pool.map(click, range(8)))
    assert len(orders) == 1
    assert Order.objects.filter(amount=0).count() == Replacement.objects.count() == 1
