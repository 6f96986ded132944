"""Events become notifications, once each, in the transaction of the change."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from celery import current_app
from django.db import connection, transaction

from core.workflow import transition
from notifications.delivery.queues import dispatch
from notifications.models import Notification, Rule, Template
from notifications.policy.triggers import trigger_from_order
from notifications.services import announce
from orders.changes import Wanted, change
from orders.models import OrderEvent
from orders.services import cancel_order
from orders.tests.factories import ProductFactory, placed_order, placed_sale
from shipping.models import Shipment, ShipmentEvent


def shipment_of(order) -> Shipment:
    """The parcel that the receiver in shipping made, or one made here."""
    made = Shipment.objects.filter(order=order).first()
    return made or Shipment.objects.create(
        order=order,
        reference=order.number,
        provider="reference",
        state="sent",
        delivery_service="standard",
        ship_on=order.time.date(),
        tracking_url="https://carrier.example/1",
        **order.address(),
    )


def moved(shipment: Shipment, *states: str) -> list[str]:
    """What the customer hears, in order, when the parcel goes through these states."""
    for state in states:
        ShipmentEvent.objects.create(shipment=shipment, kind="tracked", to_state=state)
    rows = Notification.objects.filter(shipment=shipment).order_by("id")
    return [row.source.rsplit(":", 1)[1] for row in rows]


@pytest.mark.django_db
def test_placing_an_order_writes_its_notification_in_the_same_transaction():
    with transaction.atomic():
        order = placed_sale()
        assert Notification.objects.get(order=order).source == f"order:{order.pk}:placed"
        transaction.set_rollback(True)
    assert Notification.objects.count() == 0


@pytest.mark.django_db
def test_cancelling_an_order_is_told(sandbox):
    order = placed_sale()
    cancel_order(order, by="user:test")
    row = Notification.objects.get(order=order, source=f"order:{order.pk}:cancelled")
    assert f"your order {order.number} has been cancelled" in row.message


@pytest.mark.django_db
def test_each_status_of_a_shipment_is_told_once():
    shipment = shipment_of(placed_order())
    assert moved(shipment, "waiting-for-collection", "in-transit", "in-transit", "delivered") == [
        "waiting-for-collection",
        "in-transit",
        "delivered",
    ]


@pytest.mark.django_db
def test_a_fold_that_goes_back_and_forth_repeats_nothing():
    shipment = shipment_of(placed_order())
    heard = moved(shipment, "in-transit", "failed-to-deliver", "in-transit", "failed-to-deliver")
    assert heard == ["in-transit", "failed-to-deliver"]


@pytest.mark.django_db
def test_what_the_provider_does_before_that_is_not_told():
    assert moved(shipment_of(placed_order()), "sent", "unknown", "rejected", "cancelled", "") == []


@pytest.mark.django_db
def test_a_parcel_is_told_with_its_own_facts():
    shipment = shipment_of(placed_order())
    Shipment.objects.filter(pk=shipment.pk).update(tracking_url="https://carrier.example/1")
    shipment.refresh_from_db()
    moved(shipment, "in-transit")
    row = Notification.objects.get(shipment=shipment)
    assert shipment.reference in row.message
    assert row.message.endswith("https://carrier.example/1")
    assert (row.channel, row.order) == ("sms", shipment.order)


@pytest.mark.django_db
def test_a_parcel_is_told_with_what_is_in_it_whatever_its_order_holds_by_now():
    Template.objects.update(body="{item} for {amount}", html="")
    order = placed_order(interval="weekly", lines=[(ProductFactory.create(name="Serum"), 2)])
    sent = shipment_of(order)
    Shipment.objects.update(state="sent")
    balm = ProductFactory.create(name="Balm", kind="goods")
    rule = {"occasion": "shipment-in-transit", "product_kind": "treatment"}
    Rule.objects.create(**rule, channel="email")
    change(order, Wanted(lines=[(balm, 1)]), by="user:test")
    sent.refresh_from_db()
    moved(sent, "in-transit")
    told = Notification.objects.get(shipment=sent)
    assert (told.channel, told.message) == ("email", "2 × Serum for 50.00 GBP")


@pytest.mark.django_db
def test_once_per_source_even_when_the_rule_changes_in_between():
    order = placed_sale()
    Rule.objects.all().update(channel="email")
    event = OrderEvent.objects.get(order=order, kind="placed")
    announce([trigger_from_order(event)])
    assert Notification.objects.get(order=order).channel == "sms"


@pytest.mark.django_db
def test_other_events_of_an_order_are_not_told():
    order = placed_sale()
    transition(order, "shipped", by="system")
    order.events.create(kind="address-set")
    assert Notification.objects.filter(order=order).count() == 1


@pytest.mark.django_db
def test_a_fixture_or_a_changed_event_tells_nothing():
    order = placed_sale()
    Notification.objects.all().delete()
    event = OrderEvent.objects.get(order=order, kind="placed")
    event.save()
    event.save_base(raw=True)
    assert Notification.objects.count() == 0


@pytest.mark.django_db
def test_without_a_template_the_order_is_placed_and_told_in_plain_words():
    Template.objects.all().delete()
    order = placed_sale()
    row = Notification.objects.get(order=order)
    assert row.message.endswith(f"news of your order {order.number}: order placed.")


@pytest.mark.django_db
def test_a_broken_template_stops_no_order():
    Template.objects.update(body="{", subject="}{nobody}{0.__class__}")
    assert Notification.objects.get(order=placed_sale()).message == "{"


@pytest.mark.django_db
def test_the_nudge_carries_the_name_of_a_queue_and_nothing_else(
    django_capture_on_commit_callbacks, monkeypatch
):
    nudges = []
    monkeypatch.setattr(current_app, "send_task", lambda *given, **_: nudges.append(given))
    with django_capture_on_commit_callbacks(execute=True):
        placed_sale()
    assert ("notifications.tasks.dispatch", ("sms", "africastalking")) in nudges


@pytest.mark.usefixtures("delivered")
def test_twin_receivers_write_one_notification():
    order = placed_sale()
    event = OrderEvent.objects.select_related("order__customer").get(order=order, kind="placed")
    Notification.objects.all().delete()
    start = Barrier(4)

    def receive(_: int) -> None:
        start.wait()
        announce([trigger_from_order(event)])
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(receive, range(4)))
    assert Notification.objects.filter(order=order).count() == 1


@pytest.mark.usefixtures("delivered")
def test_twin_workers_send_each_message_once(sandbox):
    for _ in range(90):
        placed_sale()
    start = Barrier(4)

    def work(_: int) -> None:
        start.wait()
        dispatch("sms", "africastalking")
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    dispatch()
    assert len(sandbox.ledger()["sms"]) == 90
    assert set(Notification.objects.values_list("state", "attempts")) == {("sent", 1)}
