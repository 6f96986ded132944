"""What an event of an order is announced as."""

import pytest

from notifications.models import Notification
from notifications.sweeper import reconcile
from orders.models import OrderEvent
from orders.tests.factories import KitFactory, placed_order

pytestmark = pytest.mark.django_db


def test_a_kit_to_be_sent_back_is_announced_once_for_an_order():
    order = placed_order(lines=[(KitFactory.create(), 1)])
    before = Notification.objects.filter(order=order).count()
    for _ in range(2):
        OrderEvent.objects.create(order=order, kind="kit-return-due", actor="system")
    reminder = Notification.objects.filter(order=order).latest("id")
    assert Notification.objects.filter(order=order).count() == before + 1
    assert reminder.source.startswith(f"order:{order.pk}:kit-due")
    assert reconcile() == 0
    assert str(order.number) in reminder.message
    assert order.kit_type not in reminder.message
