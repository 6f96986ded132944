"""Nobody waits for long for who is gone: the time-outs of every connection, and of every stop."""

import re
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from django.db import connection
from redis import ConnectionPool

from config.settings import connections
from core import shutdown
from core.http.messages import DEADLINE

ROOT = Path(__file__).resolve().parents[2]
SERVERS: tuple[list[str], ...] = (
    ["gunicorn"],
    ["/venv/bin/celery", "worker"],
    ["manage.py", "sweep"],
    [],
)


def shown(argv: list[str], *names: str) -> list[str]:
    """What the server says that a connection of such a process has."""
    used = connection.get_connection_params()
    where = {name: used.get(name) for name in ("host", "port", "user", "password", "dbname")}
    options = connections.postgresql({}, argv)
    line = psycopg2.connect(**{k: v for k, v in where.items() if v}, **options)
    with line, line.cursor() as cursor:
        values = []
        for name in names:
            cursor.execute(f"SHOW {name}")
            values.append(cursor.fetchone()[0])
    line.close()
    return values


@pytest.mark.parametrize("argv", SERVERS)
@pytest.mark.django_db
def test_whatever_serves_waits_for_nothing_for_ever(argv: list[str]):
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    assert "0" not in shown(argv, *names, "client_connection_check_interval")


@pytest.mark.django_db
def test_a_command_by_hand_may_take_its_time_and_keeps_no_row_for_ever():
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    assert shown(["manage.py", "import_patients"], *names) == ["0", "0", "10min"]


@pytest.mark.parametrize("argv", [*SERVERS, ["manage.py", "import_patients"]])
@pytest.mark.django_db
def test_no_statement_is_compiled(argv: list[str]):
    assert shown(argv, "jit") == ["off"]


def test_who_is_gone_is_noticed_from_either_end_within_half_a_minute():
    for given, unit in ((connections.CLIENT, ""), (connections.SERVER, "tcp_")):
        idle, interval, count = (
            int(re.sub(r"\D", "", str(given[f"{unit}keepalives_{name}"])))
            for name in ("idle", "interval", "count")
        )
        assert idle + interval * count <= 30
    assert connections.CLIENT["tcp_user_timeout"] <= 30_000


def test_what_the_address_or_the_environment_says_counts_more():
    given = {"options": "-c lock_timeout=1s", "connect_timeout": 1}
    made = connections.postgresql(given, ["gunicorn"], more="-c statement_timeout=5s")
    assert made["connect_timeout"] == 1
    assert made["options"].endswith("-c lock_timeout=1s -c statement_timeout=5s")


def test_a_pooler_is_told_nothing_that_it_refuses():
    made = connections.postgresql({}, ["gunicorn"], pooled=True)
    assert made == connections.CLIENT


def test_redis_takes_what_it_is_told():
    pool = ConnectionPool.from_url("redis://127.0.0.1:1/0", **connections.REDIS)
    made: Any = pool.make_connection()
    assert (made.socket_timeout, made.socket_keepalive, made.health_check_interval) == (2, True, 25)


def _longest_stop() -> float:
    """A call that was begun ends, and its answer is recorded."""
    return DEADLINE + shutdown.GRACE + 5


def test_whoever_stops_has_the_time_that_it_takes_in_containers():
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("dispatch", "worker", "sweeper"):
        grace = int(services[name]["stop_grace_period"].removesuffix("s"))
        assert 60 >= grace >= _longest_stop()


def test_whoever_stops_has_the_time_that_it_takes_in_kubernetes():
    for name in ("workers", "sweeper"):
        text = (ROOT / f"deploy/kubernetes/base/{name}.yaml").read_text()
        for made in yaml.safe_load_all(text):
            grace = made["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
            assert grace >= 60 > _longest_stop()
