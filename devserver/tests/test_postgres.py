"""The embedded PostgreSQL comes with its first user and goes with its last."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import environ
import psycopg2
import pytest

from devserver.postgres import SOCKET_NAME, EmbeddedServer

USE = """
import pathlib, select, sys
from devserver.postgres import EmbeddedServer
server = EmbeddedServer(pathlib.Path(sys.argv[1]))
server.start()
print(server.url, flush=True)
# Not a plain read: a signal that comes just before it would be noticed only after it.
while not select.select([sys.stdin], [], [], 0.1)[0]:
    pass
"""
User = subprocess.Popen[str]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with blanks in its path; not pytest's own, which only its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="dosette test "))
    yield folder / "var" / "postgres"
    if EmbeddedServer(folder / "var" / "postgres").runs():
        pytest.fail("the server still runs")
    shutil.rmtree(folder)


@pytest.fixture
def use(home: Path) -> Iterator[Callable[[], User]]:
    """Starts another process that uses the server, until its input ends."""
    users: list[User] = []

    def start() -> User:
        command = [sys.executable, "-c", USE, str(home)]
        pipe = subprocess.PIPE
        users.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        return users[-1]

    yield start
    for user in users:
        user.communicate(timeout=30)


def url_of(user: User) -> str:
    assert user.stdout
    return user.stdout.readline().strip()


def ask(url: str, question: str) -> object:
    parts = environ.Env.db_url_config(url)
    options = {"dbname": parts["NAME"], "user": parts["USER"], **parts["OPTIONS"]}
    connection = psycopg2.connect(**options)
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0]
    finally:
        connection.close()


def test_it_knows_unicode_wherever_it_was_started(home: Path, use: Callable[[], User]) -> None:
    assert ask(url_of(use()), "SELECT lower('ÉÖ')") == "éö"


def test_it_stays_while_anybody_uses_it(home: Path, use: Callable[[], User]) -> None:
    first, second = use(), use()
    url = url_of(first)
    assert url_of(second) == url
    first.communicate(timeout=30)
    assert ask(url, "SELECT 1") == 1
    second.communicate(timeout=30)
    assert not EmbeddedServer(home).runs()


def test_a_killed_user_does_not_keep_it_for_ever(home: Path, use: Callable[[], User]) -> None:
    killed = use()
    url_of(killed)
    killed.kill()
    killed.wait()
    assert EmbeddedServer(home).runs()
    next_one = use()
    url_of(next_one)
    next_one.communicate(timeout=30)
    assert not EmbeddedServer(home).runs()


def test_sigterm_ends_it_too(home: Path, use: Callable[[], User]) -> None:
    user = use()
    url_of(user)
    user.terminate()
    assert user.wait(timeout=30) == 143
    assert not EmbeddedServer(home).runs()


def test_data_outlives_the_server(home: Path, use: Callable[[], User]) -> None:
    first = use()
    url = url_of(first)
    ask(url, "CREATE TABLE kept AS SELECT 7 AS seven; COMMIT; SELECT 1")
    first.communicate(timeout=30)
    assert ask(url_of(use()), "SELECT seven FROM kept") == 7


def test_nobody_else_on_the_machine_may_connect(home: Path, use: Callable[[], User]) -> None:
    url_of(use())
    socket = EmbeddedServer(home)._socket_folder() / SOCKET_NAME
    assert socket.stat().st_mode & 0o077 == 0


def test_its_log_quotes_no_value(home: Path, use: Callable[[], User]) -> None:
    url = url_of(use())
    ask(url, "CREATE TABLE people (name text UNIQUE); INSERT INTO people VALUES ('zq'); SELECT 1")
    for broken in (
        "INSERT INTO people VALUES ('zqcanary'), ('zqcanary')",
        "SELECT 'zqcanary'::int",
        "SELECT zqcanary FROM people",
    ):
        with pytest.raises(psycopg2.Error):
            ask(url, broken)
    log = (EmbeddedServer(home).data / "log").read_text()
    assert "ready to accept connections" in log
    assert "zqcanary" not in log


def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / ("long" * 25))
    host = environ.Env.db_url_config(server.url)["OPTIONS"]["host"]
    assert len(host) < 60
    assert host != environ.Env.db_url_config(EmbeddedServer(tmp_path).url)["OPTIONS"]["host"]
