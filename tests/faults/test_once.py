"""One parcel per key in the provider's own ledger, whatever died (design.md, "Promises")."""

import signal
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.utils import timezone

from core.models import Circuit
from devserver.postgres import EmbeddedServer
from sandbox.testing import wait_until
from shipping import providers
from shipping.dispatch import queue
from shipping.models import Schedule, Shipment, ShipmentEvent
from tests.conftest import House
from tests.faults.dying import POINTS
from tests.faults.test_faults import DEAD_BROKER, Start, _let_leases_run_out, start
from tests.test_journeys import order_body

__all__ = ["start"]
pytestmark = pytest.mark.faults
REDIS = "/usr/bin/redis-server"


@pytest.fixture(autouse=True)
def silent(house: House) -> Iterator[None]:
    """The provider posts no events: only our own doing moves a parcel."""
    house.sandbox.config.events = False
    yield
    house.sandbox.config.events = True


def parcels_wanted(house: House, count: int = 3) -> list[Shipment]:
    customer = house.customer()
    for _ in range(count):
        house.post("orders/", order_body(customer))
    return list(Shipment.objects.order_by("id"))


def finish(house: House) -> None:
    """What Dosette does by itself, but that nobody waits: leases and pauses are over."""
    _let_leases_run_out()

    def all_sent() -> bool:
        Circuit.objects.all().delete()
        Shipment.objects.filter(state="queued").update(next_attempt_at=timezone.now())
        return not Shipment.objects.exclude(state="sent").exists()

    house.work_until(all_sent)


def taken_per_key(house: House) -> Counter[str]:
    """How many parcels the provider took under each key; a repeated answer is no second parcel."""
    return Counter(parcel["headers"]["Idempotency-Key"] for parcel in house.sandbox.parcels())


def assert_each_once(house: House, shipments: list[Shipment]) -> None:
    assert taken_per_key(house) == {str(shipment.key): 1 for shipment in shipments}
    for shipment in shipments:
        told = ShipmentEvent.objects.filter(shipment=shipment, to_state="sent").count()
        assert told == 1, f"{shipment} is told to be sent {told} times"


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_leaves_one_parcel_per_key(
    house: House, products: None, start: Start, point: str
):
    shipments = parcels_wanted(house)
    worker = start("-m", "tests.faults.dying", point, REDIS_URL=DEAD_BROKER)
    assert worker.wait(60) == -signal.SIGKILL, f"it did not come to {point}"
    finish(house)
    assert_each_once(house, shipments)


def test_a_provider_that_times_out_after_it_took_them_has_one_parcel_per_key(
    house: House, products: None, monkeypatch: pytest.MonkeyPatch
):
    shipments = parcels_wanted(house)
    monkeypatch.setattr(providers.get("reference"), "timeout", 0.5, raising=False)
    house.sandbox.faults(provider={"mode": "timeout_after_accept", "times": 3})
    queue.dispatch()
    assert set(Shipment.objects.values_list("doubtful", flat=True)) == {True}
    finish(house)
    assert_each_once(house, shipments)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.skipif(not Path(REDIS).exists(), reason="there is no redis-server here")
def test_redis_killed_under_a_worker_loses_nothing_and_sends_nothing_twice(
    house: House, products: None, start: Start, tmp_path: Path
):
    port = _free_port()
    command = [REDIS, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as redis:
        try:
            wait_until(lambda: _listens(port), 10)
            url = f"redis://127.0.0.1:{port}/0"
            start("-m", "celery", "-A", "config", "worker", "-P", "solo", REDIS_URL=url)
            shipments = parcels_wanted(house)
        finally:
            redis.kill()
    # Its messages are gone, and the worker has nobody to ask: the sweeper does the work.
    Shipment.objects.update(next_attempt_at=timezone.now().replace(year=2020))
    assert start("manage.py", "sweep", "--once", REDIS_URL=url).wait(60) == 0
    finish(house)
    assert_each_once(house, shipments)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_two_beats_and_two_workers_at_once_make_and_send_one_parcel_each(
    house: House, products: None, start: Start
):
    customer = house.customer()
    for _ in range(3):
        house.post("orders/", order_body(customer, shipping_interval="weekly"))
    Shipment.objects.all().delete()
    today = timezone.localdate()
    Schedule.objects.update(anchor=today - timedelta(days=7), occurrence=1, next_on=today)
    beats = [start("manage.py", "run_schedule", REDIS_URL=DEAD_BROKER) for _ in range(2)]
    assert [beat.wait(60) for beat in beats] == [0, 0]
    assert Shipment.objects.count() == 3
    Shipment.objects.update(next_attempt_at=timezone.now().replace(year=2020))
    sweepers = [start("manage.py", "sweep", "--once", REDIS_URL=DEAD_BROKER) for _ in range(2)]
    assert [sweeper.wait(60) for sweeper in sweepers] == [0, 0]
    finish(house)
    assert_each_once(house, list(Shipment.objects.all()))


def test_a_database_that_restarts_under_the_sweeper_leaves_one_parcel_per_key(
    house: House, start: Start, database_folder: Path
):
    """An embedded one of this test's own, stopped as by a power cut while a parcel is under way."""
    server = EmbeddedServer(database_folder)
    server.start()
    given = {"DATABASE_URL": server.url, "REDIS_URL": DEAD_BROKER}
    try:
        assert start("manage.py", "migrate", "--verbosity=0", **given).wait(90) == 0
        assert start("manage.py", "load_demo", **given).wait(60) == 0
        house.sandbox.faults(provider={"mode": "timeout_after_accept", "times": 1})
        sweeper = start("manage.py", "sweep", **given)
        wait_until(lambda: house.sandbox.ledger()["shipments"], 30)
        log = server.data / "log"
        server._run("pg_ctl", "restart", "-w", "-m", "immediate", "-D", server.data, "-l", log)
        wait_until(lambda: _all_sent(server), 60)
        assert sweeper.poll() is None, "the sweeper outlives its database"
    finally:
        server.leave()
    taken = taken_per_key(house)
    assert taken
    assert set(taken.values()) == {1}


@pytest.fixture
def database_folder() -> Iterator[Path]:
    """Not below pytest's own: each new session closes that to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="dosette-") as folder:
        yield Path(folder) / "postgres"


def _all_sent(server: EmbeddedServer) -> bool:
    """Whether every parcel is sent; leases and pauses are over meanwhile."""
    with (
        closing(psycopg2.connect(server.url)) as connected,
        connected,
        connected.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM core_circuit")
        cursor.execute(
            "UPDATE shipping_shipment SET lease_until = now() - interval '1 second', "
            "next_attempt_at = now() WHERE state IN ('queued', 'sending') "
            "AND coalesce(lease_until, now()) > now() - interval '5 minutes'"
        )
        cursor.execute("SELECT count(*) FROM shipping_shipment WHERE state IN ('queued','sending')")
        return bool(cursor.fetchone()[0] == 0)
