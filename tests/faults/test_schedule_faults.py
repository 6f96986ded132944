"""Runs of the schedule as beat and staff start them: processes side by side, killed for real."""

import signal
from datetime import date

import pytest
from django.db import connection, transaction

from bench import fill
from orders.models import Order
from orders.tests.factories import ProductFactory
from sandbox.testing import wait_until
from shipping.models import Schedule, Shipment, ShipmentEvent
from shipping.schedules.run import CHUNK, RunSummary, run_schedule
from tests.faults.test_faults import Start, start  # noqa: F401 - a fixture

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
DAY = date(2027, 3, 31)
DUE = 2 * CHUNK + 1000
RUN = ("manage.py", "run_schedule", "--today", DAY.isoformat())


@pytest.fixture
def due(transactional_db: None) -> None:
    ProductFactory.create_batch(2)
    fill.customers(10)
    fill.schedules(DUE, DAY.isoformat())


def each_is_made_once() -> bool:
    assert Shipment.objects.values("schedule", "occurrence").distinct().count() == DUE
    assert ShipmentEvent.objects.values("shipment").distinct().count() == DUE
    return Shipment.objects.count() == ShipmentEvent.objects.count() == DUE


def test_two_beats_at_once_make_each_parcel_once(due: None, start: Start) -> None:  # noqa: F811 - the fixture above
    runs = [start(*RUN) for _ in range(2)]
    assert [run.wait(120) for run in runs] == [0, 0]
    assert each_is_made_once()
    assert set(Schedule.objects.values_list("occurrence", flat=True)) == {2}


def test_a_run_killed_in_between_is_resumed_where_it_was(
    due: None,
    start: Start,  # noqa: F811 - the fixture above
) -> None:
    third_chunk = Schedule.objects.order_by("next_on", "id")[2 * CHUNK + 10]
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=third_chunk.order_id)
        run = start(*RUN)  # it gets as far as this order
        wait_until(lambda: Shipment.objects.count() == 2 * CHUNK, seconds=120)
        run.send_signal(signal.SIGKILL)
        assert run.wait(10) == -signal.SIGKILL
    # PostgreSQL notices that the other side is gone when it answers it; then the rows are free.
    wait_until(lambda: run_schedule(DAY) and Shipment.objects.count() == DUE, seconds=60)
    assert each_is_made_once()
    assert run_schedule(DAY) == RunSummary(), "again: nothing"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT key) FROM shipping_shipment")
        assert cursor.fetchone()[0] == DUE
