"""`manage.py dev`: the whole of Dosette in this terminal. `make run` calls it."""

import errno
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections

from devserver.postgres import embedded_database_url
from devserver.process_group import Program, Supervisor

SANDBOX_SECRETS = (
    "REFERENCE_PROVIDER_SECRET",
    "NORTHPOST_LOGIN",
    "NORTHPOST_HOOK_SECRET",
    "REFERENCE_LABORATORY_SECRET",
    "SWIFTPARCEL_API_KEY",
    "SWIFTPARCEL_SECRET",
    "AFRICAS_TALKING_USERNAME",
    "AFRICAS_TALKING_API_KEY",
    "AFRICAS_TALKING_SENDER_ID",
    "AFRICAS_TALKING_CALLBACK_TOKEN",
    "SMS_GATEWAY_TOKEN",
    "EMAIL_GATEWAY_TOKEN",
    "POSTMARK_SERVER_TOKEN",
    "EMAIL_WEBHOOK_SECRET",
    "OIDC_AUDIENCE",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "DEMO_CLIENT_SECRET",
)

# True, and of no concern here: root is root's own choice.
EXPECTED_WARNINGS = ("You're running the worker with superuser privileges",)


class Command(BaseCommand):
    """Sets the database up and runs web, workers, beat, sweeper and sandbox until Ctrl-C."""

    help = "Run Dosette with its sandbox on this machine; Ctrl-C stops all of it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, then run; exit status 0 after Ctrl-C or SIGTERM, 1 when a part failed."""
        if not settings.DEMO:
            raise CommandError("`manage.py dev` is for development, not for production settings.")
        for port in (settings.PORT, settings.PORT + 1):
            _refuse_if_taken(port)
        try:
            self._prepare()
        except (KeyboardInterrupt, BrokenPipeError):
            sys.exit(130)
        supervisor = Supervisor(list(programs()))
        supervisor.show("→ Starting web, workers, beat, sweeper and sandbox …")
        sys.exit(supervisor.run(_is_ready, welcome))

    def _prepare(self) -> None:
        self._write("→ Bringing the database up to date …")
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(f"The database of DATABASE_URL does not answer: {error}") from error
        call_command("migrate", verbosity=0, interactive=False)
        self._write("→ Loading the demo data …")
        call_command("load_demo", stdout=self.stdout)
        connections.close_all()

    def _write(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def programs() -> Iterable[Program]:
    """Everything that runs; the sandbox comes last, because the others talk to it."""
    shared = {
        "DATABASE_URL": os.environ.get("DATABASE_URL") or embedded_database_url(settings.VAR_DIR),
        "DOSETTE_VAR": str(settings.VAR_DIR.resolve()),
        "PORT": str(settings.PORT),
        "WEB_GRACE": "4",
        "PYTHONWARNINGS": ",".join(f"ignore:{beginning}" for beginning in EXPECTED_WARNINGS),
    }
    python = sys.executable
    celery = (python, "-m", "celery", "--quiet", "-A", "config")
    worker = (
        "worker",
        "--loglevel=WARNING",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    )
    dispatch = (*worker, "-Q", "dispatch", "-n", "dispatch@%h", "--concurrency=2")
    default = (*worker, "-Q", "default", "-n", "default@%h", "--concurrency=2")
    beat = ("beat", "--loglevel=WARNING", "--pidfile=", f"--schedule={settings.VAR_DIR / 'beat'}")
    web_url = f"http://127.0.0.1:{settings.PORT}"
    sandbox = ["--port", str(settings.PORT + 1), "--web-url", web_url, "--quiet"]
    if os.environ.get("SANDBOX_EVENTS") == "off":
        sandbox.append("--no-events")
    secrets = {name: getattr(settings, name) for name in SANDBOX_SECRETS}
    secrets["AFRICAS_TALKING_SENDER_ID"] = secrets["AFRICAS_TALKING_SENDER_ID"] or "DOSETTE"
    yield Program("web", (python, "-m", "gunicorn", "-c", "config/gunicorn.py"), shared)
    yield Program("dispatch", (*celery, *dispatch), shared)
    yield Program("worker", (*celery, *default), shared)
    yield Program("beat", (*celery, *beat), shared)
    yield Program("sweeper", (python, "manage.py", "sweep"), shared)
    yield Program(
        "sandbox",
        (python, "-m", "sandbox", *sandbox, "--var", str(settings.VAR_DIR)),
        shared | secrets,
    )


def _refuse_if_taken(port: int) -> None:
    """Raise CommandError unless the port is free, or will be in a moment."""
    try:
        _wait_until_free(port)
    except PermissionError as error:
        raise CommandError(
            f"You may not listen on port {port}. Choose one above 1023: make run PORT=8100"
        ) from error
    except OSError as error:
        raise CommandError(
            f"Port {port} is taken by another program. "
            "Stop that one, or choose another port: make run PORT=8100"
        ) from error
    except OverflowError as error:
        raise CommandError(f"PORT must be a number between 1 and 65534, not {port}.") from error


def _wait_until_free(port: int) -> None:
    """Raise OSError when something listens there. What a killed run left needs a moment to go."""
    deadline = time.monotonic() + 2
    while True:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _is_ready() -> bool:
    return _answers(settings.PORT, "/livez") and _answers(settings.PORT + 1, "/")


def _answers(port: int, path: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=2):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False


def welcome() -> str:
    """What a person needs to know now."""
    web, sandbox = f"http://127.0.0.1:{settings.PORT}", f"http://127.0.0.1:{settings.PORT + 1}"
    port = "" if settings.PORT == 8000 else f" PORT={settings.PORT}"
    lines = [
        "Dosette is ready.",
        "",
        f"  Admin      {web}/admin/",
        f"  API        {web}/api/v1/",
        f"  API docs   {web}/api/docs/",
        f"  Sandbox    {sandbox}/   (what was sent: {sandbox}/ledger)",
        "",
        f"  Demo staff, password {settings.DEMO_PASSWORD}",
        *(f"    {name}" for name in _people()),
        "",
        f"  A token for curl     make token{port}",
        "  Stop                 Ctrl-C",
    ]
    width = max(map(len, lines))
    middle = [f"│ {line:{width}} │" for line in lines]
    text = "\n".join([f"╭{'─' * (width + 2)}╮", *middle, f"╰{'─' * (width + 2)}╯"])
    connections.close_all()
    return f"\n{text}\n"


def _people() -> list[str]:
    people = get_user_model().objects.filter(is_staff=True, is_active=True)
    people = people.prefetch_related("groups").order_by("-is_superuser", "username")
    return [f"{person.get_username():12} {_may(person)}" for person in people]


def _may(person: Any) -> str:
    roles = ", ".join(sorted(group.name for group in person.groups.all()))
    return "may do everything" if person.is_superuser else roles
