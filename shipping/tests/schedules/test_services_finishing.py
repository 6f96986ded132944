"""A recurring order whose schedule is cancelled is finished when its last parcel is (C3)."""

from importlib import import_module

import pytest
from django.db import connection

from core.workflow import TransitionNotAllowedError
from orders.models import Order
from orders.services import cancel_order
from shipping import services
from shipping.models import Return, Schedule, Shipment
from shipping.schedules import services as schedules
from shipping.schedules.run import run_schedule
from shipping.tests.factories import last_event, monthly_schedule, tracked
from shipping.tracking import events, returns

pytestmark = pytest.mark.django_db
NURSE = "user:nurse"


@pytest.fixture
def schedule() -> Schedule:
    return monthly_schedule()


def state(schedule: Schedule) -> str:
    return Order.objects.get(schedule=schedule).state


def deliver(shipment: Shipment) -> None:
    Shipment.objects.filter(pk=shipment.pk, state="queued").update(state="sent")
    events.store("reference", [tracked(shipment.reference, "delivered")])
    events.apply(shipment.pk)


def test_it_stays_active_while_a_parcel_is_on_its_way(schedule):
    schedules.cancel(schedule, by=NURSE, reason="too dear")
    assert state(schedule) == "active"
    deliver(schedule.shipments.get())
    assert state(schedule) == "finished"
    event = last_event(schedule.order)
    assert (event.kind, event.actor) == ("finished", "provider:reference")


def test_delivered_parcels_finish_nothing_while_the_schedule_goes_on(schedule):
    deliver(schedule.shipments.get())
    assert state(schedule) == "active"
    schedules.cancel(schedule, by=NURSE)
    assert state(schedule) == "finished"


def test_every_parcel_counts(schedule):
    run_schedule(schedule.next_on)
    schedules.cancel(schedule, by=NURSE)
    first, second = schedule.shipments.order_by("occurrence")
    deliver(second)
    assert state(schedule) == "active"
    services.cancel(first, by=NURSE)
    assert state(schedule) == "finished"


@pytest.mark.parametrize("open_state", ["scheduled", "unknown", "rejected", "failed-to-deliver"])
def test_what_staff_must_look_at_keeps_it_open(schedule, open_state):
    schedule.shipments.update(state=open_state)
    schedules.cancel(schedule, by=NURSE)
    assert state(schedule) == "active"


def returned(schedule: Schedule, state: str = "failed-to-deliver") -> Return:
    """A return of its one parcel, which could not be delivered, on its way."""
    schedule.shipments.update(state=state)
    parcel = returns.request(schedule.shipments.get(), by=NURSE, reason="No such street")
    return returns.send_label(parcel, by=NURSE)


@pytest.mark.parametrize("outward", ["failed-to-deliver", "in-transit"])
def test_a_parcel_that_came_back_finishes_it(schedule, outward):
    """Whatever its carrier said last of the way out: it is here."""
    parcel = returned(schedule, outward)
    schedules.cancel(schedule, by=NURSE)
    assert state(schedule) == "active"
    returns.receive(parcel, by=NURSE)
    assert state(schedule) == "finished"


def test_a_return_that_its_carrier_reports_finishes_it(schedule):
    parcel = returned(schedule)
    schedules.cancel(schedule, by=NURSE)
    events.store("reference", [tracked(parcel.reference, "delivered")])
    returns.apply(parcel.pk)
    assert state(schedule) == "finished"


def test_a_parcel_that_came_back_before_keeps_nothing_open(schedule):
    returns.receive(returned(schedule), by=NURSE)
    assert state(schedule) == "active", "its schedule goes on"
    schedules.cancel(schedule, by=NURSE)
    assert state(schedule) == "finished"


@pytest.mark.parametrize("end", [returns.close, returns.refuse])
def test_a_return_that_ends_otherwise_keeps_it_open(schedule, end):
    parcel = returned(schedule)
    schedules.cancel(schedule, by=NURSE)
    if end is returns.refuse:
        Return.objects.update(state="in-transit")
    end(parcel, by=NURSE, reason="It is not ours")
    assert state(schedule) == "active"


def test_a_finished_order_ships_nothing_and_cannot_be_cancelled(schedule):
    schedule.shipments.update(state="missed")
    schedules.cancel(schedule, by=NURSE)
    with pytest.raises(TransitionNotAllowedError, match="is finished: nothing is shipped"):
        services.retry(schedule.shipments.get(), by=NURSE)
    with pytest.raises(TransitionNotAllowedError):
        cancel_order(Order.objects.get(), by=NURSE)
    assert schedule.shipments.get().state == "missed"


def test_a_one_off_order_is_left_alone():
    schedule = monthly_schedule()
    cancel_order(schedule.order, by=NURSE)
    assert state(schedule) == "cancelled"


def test_orders_whose_schedule_ended_long_ago_are_finished_by_the_migration():
    """Those whose last parcel is under way are left to it; nothing is done twice."""
    ended, under_way, going_on = (monthly_schedule() for _ in range(3))
    Schedule.objects.filter(pk__in=[ended.pk, under_way.pk]).update(state="cancelled")
    Shipment.objects.filter(schedule__in=[ended, going_on]).update(state="delivered")
    migration = import_module("shipping.migrations.0010_finish_what_ended")
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(migration._FINISH)
    assert [state(each) for each in (ended, under_way, going_on)] == [
        "finished",
        "active",
        "active",
    ]
    event = ended.order.events.get(kind="finished")
    assert (event.from_state, event.to_state, event.actor) == ("active", "finished", "system")
