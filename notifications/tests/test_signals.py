"""Events that are announced wake the receivers; the others cost nothing."""

import pytest

from notifications.models import Notification
from notifications.policy.triggers import ORDER_OCCASIONS
from notifications.tests.composition.test_builder import shipment_of
from orders.models import OrderEvent
from orders.tests.factories import placed_order
from shipping.models import ShipmentEvent
from shipping.states import TRACKED

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["shipped", "schedule", "note"])
def test_an_event_of_an_order_that_is_not_announced_looks_nothing_up(
    kind, django_assert_num_queries
):
    assert kind not in ORDER_OCCASIONS
    order = placed_order()
    with django_assert_num_queries(1):  # the event itself
        OrderEvent.objects.create(order_id=order.pk, kind=kind)


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "unknown", "cancelled", ""])
def test_an_event_of_a_parcel_that_is_not_announced_looks_nothing_up(
    state, django_assert_num_queries
):
    assert state not in TRACKED
    shipment = shipment_of(placed_order())
    with django_assert_num_queries(1):
        ShipmentEvent.objects.create(shipment_id=shipment.pk, kind="made", to_state=state)


def test_a_monthly_order_is_announced_once():
    order = placed_order(interval="monthly")
    assert OrderEvent.objects.filter(order=order).count() >= 1
    assert Notification.objects.filter(order=order).count() == 1
    for event in OrderEvent.objects.filter(order=order):
        event.save()
    assert Notification.objects.filter(order=order).count() == 1
