"""Customers are reminded of a kit once, by an event of their order."""

from datetime import timedelta

import pytest

from core.database import clock
from kits import sweeper
from kits.clocks.reminders import remind
from kits.models import Kit, KitLimits
from kits.tests.factories import kit_in, parcel_of
from orders.models import OrderEvent

pytestmark = pytest.mark.django_db


def kit_out_for(days: int, state: str = "delivered") -> Kit:
    return kit_in(state, delivered_at=clock.now() - timedelta(days=days, seconds=1))


def reminded() -> list[int]:
    events = OrderEvent.objects.filter(kind="kit-return-due").order_by("order")
    return list(events.values_list("order", flat=True))


def test_who_has_a_kit_for_long_is_reminded_once():
    kit = kit_out_for(14)
    kit_out_for(13)
    kit_out_for(99, "returning")
    assert sweeper.sweep()["reminded of kits"] == 1
    assert reminded() == [parcel_of(kit).order_id]
    kit.refresh_from_db()
    assert kit.reminded_at
    assert kit.events.latest("id").kind == "reminded"
    assert remind() == 0


def test_staff_set_the_day_for_each_type():
    kit = kit_out_for(8)
    assert remind() == 0
    KitLimits.objects.create(product=kit.lot.product, remind_after_days=7)
    assert remind() == 1


def test_one_that_fails_holds_up_no_other(poison):
    kits = [kit_out_for(20) for _ in range(3)]
    poison("orders_orderevent", f"NEW.order_id = {parcel_of(kits[1]).order_id}")
    assert remind() == 2
    assert len(reminded()) == 2


def test_many_are_reminded_in_few_statements(django_assert_max_num_queries):
    for _ in range(5):
        kit_out_for(20)
    with django_assert_max_num_queries(80):
        assert remind() == 5
