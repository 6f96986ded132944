"""Messages to one customer by several connections: counted together, and nobody waits in a circle.

Here one of them holds what the other one needs, and goes on once that one waits.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, transaction

from core.workflow import TransitionNotAllowedError
from customers.services import add_address
from customers.tests.factories import CustomerFactory
from notifications.mailings import service as mailings
from notifications.models import Limits, Mailing, MailingRecipient, Notification
from notifications.policy.send_window import DAY, ENOUGH
from notifications.services import notify
from orders.models import Order
from orders.services import cancel_order
from orders.tests.factories import ADDRESS, placed_kit_order, placed_sale
from sandbox.testing import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
NURSE = "user:1 nurse"


def at_most(count: int) -> None:
    """So many messages a day."""
    Limits.objects.update_or_create(pk=1, defaults={"messages_per_day": count})


def beside(*works: Callable[[], Any]) -> list[Any]:
    """What each of them gives, done at once, each by its own connection."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works, timeout=30))


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def apart() -> list[timedelta]:
    """How long after the one before each message is due."""
    dues = list(
        Notification.objects.order_by("next_attempt_at").values_list("next_attempt_at", flat=True)
    )
    return [later - earlier for earlier, later in pairwise(dues)]


def test_an_order_is_cancelled_while_the_customers_first_address_would_ship_it():
    """There the address book is locked before the order, here the order before the message."""
    at_most(9)
    customer, held = CustomerFactory.create(), Event()
    order = placed_kit_order(customer=customer)

    def cancel() -> None:
        with transaction.atomic():
            locked = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
            held.set()
            wait_until(somebody_waits)
            cancel_order(locked, by=NURSE)

    def add() -> list[str]:
        held.wait(10)
        return add_address(customer, ADDRESS, by=NURSE).shipped

    _, shipped = beside(cancel, add)
    order.refresh_from_db()
    assert (order.state, shipped) == ("cancelled", [])


def test_two_orders_of_a_customer_are_cancelled_together_while_one_of_them_is():
    at_most(9)
    customer, held = CustomerFactory.create(), Event()
    first, second = placed_sale(customer), placed_sale(customer)

    def is_cancelled() -> bool:
        return Order.objects.filter(pk=second.pk, state="cancelled").exists()

    def cancel_both() -> None:
        with transaction.atomic():
            cancel_order(first, by=NURSE)
            held.set()
            wait_until(lambda: somebody_waits() or is_cancelled())
            with suppress(TransitionNotAllowedError):
                cancel_order(second, by=NURSE)

    def cancel_one() -> None:
        held.wait(10)
        cancel_order(second, by=NURSE)

    beside(cancel_both, cancel_one)
    assert set(Order.objects.values_list("state", flat=True)) == {"cancelled"}


def test_orders_placed_in_the_same_instant_are_counted_together():
    at_most(1)
    customer, both = CustomerFactory.create(), Barrier(3)

    def place() -> None:
        both.wait(10)
        placed_sale(customer)

    beside(place, place, place)
    assert all(gap >= DAY for gap in apart())


def test_a_message_that_no_other_could_see_is_counted_when_it_is_committed():
    at_most(1)
    customer = CustomerFactory.create()
    with transaction.atomic():
        first = notify(customer, message="First")
        [second] = beside(lambda: notify(customer, message="Second"))
    first.refresh_from_db()
    assert (first.last_error, second.last_error) == (ENOUGH, "")
    assert apart() == [DAY]


def test_a_mailing_beside_another_message_is_counted_too():
    at_most(1)
    customer = CustomerFactory.create()
    mailing = Mailing.objects.create(state="running", message="News", total=1)
    MailingRecipient.objects.create(mailing=mailing, customer=customer)
    with transaction.atomic():
        notify(customer, message="First")
        beside(lambda: mailings.write_chunk(mailing.pk))
    assert apart() == [DAY]


def test_what_has_gone_already_is_not_put_off():
    at_most(1)
    customer = CustomerFactory.create()
    with transaction.atomic():
        first = notify(customer, message="First")
        beside(lambda: notify(customer, message="Second"))
        Notification.objects.filter(pk=first.pk).update(attempts=1)
    first.refresh_from_db()
    assert first.last_error == ""
