"""What an event of an order is announced as."""

import re

import pytest

from customers.tests.factories import CustomerFactory
from kits.registration.link import read
from notifications.models import Notification
from notifications.sweeper import reconcile
from orders.models import OrderEvent
from orders.tests.factories import KitFactory, placed_kit_order, placed_order

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


def test_a_kit_that_has_come_is_announced_with_a_link_that_nobody_here_reads():
    order = placed_order(lines=[(KitFactory.create(), 1)])
    OrderEvent.objects.create(order=order, kind="kit-delivered", actor="system")
    asked = Notification.objects.filter(order=order).latest("id")
    assert asked.source.startswith(f"order:{order.pk}:kit-here")
    [url] = re.findall(r"https?://\S+/kit/(\S+)/", asked.message)
    link = read(url)
    assert link
    assert (link.kind, link.key) == ("o", order.pk)
    assert url not in asked.shown_message
    assert order.kit_type not in asked.message


def test_by_sms_it_fits_into_one(settings):
    settings.PUBLIC_URL = "https://dosette.example.com"
    customer = CustomerFactory.create(name="Amina Odhiambo")
    order = placed_kit_order("whole-exome-sequencing", customer=customer)
    OrderEvent.objects.create(order=order, kind="kit-delivered", actor="system")
    asked = Notification.objects.filter(order=order).latest("id")
    assert (asked.channel, len(asked.message) <= 160) == ("sms", True)
