"""A year of shipping, day by day, with the clock of the wall."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from orders.tests.factories import placed_order
from shipping.models import Shipment
from shipping.running import run_schedule

YEAR = [date(2026, 2, 1) + timedelta(days=n) for n in range(364)]


def _live_through(days: list[date]) -> None:
    """Beat ticks twice a day, once just after midnight in UTC."""
    for day in days:
        for hour in (0, 13):
            with time_machine.travel(datetime(day.year, day.month, day.day, hour, 5, tzinfo=UTC)):
                run_schedule()


@pytest.mark.parametrize(
    ("interval", "start", "count"),
    [("monthly", date(2026, 1, 31), 13), ("weekly", date(2026, 1, 28), 53)],
)
def test_C3_a_year_of_shipping_drifts_by_no_day_and_misses_none(db, interval, start, count):
    """From 31 January, across both changes of the clocks, in London."""
    with time_machine.travel(datetime(start.year, start.month, start.day, 10, tzinfo=UTC)):
        order = placed_order(interval=interval)
    _live_through(YEAR)
    shipped = list(Shipment.objects.filter(order=order).order_by("occurrence"))
    assert [shipment.occurrence for shipment in shipped] == list(range(len(shipped)))
    assert len(shipped) in (count - 1, count)
    for n, shipment in enumerate(shipped):
        assert shipment.ship_on == expected(interval, start, n)
        assert shipment.reference == f"{order.number}.{n}"


def expected(interval: str, start: date, n: int) -> date:
    """The calendar, written down in another way than the code's."""
    if interval == "weekly":
        return start + timedelta(days=7 * n)
    ends = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    month = (start.month - 1 + n) % 12
    return date(start.year + (start.month - 1 + n) // 12, month + 1, min(start.day, ends[month]))
