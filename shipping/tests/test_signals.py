"""What shipping does when something happens to an order, in the same transaction."""

from contextlib import suppress
from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from core.workflow import TransitionNotAllowedError
from orders.models import Order
from orders.services import cancel_order, set_address
from orders.tests.factories import (
    ADDRESS,
    ProductFactory,
    placed_kit_order,
    placed_order,
    placed_sale,
)
from shipping.models import Schedule, Shipment, ShipmentEvent
from shipping.tests.factories import last_event, monthly_schedule, queued_shipment


def test_C1_a_placed_order_has_a_queued_shipment(db):
    order = placed_order(service="express")
    shipment = order.shipments.get()
    assert (shipment.reference, shipment.state) == (order.number, "queued")
    assert (shipment.delivery_service, shipment.provider) == ("express", "reference")
    assert shipment.address() == ADDRESS
    [event] = shipment.events.all()
    assert (event.kind, event.to_state, event.actor) == ("queued", "queued", "user:test")


def test_a_sale_over_the_counter_ships_nothing(db):
    placed_sale()
    assert not Shipment.objects.exists()


def test_a_kit_without_an_address_ships_when_it_gets_one(db):
    order = placed_kit_order()
    assert not order.shipments.exists()
    set_address(order, ADDRESS, by="user:test")
    assert order.shipments.get().city == "London"


@time_machine.travel("2026-01-31 23:30Z")
def test_C3_a_recurring_order_ships_at_once_and_is_anchored_on_today(db):
    order = placed_order(interval="monthly")
    schedule = order.schedule
    assert (schedule.anchor, schedule.time_zone) == (date(2026, 1, 31), "Europe/London")
    assert (schedule.occurrence, schedule.next_on) == (1, date(2026, 2, 28))
    assert [e.kind for e in schedule.events.all()] == ["created"]
    shipment = order.shipments.get()
    assert (shipment.reference, shipment.occurrence) == (f"{order.number}.0", 0)
    assert (shipment.state, shipment.ship_on) == ("queued", date(2026, 1, 31))
    order.refresh_from_db()
    assert order.state == "active"


def test_a_refused_order_leaves_nothing_behind(db):
    pounds, shillings = ProductFactory.create(), ProductFactory.create(currency="KES")
    with pytest.raises(ValidationError):
        placed_order(lines=[(pounds, 1), (shillings, 1)])
    assert not Shipment.objects.exists()


def test_a_cancelled_order_takes_its_unsent_shipment_along(db):
    shipment = queued_shipment()
    cancel_order(shipment.order, by="user:nurse")
    shipment.refresh_from_db()
    assert shipment.state == "cancelled"
    assert last_event(shipment).actor == "user:nurse"


def test_a_cancelled_order_takes_its_schedule_along(db):
    schedule = monthly_schedule()
    cancel_order(schedule.order, by="user:nurse")
    schedule.refresh_from_db()
    assert schedule.state == "cancelled"
    assert [e.kind for e in schedule.events.all()] == ["created", "cancelled"]
    assert schedule.shipments.get().state == "cancelled"


@pytest.mark.parametrize("changes", [{"state": "rejected"}, {"state": "scheduled"}])
def test_what_no_provider_has_can_be_cancelled(db, changes):
    shipment = queued_shipment(**changes)
    cancel_order(shipment.order, by="user:nurse")
    shipment.refresh_from_db()
    assert shipment.state == "cancelled"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "sending"},
        {"state": "sent"},
        {"state": "unknown"},
        {"state": "waiting-for-collection"},
        {"state": "queued", "doubtful": True},
    ],
)
def test_an_order_whose_parcel_a_provider_may_have_is_not_cancelled(db, changes):
    shipment = queued_shipment(**changes)
    with pytest.raises(TransitionNotAllowedError, match="provider"):
        cancel_order(shipment.order, by="user:nurse")
    order = Order.objects.get(pk=shipment.order_id)
    assert order.state == "placed"
    assert [event.kind for event in order.events.all()] == ["placed"]
    shipment.refresh_from_db()
    assert shipment.state == changes["state"]


def test_a_subscription_is_cancelled_though_parcels_have_left(db):
    """They go on their way; what has not been sent does not."""
    schedule = monthly_schedule()
    schedule.shipments.update(state="in-transit")
    cancel_order(schedule.order, by="user:nurse")
    schedule.refresh_from_db()
    assert schedule.state == "cancelled"
    assert schedule.shipments.get().state == "in-transit"


def test_a_subscription_is_not_cancelled_while_a_parcel_is_handed_over(db):
    schedule = monthly_schedule()
    schedule.shipments.update(state="sending")
    with pytest.raises(TransitionNotAllowedError, match="Try again in a minute"):
        cancel_order(schedule.order, by="user:nurse")
    schedule.refresh_from_db()
    assert schedule.state == "active"


def test_other_events_and_fixtures_ship_nothing(db):
    order = placed_order()
    order.events.create(kind="note", actor="user:test")
    order.events.model(order=order, kind="placed", at=order.time).save_base(raw=True)
    last_event(order).save()
    assert Shipment.objects.count() == ShipmentEvent.objects.count() == 1
    assert not Schedule.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_committed_order_nudges_a_worker_with_its_providers_name_only(nudges):
    placed_order()
    assert nudges("shipping.tasks.dispatch") == [["reference"]]


@pytest.mark.django_db(transaction=True)
def test_rollback_queues_nothing(nudges):
    with suppress(ZeroDivisionError), transaction.atomic():
        placed_order()
        raise ZeroDivisionError
    assert nudges("shipping.tasks.dispatch") == []
    assert not Shipment.objects.exists()
