"""The figures of days, as the sweeper keeps them."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.database import clock
from core.tests.plans import forget_statistics
from desk import sweeper
from desk.models import DayFigures
from desk.start import rollup
from desk.start.rollup import Days
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db
NOW = "2026-11-29T14:05:00Z"
TODAY = date(2026, 11, 29)


def orders_on(day: date) -> int | None:
    return Days(TODAY).total(day, "orders")


def test_today_is_counted_every_minute():
    with time_machine.travel(NOW, tick=False) as time:
        rollup.keep()
        placed_order()
        for seconds, count in ((59, 0), (1, 1)):
            time.shift(seconds)
            rollup.keep()
            assert orders_on(TODAY) == count


def test_a_day_that_is_over_is_counted_once_more_and_never_again():
    yesterday = TODAY - timedelta(days=1)
    with time_machine.travel("2026-11-28T23:58:30Z", tick=False) as time:
        rollup.keep()
        placed_order()
        time.move_to("2026-11-29T00:00:40Z")
        rollup.keep()  # today comes first
        assert orders_on(yesterday) == 0
        rollup.keep()
        assert orders_on(yesterday) == 1
        row = DayFigures.objects.get(day=yesterday)
        for _ in range(rollup.DAYS):
            rollup.keep()
        assert DayFigures.objects.get(day=yesterday).counted_at == row.counted_at


def test_thirty_days_are_counted_a_day_a_pass_and_a_day_after_that_costs_one_statement():
    with time_machine.travel(NOW, tick=False):
        with time_machine.travel("2026-10-31T09:00:00Z", tick=False):
            placed_order()
        for _ in range(rollup.DAYS + 1):
            assert sweeper.sweep() == {"days counted": 0}  # nothing was repaired
        assert orders_on(date(2026, 10, 31)) == 1
        assert DayFigures.objects.count() == rollup.DAYS + 1
        with CaptureQueriesContext(connection) as statements:
            rollup.keep()
        assert len(statements) == 1


def test_a_day_is_that_of_staff_also_when_it_has_25_hours():
    for placed in ("2026-10-24 23:30Z", "2026-10-25 23:30Z"):
        with time_machine.travel(placed, tick=False):
            placed_order()
    assert rollup.count(date(2026, 10, 25))["orders"] == {"": 2}


@pytest.mark.parametrize(
    ("counted_by", "index"),
    [
        ('"orders_order"."time" >=', "order_by_time"),
        ('"shipping_shipment"."ship_on" =', "shipment_by_day"),
        ('"core_case"."opened_at" >=', "case_by_age"),
        ('"notifications_notification"."created_at" >=', "notification_by_age"),
        ('"shipping_schedule"."next_on" <', "schedule_due"),
    ],
)
def test_a_day_is_counted_by_an_index(counted_by, index):
    with CaptureQueriesContext(connection) as statements:
        rollup.count(clock.today())
        rollup.due(clock.today())
    counted = next(q["sql"] for q in statements if counted_by in q["sql"])
    forget_statistics()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {counted}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond" in plan, plan
    assert index in plan, plan
