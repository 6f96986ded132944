"""`manage.py dev`: what it starts, what it tells them, and when it refuses to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections

from desk.management.commands import dev
from identity.tests.factories import UserFactory, staff


@pytest.fixture(autouse=True)
def _own_port(settings: Any) -> None:
    settings.PORT = 18760
    settings.DEMO = True


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def started(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    """The programs by name, in this environment."""
    monkeypatch.setenv("DATABASE_URL", "postgres://here/dosette")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return {program.name: program for program in dev.programs()}


def test_it_is_not_for_production(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="not for production"):
        call_command("dev")


def test_all_parts_run_on_one_database_and_one_folder(monkeypatch, settings):
    programs = started(monkeypatch)
    assert list(programs) == ["web", "dispatch", "worker", "beat", "sweeper", "sandbox"]
    for program in programs.values():
        assert program.environment["DATABASE_URL"] == "postgres://here/dosette"
        assert program.environment["DOSETTE_VAR"] == str(settings.VAR_DIR.resolve())
        assert program.environment["PORT"] == "18760"


def test_parcels_and_messages_have_workers_of_their_own(monkeypatch):
    programs = started(monkeypatch)
    queues = {name: programs[name].command for name in ("dispatch", "worker")}
    assert "dispatch" in queues["dispatch"]
    assert "default" not in queues["dispatch"]
    assert "default" in queues["worker"]
    assert "dispatch" not in queues["worker"]


def test_no_secret_is_on_a_command_line_where_everybody_on_the_machine_reads_it(
    monkeypatch, settings
):
    settings.NORTHPOST_HOOK_SECRET = "zq-secret"
    for program in started(monkeypatch).values():
        assert "zq-secret" not in " ".join(program.command)
        assert "postgres://" not in " ".join(program.command)


def test_only_the_sandbox_is_told_the_secrets_that_it_answers_with(monkeypatch, settings):
    settings.NORTHPOST_HOOK_SECRET = "zq-secret"
    told = {
        name
        for name, program in started(monkeypatch).items()
        if "zq-secret" in program.environment.values()
    }
    assert told == {"sandbox"}


def test_every_secret_that_the_sandbox_shares_is_a_setting(settings):
    assert [name for name in dev.SANDBOX_SECRETS if not hasattr(settings, name)] == []


def test_the_sandbox_posts_to_this_web_and_may_be_told_to_post_nothing(monkeypatch):
    sandbox = started(monkeypatch)["sandbox"].command
    assert sandbox[sandbox.index("--web-url") + 1] == "http://127.0.0.1:18760"
    assert sandbox[sandbox.index("--port") + 1] == "18761"
    assert "--no-events" not in sandbox
    assert "--no-events" in started(monkeypatch, SANDBOX_EVENTS="off")["sandbox"].command


def test_a_text_message_has_a_sender_though_none_is_set(monkeypatch, settings):
    settings.AFRICAS_TALKING_SENDER_ID = ""
    assert started(monkeypatch)["sandbox"].environment["AFRICAS_TALKING_SENDER_ID"] == "DOSETTE"


def test_a_port_that_is_taken_is_named_and_nothing_begun(monkeypatch, settings, taken):
    monkeypatch.setattr(dev, "_wait_until_free", _at_once)
    settings.PORT = taken
    output = StringIO()
    with pytest.raises(CommandError, match=f"Port {taken} is taken by another program"):
        call_command("dev", stdout=output)
    assert output.getvalue() == ""


def _at_once(port: int) -> None:
    socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.parametrize(
    ("port", "error", "advice"),
    [
        (80, PermissionError(), "You may not listen on port 80"),
        (70000, OverflowError(), "PORT must be a number between 1 and 65534, not 70000"),
    ],
)
def test_a_port_that_cannot_be_had_says_what_to_do(monkeypatch, settings, port, error, advice):
    def refused(_: int) -> None:
        raise error

    monkeypatch.setattr(dev, "_wait_until_free", refused)
    settings.PORT = port
    with pytest.raises(CommandError, match=advice):
        call_command("dev")


def test_a_port_that_is_free_is_free_again_after_the_look(taken):
    dev._wait_until_free(0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    dev._wait_until_free(port)
    socket.create_server(("127.0.0.1", port)).close()


def test_a_database_that_does_not_answer_is_named_in_one_line(monkeypatch):
    class Away:
        """A database that is not there."""

        def ensure_connection(self) -> None:
            raise OperationalError("connection refused")

    monkeypatch.setattr(dev, "connection", Away())
    command = dev.Command(stdout=StringIO())
    with pytest.raises(CommandError, match="DATABASE_URL does not answer: connection refused"):
        command._prepare()


@pytest.mark.django_db
def test_the_welcome_names_the_pages_and_who_may_do_what(settings, monkeypatch):
    monkeypatch.setattr(connections, "close_all", lambda: None)
    settings.DEMO_PASSWORD = "a demo password"
    UserFactory.create(username="root", is_superuser=True)
    staff("support", username="sue")
    text = dev.welcome()
    assert "http://127.0.0.1:18760/admin/" in text
    assert "http://127.0.0.1:18761/ledger" in text
    assert "make token PORT=18760" in text
    assert "password a demo password" in text
    assert text.index("root         may do everything") < text.index("sue          support")
    assert len({len(line) for line in text.strip().splitlines()}) == 1, "a frame"


@pytest.mark.django_db
def test_the_welcome_names_nobody_who_may_not_come_in(monkeypatch):
    monkeypatch.setattr(connections, "close_all", lambda: None)
    staff("support", username="left", is_active=False)
    UserFactory.create(username="nostaff", is_staff=False)
    text = dev.welcome()
    assert "left " not in text
    assert "nostaff" not in text


@pytest.mark.parametrize(
    ("status", "ready"), [("200 OK", True), ("404 Not Found", True), ("503 Unavailable", False)]
)
def test_a_part_is_ready_when_it_answers_otherwise_than_by_a_failure(status, ready):
    with _answering(status) as port:
        assert dev._answers(port, "/livez") is ready


def test_a_part_that_does_not_listen_is_not_ready():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert dev._answers(port, "/livez") is False


@contextmanager
def _answering(status: str) -> Iterator[int]:
    """A server that answers one request so; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(1000)
                caller.sendall(f"HTTP/1.0 {status}\r\n\r\n".encode())

        thread = Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)
