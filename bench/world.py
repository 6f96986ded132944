"""What the benchmarks run against: a database of their own, a sandbox and a web server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var" / "bench"
DATABASE = "dosette_bench"


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare() -> None:
    """Point the environment at a fresh database and a sandbox of our own; set Django up."""
    VAR.mkdir(parents=True, exist_ok=True)
    port = free_port()
    os.environ |= {
        "DOSETTE_VAR": str(VAR),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "SANDBOX_URL": f"http://127.0.0.1:{port}",
    }
    sys.path.insert(0, str(ROOT))
    from devserver.secrets import embedded_database_url

    server = os.environ.get("DATABASE_URL") or embedded_database_url(VAR)
    os.environ["DATABASE_URL"] = _fresh_database(server)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_demo", verbosity=0, stdout=open(os.devnull, "w"))  # noqa: SIM115 - until the process ends


def _fresh_database(url: str) -> str:
    parts = urlsplit(url)
    connection = psycopg2.connect(url.replace("postgres://", "postgresql://", 1))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    connection.close()
    return urlunsplit(parts._replace(path=f"/{DATABASE}"))


@contextmanager
def sandbox(**faults: object) -> Iterator[str]:
    """The sandbox as a process that posts no events; its URL."""
    from django.conf import settings

    from desk.management.commands.dev import SANDBOX_SECRETS

    url = settings.SANDBOX_URL
    environment = {name: str(getattr(settings, name, "")) for name in SANDBOX_SECRETS}
    environment["AFRICAS_TALKING_SENDER_ID"] = settings.AFRICAS_TALKING_SENDER_ID or "DOSETTE"
    command = [sys.executable, "-m", "sandbox", "--port", str(urlsplit(url).port)]
    command += ["--no-events", "--quiet", "--var", str(VAR)]
    with _process(command, environment, f"{url}/ledger"):
        yield url


@contextmanager
def web() -> Iterator[str]:
    """The web server as in `make run`, with the benchmarks' addresses; its URL."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", "4", "--threads", "4"]
    command += ["--keep-alive", "60", "--log-level", "error"]
    with _process(command, {}, f"http://127.0.0.1:{port}/livez"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _process(command: list[str], environment: dict[str, str], probe: str) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        _wait_for(probe)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait_for(url: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).close()
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
