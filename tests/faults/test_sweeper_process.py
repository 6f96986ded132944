"""`manage.py sweep` as a process: it outlives the database and ends when it is told to."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings.base import BASE_DIR
from devserver.postgres import EmbeddedServer
from sandbox.testing import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dosette-sweeper-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedServer]:
    """A database server of our own, so that we may stop it."""
    server = EmbeddedServer(home / "postgres")
    server.start()
    yield server
    server.leave()


def manage(server: EmbeddedServer, home: Path, *words: str) -> "subprocess.Popen[bytes]":
    given = {"DATABASE_URL": server.url, "DOSETTE_VAR": str(home), "REDIS_URL": ""}
    environment = os.environ | given | {"DJANGO_SETTINGS_MODULE": "config.settings.base"}
    with (home / "log").open("ab") as log:
        command = [sys.executable, "manage.py", *words]
        return subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=log, stderr=log)


def test_the_sweeper_waits_for_a_database_that_went_away(
    server: EmbeddedServer, home: Path
) -> None:
    assert manage(server, home, "migrate", "-v0").wait(200) == 0
    heartbeat = home / "heartbeat"
    sweeper = manage(server, home, "sweep", "--heartbeat", str(heartbeat))
    wait_until(heartbeat.exists, 30)

    server.leave()
    wait_until(lambda: "the database does not answer" in (home / "log").read_text(), 30)
    server.start()
    heartbeat.unlink()
    wait_until(heartbeat.exists, 40)

    sweeper.terminate()
    assert sweeper.wait(20) == 0
    assert "Traceback" not in (home / "log").read_text()
