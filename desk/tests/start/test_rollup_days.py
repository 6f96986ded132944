"""Days that had nothing, days of 23 hours, days that nobody counted: each has its own figures."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from customers.tests.factories import CustomerFactory
from desk.models import DayFigures
from desk.start import rollup
from desk.start.rollup import Days, bounds
from notifications.services import notify
from orders.models import Order
from orders.tests.factories import placed_order
from shipping.models import Schedule
from shipping.tests.factories import weekly_schedule

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def counted(now: str, passes: int = 1) -> Days:
    """The figures as the start page reads them at that moment, after so many passes."""
    with time_machine.travel(now, tick=False):
        for _ in range(passes):
            rollup.keep()
        return Days(date.fromisoformat(now[:10]))


@pytest.mark.parametrize(
    ("day", "hours", "begins"),
    [
        (date(2026, 3, 29), 23, "2026-03-29 00:00"),
        (date(2026, 3, 30), 24, "2026-03-29 23:00"),
        (date(2026, 10, 25), 25, "2026-10-24 23:00"),
        (date(2026, 12, 31), 24, "2026-12-31 00:00"),
    ],
)
def test_a_day_begins_and_ends_at_the_midnights_of_staff(day: date, hours: int, begins: str):
    begin, end = (moment.astimezone(UTC) for moment in bounds(day))
    assert end - begin == timedelta(hours=hours)
    assert f"{begin:%Y-%m-%d %H:%M}" == begins
    assert bounds(day + DAY)[0] == end, "no moment is in two days or in none"


@pytest.mark.parametrize(
    ("placed", "days"),
    [
        ("2026-03-28 23:59:59Z", (1, 0, 0)),
        ("2026-03-29 00:00:00Z", (0, 1, 0)),
        ("2026-03-29 22:59:59Z", (0, 1, 0)),
        ("2026-03-29 23:00:00Z", (0, 0, 1)),
    ],
)
def test_a_day_of_23_hours_has_just_what_happened_in_it(placed: str, days: tuple[int, ...]):
    with time_machine.travel(placed, tick=False):
        placed_order()
    three = [date(2026, 3, 28) + n * DAY for n in range(3)]
    assert tuple(rollup.count(day)["orders"][""] for day in three) == days


def test_a_day_that_had_nothing_is_counted_and_the_day_after_it_too():
    with time_machine.travel("2026-06-01 12:00Z", tick=False):
        placed_order()
    with time_machine.travel("2026-06-03 09:00Z", tick=False):
        placed_order()
    days = counted("2026-06-03T12:00:00Z", passes=4)
    orders = [days.total(date(2026, 6, n), "orders") for n in (1, 2, 3)]
    assert orders == [1, 0, 1]
    assert days.parts(date(2026, 6, 2), "money") == {}
    assert days.total(date(2026, 4, 1), "orders") is None, "none is not nothing"


def test_after_days_without_a_sweeper_the_newest_are_counted_first():
    counted("2026-06-01T12:00:00Z")
    days = counted("2026-06-04T12:00:00Z", passes=2)
    known = [days.total(date(2026, 6, n), "orders") for n in (1, 2, 3, 4)]
    assert known == [0, None, 0, 0]
    placed = datetime(2026, 6, 1, 20, tzinfo=UTC)
    Order.objects.filter(pk=placed_order().pk).update(time=placed)
    days = counted("2026-06-04T12:00:30Z", passes=2)
    assert days.total(date(2026, 6, 1), "orders") == 1, "it was counted before it was over"


def test_at_midnight_today_is_a_day_that_was_not_counted_yet():
    counted("2026-12-31T23:59:30Z")
    with time_machine.travel("2027-01-01 00:00:00Z", tick=False):
        days = Days(date(2027, 1, 1))
        assert days.counted_at is None
        assert days.total(date(2027, 1, 1), "orders") is None
        assert days.days[-2:] == [date(2026, 12, 31), date(2027, 1, 1)]
        rollup.keep()
        assert Days(date(2027, 1, 1)).total(date(2027, 1, 1), "orders") == 0


def test_a_day_is_kept_once_whoever_counts_it():
    counted("2026-06-01T12:00:00Z", passes=1)
    counted("2026-06-01T12:02:00Z", passes=1)
    row = DayFigures.objects.get(day=date(2026, 6, 1))
    assert row.counted_at == datetime(2026, 6, 1, 12, 2, tzinfo=UTC)
    with pytest.raises(IntegrityError), transaction.atomic():
        DayFigures.objects.create(day=row.day, counted_at=row.counted_at)


def test_each_figure_is_split_by_what_it_is_about_and_amounts_are_exact():
    with time_machine.travel("2026-06-01 12:00Z", tick=False):
        customer = CustomerFactory.create()
        for amount, currency in (("0.10", "GBP"), ("0.20", "GBP"), ("1000000", "KES")):
            order = placed_order(customer)
            Order.objects.filter(pk=order.pk).update(amount=amount, currency=currency)
        before = rollup.count(date(2026, 6, 1))["messages"].get("sms", 0)
        notify(customer, message="Hello", channel="sms", by="user:test")
        figures = rollup.count(date(2026, 6, 1))
    assert figures["orders"] == {"": 3}
    assert figures["money"]["GBP"] == "0.30"
    assert float(figures["money"]["KES"]) == 1_000_000
    assert figures["parcels"] == {"reference": 3}
    assert figures["messages"]["sms"] == before + 1


@pytest.mark.parametrize(
    ("next_on", "changes", "expected"),
    [
        (date(2026, 5, 31), {}, ({}, 1)),
        (date(2026, 6, 1), {}, ({"2026-06-01": 1}, 0)),
        (date(2026, 6, 7), {}, ({"2026-06-07": 1}, 0)),
        (date(2026, 6, 8), {}, ({}, 0)),
        (date(2026, 6, 1), {"state": "paused"}, ({}, 0)),
        (date(2026, 5, 1), {"state": "paused"}, ({}, 0)),
    ],
    ids=["late", "today", "last", "later", "paused", "paused-late"],
)
def test_what_is_due_within_a_week_is_that_of_running_subscriptions(next_on, changes, expected):
    with time_machine.travel("2026-06-01 12:00Z", tick=False):
        schedule = weekly_schedule()
        Schedule.objects.filter(pk=schedule.pk).update(next_on=next_on, **changes)
        due = rollup.due(date(2026, 6, 1))
    assert (due["due"], due["late"]["subscriptions"]) == expected


def test_only_today_says_what_is_due():
    days = counted("2026-06-02T12:00:00Z", passes=2)
    assert days.parts(date(2026, 6, 2), "late") == {"subscriptions": 0}
    assert days.parts(date(2026, 6, 1), "late") == {}
