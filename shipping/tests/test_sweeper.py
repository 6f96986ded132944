"""What repairs itself: lost nudges, dead workers, a dead broker, and orders nobody was told of."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from core.database.slices import Slices
from core.outbox import claim
from core.tasks import Enqueue
from orders.models import Order, OrderEvent
from orders.tests.factories import placed_order, placed_sale
from shipping import sweeper
from shipping.dispatch import queue
from shipping.models import Shipment
from shipping.sweeper import reconcile, sweep
from shipping.tests.factories import monthly_schedule, queued_shipment, tracked
from shipping.tracking import events


def due_for(seconds: int) -> Shipment:
    """A shipment that has been due for so long."""
    return queued_shipment(next_attempt_at=timezone.now() - timedelta(seconds=seconds))


@pytest.fixture
def dead_broker(monkeypatch):
    """Nobody listens where the broker should be."""
    from celery import current_app

    monkeypatch.setattr(Enqueue, "_resting_until", 0.0)
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(current_app.conf, "broker_transport_options", {})
    monkeypatch.setattr(current_app, "_pool", None)
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)


def test_with_nothing_to_do_it_does_nothing(db):
    assert not any(sweep().values())


def test_a_lost_nudge_is_repeated(db, nudges, provider):
    queued_shipment()
    assert sweep()["shipments sent or nudged"] == 1
    assert nudges("shipping.tasks.dispatch") == [["reference"]]
    assert provider.parcels() == []


def test_what_no_worker_takes_for_half_a_minute_is_sent_by_the_sweeper(db, provider):
    shipment = due_for(31)
    assert sweep()["shipments sent or nudged"] == 1
    shipment.refresh_from_db()
    assert shipment.state == "sent"


def test_with_the_broker_dead_the_sweeper_sends_at_once(db, provider, dead_broker):
    queued_shipment()
    sweep()
    assert Shipment.objects.get().state == "sent"


@pytest.mark.django_db(transaction=True)
def test_an_order_is_placed_and_shipped_though_the_broker_is_dead(provider, dead_broker):
    """C1: placing it is no error, and nothing is lost."""
    order = placed_order()
    sweep()
    assert order.shipments.get().state == "sent"


def test_what_a_dead_worker_left_is_looked_up_and_sent_once(db, provider):
    shipment = queued_shipment()
    claim(queue.delivery_queue("reference"), limit=1)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert sweep()["shipments taken over from lost workers"] == 1
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful) == ("queued", True)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        sweep()
    assert Shipment.objects.get().state == "sent"
    assert len(provider.parcels()) == 1


def test_events_whose_nudge_was_lost_are_applied(db):
    shipment = queued_shipment()
    events.store("reference", [tracked(shipment.reference, "in-transit")])
    assert sweep()["tracking events applied"] == 1
    assert Shipment.objects.get().state == "in-transit"
    assert sweep()["tracking events applied"] == 0


def test_scheduled_shipments_are_queued_when_their_day_has_come(db):
    today = timezone.localdate()
    due = queued_shipment(state="scheduled", ship_on=today)
    later = queued_shipment(state="scheduled", ship_on=today + timedelta(days=1))
    assert sweep()["shipments promoted"] == 1
    assert Shipment.objects.get(pk=due.pk).state == "queued"
    assert [e.to_state for e in due.events.all()][-1] == "queued"
    assert Shipment.objects.get(pk=later.pk).state == "scheduled"


def test_pauses_that_are_over_end(db):
    with time_machine.travel("2026-01-31 12:00Z", tick=False) as clock:
        schedule = monthly_schedule(state="paused", resume_on=date(2026, 3, 1))
        clock.move_to("2026-02-28 23:59Z")
        assert sweep()["schedules resumed"] == 0
        clock.move_to("2026-03-01 00:01Z")
        assert sweep()["schedules resumed"] == 1
    schedule.refresh_from_db()
    assert (schedule.state, schedule.next_on) == ("active", date(2026, 3, 31))


def test_a_pause_ends_when_its_day_begins_where_it_is(db):
    with time_machine.travel("2026-01-31 12:00Z", tick=False) as clock:
        monthly_schedule(state="paused", resume_on=date(2026, 3, 1), time_zone="Pacific/Auckland")
        clock.move_to("2026-02-28 11:01Z")
        assert sweep()["schedules resumed"] == 1


def forgotten() -> Order:
    """An order that was placed on a path that sends no signals."""
    order = placed_order()
    Shipment.objects.filter(order=order).delete()
    Order.objects.filter(pk=order.pk).update(time=timezone.now() - timedelta(minutes=2))
    return order


def test_an_order_without_a_shipment_gets_one(db):
    order = forgotten()
    assert reconcile() == 1
    assert order.shipments.get().state == "queued"
    assert reconcile() == 0


def test_the_sweeper_finds_every_forgotten_order_however_many_there_are(db, monkeypatch):
    monkeypatch.setattr(sweeper, "_orders", Slices("time", size=2))
    lost = [forgotten() if number in (0, 5, 9) else placed_order() for number in range(12)]
    passes = [reconcile() for _ in range(8)]
    assert sum(passes) == 3 > max(passes)
    assert all(order.shipments.exists() for order in lost)


def test_what_a_pass_that_broke_off_has_not_shipped_the_next_one_ships(db, monkeypatch):
    monkeypatch.setattr(sweeper, "_orders", Slices("time", size=2))
    monkeypatch.setattr(sweeper, "CHUNK", 2)
    lost = [forgotten() for _ in range(4)]
    assert [reconcile() for _ in range(3)] == [2, 2, 0]
    assert all(order.shipments.exists() for order in lost)


def test_an_order_that_is_being_placed_is_left_alone(db):
    Shipment.objects.filter(order=placed_order()).delete()
    assert reconcile() == 0


def test_orders_that_ship_nothing_or_are_cancelled_get_none(db):
    placed_sale()
    cancelled = forgotten()
    Order.objects.filter(pk=cancelled.pk).update(state="cancelled")
    Order.objects.update(time=timezone.now() - timedelta(minutes=2))
    assert reconcile() == 0


@pytest.mark.django_db(transaction=True)
def test_two_reconcilers_at_once_ship_an_order_once():
    orders = [forgotten() for _ in range(5)]
    start = Barrier(3)
    found: list[int] = []

    def run() -> None:
        start.wait()
        found.append(reconcile())
        connection.close()

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3, "none of them broke"
    assert sum(found) == len(orders) == Shipment.objects.count()
    assert OrderEvent.objects.filter(kind="placed").count() == 5


def test_the_statements_do_not_grow_with_the_tables(db, django_assert_max_num_queries):
    for _ in range(3):
        queued_shipment(state="delivered")
    with django_assert_max_num_queries(36):
        sweep()
