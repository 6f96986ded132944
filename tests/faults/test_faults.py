"""What happens when parts die: real processes, killed for real."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from django.conf import settings
from django.db import connection
from django.utils import timezone

from core.models import QueueLease
from notifications.models import Notification
from sandbox.testing import Sandbox, wait_until
from shipping.models import Shipment
from tests.conftest import House
from tests.faults import stress
from tests.test_journeys import order_body

ROOT = Path(__file__).resolve().parents[2]
DEAD_BROKER = "redis://127.0.0.1:1/0"
pytestmark = pytest.mark.faults

Start = Callable[..., "subprocess.Popen[bytes]"]


def database_for_tests() -> str:
    used = connection.get_connection_params()
    where = {name: used[name] for name in ("host", "port", "password") if used.get(name)}
    return f"postgres://{used['user']}@/{used['dbname']}?{urlencode(where, safe='/')}"


NAMES = (
    "ENCRYPTION_KEYS",
    "BLIND_INDEX_KEY",
    "OIDC_ISSUER",
    "REFERENCE_PROVIDER_URL",
    "REFERENCE_PROVIDER_SECRET",
    "AFRICAS_TALKING_BASE_URL",
    "AFRICAS_TALKING_API_KEY",
    "AFRICAS_TALKING_USERNAME",
    "EMAIL_GATEWAY_URL",
    "EMAIL_GATEWAY_TOKEN",
)


def environment_of_tests(folder: Path) -> dict[str, str]:
    """What a process needs to work with the test's database, its keys and the sandbox."""
    return {name: str(getattr(settings, name)) for name in NAMES} | {
        "DATABASE_URL": database_for_tests(),
        "DOSETTE_VAR": str(folder),
        "REDIS_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
    }


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start processes of Dosette on the test's database, with a file broker of their own."""
    given = environment_of_tests(tmp_path)
    with ExitStack() as stack:

        def run(*command: str, **environment: str) -> "subprocess.Popen[bytes]":
            return stack.enter_context(_process(command, os.environ | given | environment))

        yield run


@contextmanager
def _process(command: tuple[str, ...], env: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    python = [sys.executable, *command]
    process = subprocess.Popen(python, cwd=ROOT, env=env, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _sweep_once(start: Start, **environment: str) -> None:
    assert start("manage.py", "sweep", "--once", **environment).wait(60) == 0


def test_an_order_placed_while_the_broker_is_dead_is_shipped_and_told(
    house: House, products: None, start: Start
):
    port = 20_000 + os.getpid() % 10_000
    url = f"http://127.0.0.1:{port}"
    command = ("-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1")
    start(*command, REDIS_URL=DEAD_BROKER)
    wait_until(lambda: _answers(f"{url}/livez"), 60)
    customer = house.customer()
    answer = house.call("POST", f"{url}/api/v1/orders/", order_body(customer))
    assert answer.status_code == 201, answer.text
    assert answer.elapsed < timedelta(seconds=5)
    _sweep_once(start, REDIS_URL=DEAD_BROKER)
    assert len(house.sandbox.parcels()) == 1
    texts = [sms["message"] for sms in house.sandbox.ledger()["sms"]]
    assert sum("placed" in text for text in texts) == 1


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def test_a_worker_that_reads_the_broker_sends_what_is_due(
    house: House, products: None, start: Start
):
    house.post("orders/", order_body(house.customer()))
    start("-m", "celery", "-A", "config", "worker", "-P", "solo", "-Q", "dispatch,default")
    _sweep_once(start)
    wait_until(lambda: Shipment.objects.get().state != "queued", 30)
    wait_until(lambda: len(house.sandbox.parcels()) == 1, 30)


def test_a_worker_killed_between_claim_and_answer_neither_loses_nor_doubles_a_parcel(
    house: House, products: None, start: Start
):
    house.sandbox.config.events = False
    house.sandbox.faults(provider={"mode": "timeout_after_accept", "times": 1})
    house.post("orders/", order_body(house.customer()))
    worker = start("manage.py", "sweep", "--once", REDIS_URL=DEAD_BROKER)
    wait_until(lambda: house.sandbox.ledger()["shipments"], 30)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    assert Shipment.objects.get().state == "sending", "claimed, and nobody knows more"

    _let_leases_run_out()
    house.work_until(lambda: _due_now() and Shipment.objects.get().state == "sent")
    house.sandbox.config.events = True
    assert len(house.sandbox.parcels()) == 1
    keys = {entry["headers"]["Idempotency-Key"] for entry in house.sandbox.ledger()["shipments"]}
    assert keys == {str(Shipment.objects.get().key)}


def test_a_message_whose_worker_was_killed_is_left_to_staff_and_not_sent_again(
    house: House, start: Start
):
    house.sandbox.faults(africastalking={"mode": "timeout_after_accept", "times": 1})
    house.post("notifications/", {"customer": house.customer(), "message": "Hi", "channel": "sms"})
    worker = start("manage.py", "sweep", "--once", REDIS_URL=DEAD_BROKER)
    wait_until(lambda: house.sandbox.ledger()["sms"], 30)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    _let_leases_run_out()
    house.work()
    house.work()
    assert Notification.objects.get().state == "unknown"
    assert len(house.sandbox.ledger()["sms"]) == 1


@pytest.mark.usefixtures("house")
def test_while_workers_die_and_the_broker_is_emptied_no_message_is_lost_or_doubled(
    world: Sandbox, start: Start, tmp_path: Path
):
    """`python -m tests.faults.stress` does the same with 10,000."""
    verdict = stress.run(world, start, 200, tmp_path / "broker", kill_every=2.0)
    assert verdict.wrong == [], str(verdict)
    assert sum(verdict.states.values()) == 200


def _let_leases_run_out() -> None:
    past = timezone.now() - timedelta(seconds=1)
    for model in (Shipment, Notification):
        model.objects.filter(state="sending").update(lease_until=past)
    QueueLease.objects.filter(until__gt=past).update(until=past)


def _due_now() -> bool:
    """Bring every waiting row's next attempt forward, instead of waiting for it."""
    Shipment.objects.filter(state="queued").update(next_attempt_at=timezone.now())
    return True
