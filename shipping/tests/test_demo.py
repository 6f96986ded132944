"""C4: demo orders are seeded, and the stand-in provider takes them."""

from customers import demo as people
from orders import demo as orders
from orders.models import Order
from shipping import demo
from shipping.dispatch import queue
from shipping.models import Schedule, ScheduleEvent, Shipment


def load() -> None:
    for app in (people, orders, demo):
        app.load()


def test_C4_the_stand_in_provider_takes_every_demo_order_that_ships(db, provider):
    load()
    queue.dispatch()
    assert set(Shipment.objects.values_list("state", flat=True)) == {"sent"}
    ships = {order.pk for order in Order.objects.all() if order.ships}
    assert set(Shipment.objects.values_list("order", flat=True)) == ships
    assert len(provider.parcels()) == len(ships) >= 4


def test_C4_loading_again_changes_nothing(db):
    load()
    before = (Shipment.objects.count(), ScheduleEvent.objects.count())
    load()
    assert (Shipment.objects.count(), ScheduleEvent.objects.count()) == before


def test_C4_one_subscription_is_active_and_one_paused(db):
    load()
    assert sorted(Schedule.objects.values_list("state", flat=True)) == ["active", "paused"]
