"""Customers hear that there is something new, each time, in words that say nothing of health."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from clinical.laboratories.releasing import acknowledge
from clinical.models import LabResult
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message
from kits.tests.factories import kit_in, order_of_kits, packed_kit, parcel_of
from notifications.models import Notification
from notifications.sweeper import reconcile
from orders.models import OrderEvent
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db
NEWS = ("result-ready", "result-corrected")


def messages(order):
    rows = Notification.objects.filter(order=order, source__contains=":result-")
    return list(rows.order_by("id"))


@pytest.mark.parametrize("kind", NEWS)
def test_each_event_is_a_message_of_its_own(kind):
    order = placed_order()
    for _ in range(2):
        OrderEvent.objects.create(order=order, kind=kind, actor="system")
    first, second = messages(order)
    assert first.source != second.source
    assert order.number in first.message
    with time_machine.travel(timezone.now() + timedelta(minutes=30), tick=False):
        assert reconcile() == 0
        Notification.objects.filter(pk=second.pk).delete()
        assert reconcile() == 1
    assert messages(order)[1].source == second.source


def test_of_two_kits_of_one_order_each_is_told():
    order = order_of_kits(pieces=2)
    for kit in (packed_kit(order), packed_kit(order)):
        registered_sample(kit.serial)
        positive = [finding("4711", "positive")]
        arrived(message(result_id=kit.serial, sample={"serial": kit.serial}, findings=positive))
    assert messages(order) == []
    for result in LabResult.objects.all():
        acknowledge(result, 1, "reached by phone", signer=clinician())
    assert len(messages(order)) == 2


def test_no_word_tells_what_or_of_what():
    kit = kit_in("accepted")
    registered_sample(kit.serial)
    arrived(message(sample={"serial": kit.serial}, findings=[finding("4711", "positive")]))
    acknowledge(LabResult.objects.get(), 1, "reached by phone", signer=clinician())
    arrived(
        message(version=2, sample={"serial": kit.serial}, findings=[finding("815", "critical")])
    )
    told = messages(parcel_of(kit).order)
    assert len(told) == 2
    for row in told:
        said = f"{row.subject} {row.message} {row.html}".lower()
        forbidden = (
            "4711",
            "815",
            "result",
            "ferritin",
            "positive",
            "ancestry",
            "laborator",
            "kit",
        )
        assert not [word for word in [*forbidden, kit.serial.lower()] if word in said]
