"""Tracking events (C2) that arrive at once, or beside a cancellation."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import strategies as st

from core.tests.beside import at_once
from core.workflow import TransitionNotAllowedError
from orders.models import Order
from orders.services import cancel_order
from sandbox.testing import wait_until
from shipping import sweeper as shipping_sweeper
from shipping.models import Shipment
from shipping.states import RANKS, SHIPMENT
from shipping.tests.factories import queued_shipment, tracked
from shipping.tracking import events

START = datetime(2026, 3, 1, tzinfo=UTC)
# Few names and few minutes, so that ties and repetitions are common.
STORIES = st.lists(
    st.builds(
        lambda name, minute: (name, START + timedelta(minutes=minute)),
        st.sampled_from(list(RANKS)),
        st.integers(0, 5),
    ),
    max_size=7,
)


def _check_history(shipment: Shipment) -> None:
    """Each change begins where the last one ended, is allowed, and the last one is the state."""
    steps = [(event.from_state, event.to_state) for event in shipment.events.all()]
    assert steps[0] == ("", "queued")
    assert all(before[1] == after[0] for before, after in pairwise(steps))
    assert all(to in SHIPMENT.transitions[start] for start, to in steps[1:])
    assert steps[-1][1] == shipment.state
    assert not shipment.tracking_events.filter(applied_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_events_that_arrive_at_once_end_in_one_history():
    shipment = queued_shipment()

    def arrive(name: str) -> None:
        when = f"2026-03-01 0{RANKS[name]}:00:00"
        events.store("reference", [tracked(shipment.reference, name, when)])
        events.apply(shipment.pk)

    assert at_once(*(partial(arrive, name) for name in RANKS)) == [None] * 4
    shipment.refresh_from_db()
    assert shipment.state == "delivered"
    _check_history(shipment)


@pytest.mark.django_db(transaction=True)
def test_an_event_waits_for_its_order_before_it_takes_its_shipment():
    """Whoever cancels an order locks in the same sequence, so neither waits for the other."""
    shipment = queued_shipment()
    events.store("reference", [tracked(shipment.reference, "delivered")])

    def apply() -> None:
        events.apply(shipment.pk)
        connection.close()

    applying = Thread(target=apply)
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=shipment.order_id)
        applying.start()
        wait_until(_somebody_waits_for_a_lock)
        Shipment.objects.select_for_update(nowait=True).get(pk=shipment.pk)
    applying.join()
    shipment.refresh_from_db()
    assert shipment.state == "delivered"


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_and_an_event_at_once_do_not_deadlock():
    shipments = [queued_shipment() for _ in range(10)]

    def each(do: Any) -> None:
        for shipment in shipments:
            do(shipment)

    def cancel(shipment: Shipment) -> None:
        try:
            cancel_order(Order.objects.get(pk=shipment.order_id), by="user:nurse")
        except TransitionNotAllowedError:
            return

    def deliver(shipment: Shipment) -> None:
        events.store("reference", [tracked(shipment.reference, "delivered")])
        events.apply(shipment.pk)

    assert at_once(partial(each, cancel), partial(each, deliver)) == [None, None]
    assert set(Shipment.objects.values_list("state", flat=True)) == {"delivered"}


@pytest.mark.django_db(transaction=True)
def test_the_sweeper_passes_by_what_somebody_holds_and_applies_the_rest():
    """As a session of a dead machine does: D3."""
    held, other = queued_shipment(), queued_shipment()
    for shipment in (held, other):
        events.store("reference", [tracked(shipment.reference, "in-transit")])
    applied: list[int] = []

    def sweep() -> None:
        applied.append(shipping_sweeper.apply_tracking())
        connection.close()

    with transaction.atomic():
        Order.objects.select_for_update().get(pk=held.order_id)
        sweeper = Thread(target=sweep)
        sweeper.start()
        sweeper.join(5)
        assert applied == [1]
    assert shipping_sweeper.apply_tracking() == 1
