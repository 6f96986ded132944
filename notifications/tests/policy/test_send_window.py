"""When a message may go: not at night, not too many a day, not the same words twice."""

from datetime import UTC, datetime, time

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import CustomerFactory
from notifications.delivery.queues import dispatch
from notifications.models import Limits, Notification, Topic
from notifications.services import notify
from orders.tests.factories import placed_sale

NINE, EIGHT = time(21), time(8)


def limits(**changes) -> None:
    Limits.objects.update_or_create(pk=1, defaults=changes)


@pytest.mark.django_db
@time_machine.travel("2026-06-01T19:30Z", tick=False)
def test_a_message_in_quiet_hours_waits_in_the_customers_zone(sandbox):
    limits(quiet_from=NINE, quiet_until=EIGHT)
    row = notify(CustomerFactory.create(time_zone="Africa/Nairobi"), message="Hello")
    assert row.next_attempt_at == datetime(2026, 6, 2, 5, tzinfo=UTC)
    assert "quiet hours" in row.last_error
    assert dispatch() == 0
    assert notify(CustomerFactory.create(), message="Hello").last_error == ""  # London: 20:30


@pytest.mark.django_db
@time_machine.travel("2026-06-01T22:00Z", tick=False)
def test_what_is_critical_passes():
    limits(quiet_from=NINE, quiet_until=EIGHT, messages_per_day=1)
    customer = CustomerFactory.create()
    Topic.objects.filter(occasion="order-placed").update(critical=True)
    rows = [
        notify(customer, message="Call us", critical=True),
        Notification.objects.get(order=placed_sale(customer)),
    ]
    assert [row.last_error for row in rows] == ["", ""]
    assert all(row.critical for row in rows)


@pytest.mark.django_db
@time_machine.travel("2026-06-01T12:00Z", tick=False)
def test_so_many_a_day_and_the_rest_waits():
    limits(messages_per_day=2)
    customer = CustomerFactory.create()
    rows = [notify(customer, message=f"News {n}") for n in range(5)]
    days = [row.next_attempt_at.day for row in rows]
    assert days == [1, 1, 2, 2, 3]
    assert rows[2].last_error.startswith("Waits: the customer has had as many messages")
    assert notify(CustomerFactory.create(), message="Hello").last_error == ""


@pytest.mark.django_db
def test_orders_placed_together_are_counted_together():
    limits(messages_per_day=1)
    customer = CustomerFactory.create()
    placed_sale(customer)
    placed_sale(customer)
    waiting = Notification.objects.order_by("id").values_list("last_error", flat=True)
    assert [bool(reason) for reason in waiting] == [False, True]


@pytest.mark.django_db
def test_the_same_words_within_the_window_are_told_once_and_that_is_on_record():
    limits(duplicate_minutes=10)
    customer = CustomerFactory.create()
    with time_machine.travel("2026-06-01T12:00Z", tick=False) as clock:
        rows = [notify(customer, message="Hello") for _ in range(2)]
        others = [notify(customer, message="Hello", channel="sms"), notify(customer, message="Ho")]
        clock.move_to("2026-06-01T12:11Z")
        later = notify(customer, message="Hello")
    assert [row.state for row in rows] == ["queued", "suppressed"]
    assert rows[1].events.get().detail == "The customer was told the same a moment ago."
    assert [row.state for row in (*others, later)] == ["queued"] * 3


@pytest.mark.django_db
def test_two_orders_told_in_the_same_words_are_both_told():
    limits(duplicate_minutes=10)
    customer = CustomerFactory.create()
    placed_sale(customer)
    placed_sale(customer)
    assert set(Notification.objects.values_list("state", flat=True)) == {"queued"}


def test_half_of_the_quiet_hours_is_refused():
    for hours in ({"quiet_from": NINE}, {"quiet_from": NINE, "quiet_until": NINE}):
        with pytest.raises(ValidationError):
            Limits(**hours).clean()


@pytest.mark.django_db
def test_without_a_limit_placing_an_order_counts_nothing():
    customer = CustomerFactory.create()
    placed_sale(customer)
    with CaptureQueriesContext(connection) as without:
        placed_sale(customer)
    limits(messages_per_day=9)
    placed_sale(customer)  # reads what staff have just set
    with CaptureQueriesContext(connection) as limited:
        placed_sale(customer)
    assert len(limited) == len(without) + 1
