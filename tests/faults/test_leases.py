"""Real workers that are frozen, or told to stop, with a queue before them."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from core import shutdown
from core.http.messages import DEADLINE
from core.models import Circuit, QueueLease
from customers.tests.factories import CustomerFactory
from notifications.models import Notification
from notifications.services import notify
from sandbox.testing import wait_until
from shipping.models import Shipment, ShipmentEvent
from shipping.tests.factories import queued_shipment
from tests.conftest import House
from tests.faults.stress import ACCEPTED, ARRIVED
from tests.faults.test_faults import Start, start
from tests.faults.test_once import assert_each_once, finish, silent, taken_per_key

__all__ = ["silent", "start"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

WORKER = ("-m", "celery", "-A", "config", "worker", "-Q", "dispatch,default")
CALL = ("-m", "celery", "-A", "config", "call")
DISPATCH = "import django; django.setup(); from shipping.dispatch import queue; queue.dispatch()"
OTHERS_GO_ON_WITHIN = 60.0


def parcels_due(count: int) -> list[Shipment]:
    return [queued_shipment() for _ in range(count)]


def messages_due(count: int) -> None:
    customer = CustomerFactory.create()
    for number in range(count):
        notify(customer, message=f"m-{number}", channel="sms", critical=True)


def texts_taken(house: House) -> Counter[str]:
    entries = house.sandbox.ledger()["sms"]
    return Counter(str(e["message"]) for e in entries if e.get("statusCode") in ACCEPTED)


def holder(name: str) -> str:
    lease = QueueLease.objects.filter(name=name, until__gt=timezone.now()).first()
    return lease.holder.rpartition(":")[2] if lease else ""


def seconds_until(condition: Callable[[], Any], most: float) -> float:
    begun = time.monotonic()
    wait_until(condition, most)
    return time.monotonic() - begun


def what_there_is(house: House) -> Any:
    """All that a worker could change. A request that it was about to write when it was frozen may
    still leave it: it bears the key of the first, and is no second parcel."""
    return (
        list(Shipment.objects.order_by("id").values()),
        ShipmentEvent.objects.count(),
        list(Circuit.objects.order_by("pk").values()),
        list(QueueLease.objects.order_by("pk").values()),
        house.sandbox.parcels(),
    )


def all_sent(shipments: list[Shipment]) -> bool:
    keys = [shipment.pk for shipment in shipments]
    return not Shipment.objects.filter(pk__in=keys).exclude(state="sent").exists()


def test_when_a_worker_is_frozen_the_others_go_on_and_thawed_it_changes_nothing(
    house: House, start: Start, record_testsuite_property: Callable[[str, object], None]
):
    """D3: it stands still in the middle of a chunk, with the queue in its hands."""
    claimed = parcels_due(60)
    house.sandbox.faults(provider={"latency_ms": 4000})
    frozen = start("-c", DISPATCH)
    wait_until(lambda: house.sandbox.ledger()["shipments"], 60)
    os.killpg(frozen.pid, signal.SIGSTOP)
    assert holder("shipping:reference") == str(frozen.pid)
    begun = len(house.sandbox.ledger()["shipments"])

    house.sandbox.faults(provider=None)
    fresh = parcels_due(3)
    start(*WORKER, "-P", "solo")
    start("manage.py", "sweep")
    seconds = seconds_until(lambda: all_sent(fresh), 120)
    record_testsuite_property("others go on after", seconds)
    seconds_of_its_own = seconds + seconds_until(lambda: all_sent(claimed), 120)
    record_testsuite_property("its rows go on after", seconds_of_its_own)

    before = what_there_is(house)
    assert begun < len(claimed), "it had not begun them all"
    os.killpg(frozen.pid, signal.SIGCONT)
    assert frozen.wait(60) == 0
    assert what_there_is(house) == before
    assert_each_once(house, claimed + fresh)
    assert seconds < OTHERS_GO_ON_WITHIN


@pytest.mark.parametrize("pool", [("-c", "2"), ("-P", "solo")], ids=["prefork", "solo"])
def test_a_worker_that_is_told_to_stop_before_a_long_queue_ends_soon_and_hands_the_rest_back(
    house: House,
    start: Start,
    record_testsuite_property: Callable[[str, object], None],
    pool: tuple[str, ...],
):
    """D4: a deploy. Only the worker itself gets the signal, as from Kubernetes and Docker."""
    shipments = parcels_due(150)
    messages_due(120)
    slow = {"latency_ms": 1000}
    house.sandbox.faults(provider=slow, africastalking=slow)
    worker = start(*WORKER, *pool)
    # Before the sweeper could take everything it has work in its hands, and is ready for a signal.
    assert start(*CALL, "shipping.tasks.dispatch").wait(60) == 0
    wait_until(lambda: house.sandbox.ledger()["shipments"], 90)
    sweeper = start("manage.py", "sweep")
    wait_until(lambda: house.sandbox.ledger()["sms"], 90)
    worker.terminate()
    sweeper.terminate()
    seconds = seconds_until(lambda: worker.poll() is not None and sweeper.poll() is not None, 90)
    record_testsuite_property("both ended after", seconds)
    assert (worker.returncode, sweeper.returncode) == (0, 0)
    assert seconds < DEADLINE + shutdown.GRACE

    states = Counter(Shipment.objects.values_list("state", flat=True))
    states += Counter(Notification.objects.filter(channel="sms").values_list("state", flat=True))
    assert set(states) <= {"queued", *ARRIVED}, states
    taken = taken_per_key(house).total() + texts_taken(house).total()
    assert sum(states[name] for name in ARRIVED) == taken
    assert states["queued"] > 0, "there was more to do"
    house.sandbox.faults(provider=None, africastalking=None)
    finish(house)
    assert_each_once(house, shipments)
    house.work_until(lambda: not Notification.objects.filter(state="queued").exists())
    assert set(texts_taken(house).values()) == {1}
    assert texts_taken(house).total() == Notification.objects.filter(channel="sms").count()
