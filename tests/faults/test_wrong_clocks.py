"""Processes whose clocks are three days off make nothing twice, forget nothing, and are in time."""

import re
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from celery.beat import PersistentScheduler
from django.utils import timezone

from config.celery import app
from core.models import IdempotencyKey
from notifications.models import Notification
from orders.models import Order
from sandbox.testing import wait_until
from shipping.models import Schedule, Shipment
from tests.conftest import House
from tests.faults.test_faults import DEAD_BROKER, ROOT, Start, start
from tests.test_journeys import order_body

__all__ = ["start"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]
ALL_THE_SAME = {"CLOCK_LIMIT": "999999999"}  # seconds: as if nobody looked at the clock


@pytest.fixture(params=[3, -3], ids=["ahead", "behind"])
def start_off(request: pytest.FixtureRequest, start: Start) -> Start:
    """`start`, but the process's clock is three days off."""
    off = {"PYTHONPATH": str(ROOT / "tests" / "wrong_clock"), "CLOCK_OFF_DAYS": str(request.param)}
    return lambda *command, **more: start(*command, **off, **more)


def is_now(moment: datetime) -> bool:
    return abs(timezone.now() - moment) < timedelta(minutes=2)


@pytest.fixture
def web_off(start_off: Start, house: House) -> Callable[..., requests.Response]:
    """Call the API of a web process that is off, with a token of the right time."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    command = ("-m", "gunicorn", "-c", "config/gunicorn.py", "--bind", url.removeprefix("http://"))
    start_off(*command, REDIS_URL="", WEB_CONCURRENCY="1", WEB_GRACE="1")
    wait_until(lambda: _answers(url), 60)
    return lambda method, path, *json, **headers: house.call(
        method, f"{url}{path}", *json, **headers
    )


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/livez", timeout=2).ok
    except requests.RequestException:
        return False


def test_a_repeated_order_stays_one_whichever_web_process_it_comes_to(
    house: House, products: None, web_off: Callable[..., requests.Response]
) -> None:
    body = order_body(house.customer())
    orders = "/api/v1/orders/"
    first = web_off("POST", orders, body, **{"Idempotency-Key": "one"})
    assert first.status_code == 201, first.text
    assert house.post("orders/", body, key="one")["number"] == first.json()["number"]
    house.post("orders/", body, key="two")
    again = web_off("POST", orders, body, **{"Idempotency-Key": "two"})
    assert again.status_code == 201, again.text
    assert Order.objects.count() == IdempotencyKey.objects.count() == 2
    assert all(map(is_now, Order.objects.values_list("time", flat=True)))
    assert all(map(is_now, Shipment.objects.values_list("next_attempt_at", flat=True)))
    ready = web_off("GET", "/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert re.search("clock is [23] days", ready.json()["parts"]["clock"])


def live_message(house: House) -> Notification:
    """One that a worker is sending at this moment."""
    house.post("notifications/", {"customer": house.customer(), "message": "Hi", "channel": "sms"})
    row = Notification.objects.get()
    soon = timezone.now() + timedelta(minutes=1)
    Notification.objects.filter(pk=row.pk).update(state="sending", lease_until=soon)
    return row


def test_a_sweeper_refuses_and_says_why(
    house: House, products: None, start_off: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    house.post("orders/", order_body(house.customer()), key="one")
    assert start_off("manage.py", "sweep", "--once", REDIS_URL=DEAD_BROKER).wait(60) == 1
    assert re.search("This process's clock is [23] days", capfd.readouterr().err)
    assert Shipment.objects.get().state == "queued"


def test_a_sweeper_that_does_not_refuse_does_nothing_wrong_either(
    house: House, products: None, start_off: Start
) -> None:
    message = live_message(house)
    house.sandbox.faults(provider={"status": 503, "times": 5})
    house.post("orders/", order_body(house.customer()), key="one")
    sweep = start_off("manage.py", "sweep", "--once", REDIS_URL=DEAD_BROKER, **ALL_THE_SAME)
    assert sweep.wait(60) == 0
    message.refresh_from_db()
    assert message.state == "sending"
    assert IdempotencyKey.objects.filter(key="one").exists()
    assert Shipment.objects.get().next_attempt_at < timezone.now() + timedelta(hours=1)


def test_a_schedule_is_run_on_its_day_alone(house: House, products: None, start_off: Start) -> None:
    house.post("orders/", order_body(house.customer(), shipping_interval="weekly"))
    Shipment.objects.all().delete()
    in_two_days = timezone.localdate() + timedelta(days=2)
    Schedule.objects.update(anchor=in_two_days, occurrence=1, next_on=in_two_days)
    assert start_off("manage.py", "run_schedule").wait(60) == 1
    assert start_off("manage.py", "run_schedule", **ALL_THE_SAME).wait(60) == 0
    assert not Shipment.objects.exists()


def test_a_worker_sends_what_is_due_and_dates_it_right(
    house: House, products: None, start: Start, start_off: Start
) -> None:
    house.sandbox.config.events = False
    house.post("orders/", order_body(house.customer()))
    start_off("-m", "celery", "-A", "config", "worker", "-P", "solo", "-Q", "dispatch,default")
    assert start("manage.py", "sweep", "--once").wait(60) == 0
    wait_until(lambda: Shipment.objects.get().state == "sent", 60)
    house.sandbox.config.events = True
    assert is_now(Shipment.objects.get().sent_at or timezone.now() - timedelta(days=9))
    assert len(house.sandbox.parcels()) == 1


@pytest.mark.usefixtures("transactional_db")
def test_a_beat_ticks_when_it_is_time(start_off: Start, tmp_path: Path) -> None:
    """It has ticked ten minutes ago, so it is overdue; not after three days, and not thrice."""
    book = PersistentScheduler(app, schedule_filename=str(tmp_path / "beat"))
    for entry in book.schedule.values():
        entry.last_run_at = timezone.now() - timedelta(minutes=10)
    book.close()
    beat = start_off("-m", "celery", "-A", "config", "beat", "-s", str(tmp_path / "beat"))
    wait_until(lambda: list(tmp_path.rglob("*.default.msg")), 60)
    beat.send_signal(signal.SIGTERM)
    assert beat.wait(20) == 0
    assert len(list(tmp_path.rglob("*.default.msg"))) == 1
