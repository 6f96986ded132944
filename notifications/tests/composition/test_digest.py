"""Several parcels that move at once are told in one message; each status once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from notifications.delivery.queues import dispatch
from notifications.models import Limits, Notification
from notifications.policy.opt_outs import opt_out
from notifications.policy.triggers import Trigger, trigger_from_shipment
from notifications.services import announce
from orders.tests.factories import placed_order
from shipping.models import Shipment, ShipmentEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(sandbox) -> Customer:
    Limits.objects.update_or_create(pk=1, defaults={"digest_minutes": 5})
    return CustomerFactory.create(name="Jane")


def parcels(customer: Customer, count: int) -> list[Shipment]:
    """So many parcels; what was said of their orders is out of the way."""
    orders = [placed_order(customer) for _ in range(count)]
    Notification.objects.all().delete()
    return [Shipment.objects.get(order=order) for order in orders]


def moved(shipment: Shipment, state: str = "in-transit") -> ShipmentEvent:
    return ShipmentEvent.objects.create(shipment=shipment, kind="tracked", to_state=state)


def messages() -> list[Notification]:
    return list(Notification.objects.order_by("id"))


def test_one_parcel_is_told_at_once_at_every_step(customer):
    [parcel] = parcels(customer, 1)
    moved(parcel)
    moved(parcel, "delivered")
    assert [(row.state, row.last_error) for row in messages()] == [("queued", "")] * 2


def test_the_first_goes_at_once_and_the_others_together(customer, sandbox):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        one, two, three = parcels(customer, 3)
        moved(one)
        assert dispatch() == 1
        moved(two)
        moved(three)
        moved(one, "delivered")
        assert dispatch() == 0
        clock.shift(timedelta(minutes=5, seconds=1))
        assert dispatch() == 1
    first, second = (sms["message"] for sms in sandbox.ledger()["sms"])
    assert one.reference in first
    assert second.startswith("Hi Jane, news of 3 parcels.")
    for words in (
        f"Your parcel {two.reference} is on its way",
        f"Your parcel {three.reference} is on its way",
        f"Your parcel {one.reference} has arrived",
    ):
        assert words in second


def test_each_status_has_its_row_which_names_the_message_that_tells_it(customer):
    one, two, three = parcels(customer, 3)
    for parcel in (one, two, three):
        moved(parcel)
    _, head, joined = messages()
    assert (joined.state, joined.digest) == ("suppressed", head)
    assert joined.last_error == "Told together with others, in another message."
    assert head.last_error.startswith("Waits for news of more parcels")


def test_news_that_come_at_once_are_one_message_at_once(customer, sandbox):
    events = [moved(parcel) for parcel in parcels(customer, 30)]
    Notification.objects.all().delete()
    announce(trigger_from_shipment(event) for event in events)
    assert Notification.objects.filter(state="queued").count() == 2  # twenty in one at most
    dispatch()
    texts = " ".join(sms["message"] for sms in sandbox.ledger()["sms"])
    assert all(event.shipment.reference in texts for event in events)


def test_what_is_told_again_changes_nothing(customer):
    events = [moved(parcel) for parcel in parcels(customer, 3)]
    before = [(row.source, row.message, row.state) for row in messages()]
    announce(trigger_from_shipment(event) for event in events)
    assert [(row.source, row.message, row.state) for row in messages()] == before


def test_other_customers_and_orders_are_not_joined(customer):
    other = CustomerFactory.create()
    [one], [two] = parcels(customer, 1), parcels(other, 1)
    moved(one)
    moved(two)
    announce([Trigger("test:1", "order-placed", one.order)])
    assert [row.state for row in messages()] == ["queued"] * 3
    assert all(row.last_error == "" for row in messages())


def test_who_opts_out_while_it_waits_hears_nothing_of_it(customer):
    for parcel in parcels(customer, 3):
        moved(parcel)
    opt_out("sms", "+254704590344", reason="test")
    assert {row.state for row in messages()} == {"suppressed"}
