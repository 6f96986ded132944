"""What the benchmarks run against: a sandbox, and a web server for each of the two sides."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from bench import databases, load, measure
from bench.load import Script

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var" / "bench"
SETTINGS = {"product": "bench.settings", "naive": "bench.naive.settings"}
QUEUES = ("default", "dispatch")


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare() -> None:
    """Point the environment at the benchmarks' database and a sandbox of our own; set Django up."""
    VAR.mkdir(parents=True, exist_ok=True)
    port = free_port()
    sys.path.insert(0, str(ROOT))
    os.environ |= {"DOSETTE_VAR": str(VAR), "SANDBOX_URL": f"http://127.0.0.1:{port}"}
    os.environ |= environment("product") | {"DATABASE_URL": databases.url()}
    measure.forget_counts()
    import django

    django.setup()


def environment(side: str) -> dict[str, str]:
    """That of a process of the product, or of the naive project."""
    return os.environ | {"DJANGO_SETTINGS_MODULE": SETTINGS[side], "PGAPPNAME": f"bench-{side}"}


@contextmanager
def sandbox(**faults: object) -> Iterator[str]:
    """The sandbox as a process that posts no events; its URL."""
    from django.conf import settings

    from desk.management.commands.dev import SANDBOX_SECRETS

    url = settings.SANDBOX_URL
    secrets = {name: str(getattr(settings, name, "")) for name in SANDBOX_SECRETS}
    secrets["AFRICAS_TALKING_SENDER_ID"] = settings.AFRICAS_TALKING_SENDER_ID or "DOSETTE"
    command = [sys.executable, "-m", "sandbox", "--port", str(urlsplit(url).port)]
    command += ["--no-events", "--quiet", "--var", str(VAR)]
    with _process(command, os.environ | secrets, f"{url}/ledger"):
        yield url


@dataclass(frozen=True, slots=True)
class Measured:
    """Of some seconds of load: what it came to, and what each answer cost; CPU in milliseconds."""

    load: load.Load
    statements: float
    python: float
    postgres: float


@dataclass(frozen=True, slots=True)
class Web:
    """One of the two web servers."""

    side: str
    url: str
    pid: int

    def workers(self) -> list[int]:
        """The processes that answer."""
        return measure.children(self.pid)

    def measure(self, script: Script, seconds: float, connections: int = 16) -> Measured:
        """Some seconds of load."""
        with measure.cost(f"bench-{self.side}", self.workers, databases.url()) as cost:
            result = load.run(self.url, script, seconds=seconds, connections=connections)
        answers = max(result.answers, 1)
        return Measured(
            result, cost.statements / answers, cost.python / answers, cost.postgres / answers
        )


@contextmanager
def web(side: str) -> Iterator[Web]:
    """A web server with gunicorn's settings of production."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py"]
    more = {"BIND": f"127.0.0.1:{port}", "WEB_LOG_LEVEL": "error"}
    url = f"http://127.0.0.1:{port}"
    with _process(command, environment(side) | more, f"{url}/livez") as pid:
        yield Web(side, url, pid)


@contextmanager
def both() -> Iterator[tuple[Web, Web, dict[str, str]]]:
    """Both web servers, the product's and the naive one, and the header that lets callers in."""
    with sandbox(), web("product") as product, web("naive") as naive:
        authorization = {"Authorization": f"Bearer {token()}"}
        for each in (product, naive):
            _wait_for(f"{each.url}/api/v1/orders/", authorization)  # it has the issuer's keys
        yield product, naive, authorization
    forget_messages()


def forget_messages() -> None:
    """Nobody reads the broker's messages here."""
    from kombu import Queue

    from config.celery import app

    with app.connection_for_write() as connection:
        for queue in QUEUES:
            Queue(queue, channel=connection.default_channel).purge()


@contextmanager
def _process(command: list[str], environment: dict[str, str], probe: str) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(probe)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_for(url: str, headers: Mapping[str, str] | None = None, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    request = urllib.request.Request(url, headers=dict(headers or {}))
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{url} did not answer")


def token() -> str:
    """An access token of the sandbox's issuer with every scope."""
    from django.conf import settings

    form = {
        "grant_type": "client_credentials",
        "client_id": "demo",
        "client_secret": settings.DEMO_CLIENT_SECRET,
    }
    body = urlencode(form).encode()
    with urllib.request.urlopen(f"{settings.OIDC_ISSUER}/token", body, timeout=10) as answer:
        return str(json.load(answer)["access_token"])
