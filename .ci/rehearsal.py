"""Rehearses a restore to a moment, on loopback, with real files: see docs/operations.md.

A server of its own archives its log. Orders, a base backup, more orders, then the disaster: orders
that the backup and the moment do not have, though the provider has their parcels. Restore to the
moment, reconcile with the provider, order again; nothing may be sent twice, and no number given
out twice. Prints figures; ends with status 1 and a sentence when something is not as it should be.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from devserver.postgres import EmbeddedServer, _binaries
from sandbox.testing import running_sandbox, wait_until

STARTED = time.monotonic()
BEFORE, AFTER, LOST, NEW = 40, 30, 20, 10
PLACE = "from orders.tests.factories import placed_order\nfor _ in range({count}): placed_order()"
WORK = (
    "from shipping import sweeper\nfrom shipping.dispatch import queue\n"
    "sweeper.sweep()\nwhile queue.dispatch(): pass"
)
NUMBERS = "SELECT array_agg(number ORDER BY id) FROM orders_order"


class Disaster(SystemExit):
    """What the rehearsal ends with when it fails."""


def show(text: str) -> None:
    """A line with the seconds since the start."""
    print(f"{time.monotonic() - STARTED:5.1f} s  {text}", flush=True)


def must(is_so: bool, what: str) -> None:
    """End the rehearsal unless it is so."""
    if not is_so:
        raise Disaster(f"The rehearsal failed: {what}.")
    show(f"✓ {what}")


class Cluster(EmbeddedServer):
    """A PostgreSQL server that archives its log into a folder."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of one statement, outside of a transaction."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def archive_into(self, folder: Path) -> None:
        """What docker-compose.yml gives its server."""
        command = f"{ROOT}/scripts/archive %p %f {folder}/wal"
        for name, value in {"archive_mode": "on", "archive_command": command}.items():
            self.query(f"ALTER SYSTEM SET {name} = '{value}'")
        self.leave()
        self.start()

    def crash(self) -> None:
        """Stop it as a power cut would."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)

    def run(self, *arguments: str | Path) -> str:
        """A script as the server's own user, with its binaries on the path."""
        where = {"PGHOST": str(self._socket_folder()), "PGUSER": "postgres"}
        path = f"{_binaries()}:{os.environ['PATH']}"
        done = subprocess.run(
            arguments,
            cwd="/",
            env=os.environ | where | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
            **self._identity(),
        )
        if done.returncode:
            raise Disaster(f"{arguments[0]} failed: {done.stdout}{done.stderr}")
        return str(done.stdout).strip()


def manage(server: Cluster, environment: dict[str, str], *arguments: str) -> str:
    """The output of `manage.py` on that server."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | environment | {"DATABASE_URL": server.url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Disaster(f"manage.py {arguments[0]} failed: {done.stdout}{done.stderr[-3000:]}")
    return str(done.stdout).strip()


def shell(server: Cluster, environment: dict[str, str], code: str) -> str:
    """What a piece of code prints in Django's shell."""
    return manage(server, environment, "shell", "--no-imports", "-c", code)


def rehearse(home: Path) -> None:
    """The whole of it, in a folder of its own."""
    backups = home / "backups"
    with running_sandbox(web_url="http://127.0.0.1:1", events=False) as world:
        given = {
            "DOSETTE_VAR": str(home / "var"),
            "REDIS_URL": "",
            "SHIPPING_PROVIDER": "reference",
            "REFERENCE_PROVIDER_URL": f"{world.url}/provider/shipments",
            "REFERENCE_PROVIDER_SECRET": world.config.reference_provider_secret,
        }
        server = Cluster(home / "before")
        server.start()
        try:
            backups.mkdir()
            server._give(backups)
            server.archive_into(backups)
            moment, kept = _until_the_disaster(server, given, backups)
            server.crash()
        finally:
            server.leave()
        lost = _sent(world.url)
        show(f"The server is gone. The provider has {len(lost)} parcels")

        restored = Cluster(home / "after")
        seconds = _restore(restored, server, backups, moment)
        try:
            _afterwards(restored, given, world.url, kept)
        finally:
            restored.leave()
        show(f"Restoring took {seconds:.1f} s; lost: {LOST} orders after {moment}")


def _until_the_disaster(
    server: Cluster, given: dict[str, str], backups: Path
) -> tuple[str, list[str]]:
    """The moment to restore to, and the numbers of the orders there were by then."""
    manage(server, given, "migrate", "-v0")
    shell(server, given, PLACE.format(count=BEFORE) + "\n" + WORK)
    show(f"{BEFORE} orders placed and sent")
    show(server.run(ROOT / "scripts" / "backup", backups, "2"))
    # Not sent yet at the moment that is restored to; sent afterwards.
    shell(server, given, PLACE.format(count=AFTER))
    [(numbers,)] = server.query(NUMBERS)
    time.sleep(0.1)
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    time.sleep(0.1)
    shell(server, given, PLACE.format(count=LOST) + "\n" + WORK)
    show(f"{AFTER} more orders, the moment, {LOST} more; all sent")
    [(piece,)] = server.query("SELECT pg_walfile_name(pg_switch_wal())")
    archived = f"SELECT last_archived_wal >= '{piece}' FROM pg_stat_archiver"  # noqa: S608 - the server's own word
    wait_until(lambda: server.query(archived) == [(True,)], 20)
    return moment, [str(number) for number in numbers]


def _restore(restored: Cluster, server: Cluster, backups: Path, moment: str) -> float:
    """Seconds from nothing to a server that takes writes."""
    started = time.monotonic()
    restored.home.mkdir()
    restored.data.mkdir(mode=0o700)
    server._give(restored.data)
    show(server.run(ROOT / "scripts" / "restore", backups, restored.data, moment))
    # The embedded server has its socket, and that one's lock, in its data folder.
    (restored.data / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    restored.start()
    wait_until(lambda: restored.query("SELECT pg_is_in_recovery()") == [(False,)], 30)
    return time.monotonic() - started


def _afterwards(restored: Cluster, given: dict[str, str], world: str, kept: list[str]) -> None:
    """docs/operations.md, “After a restore”, then business as usual."""
    [(numbers,)] = restored.query(NUMBERS)
    must(numbers == kept, f"every order up to the moment is there ({len(kept)}), none after it")
    manage(restored, given, "migrate", "--check")
    before = _sent(world)
    for line in manage(restored, given, "after_restore").splitlines():
        show(line)
    must(_sent(world) == before, "reconciling sends nothing")
    shell(restored, given, PLACE.format(count=NEW) + "\n" + WORK)
    [(numbers,)] = restored.query(NUMBERS)
    fresh = set(numbers) - set(kept)
    must(len(fresh) == NEW and not fresh & set(before), "no number was given out twice")
    after = _sent(world)
    twice = {number for number in after if after.count(number) > 1}
    must(not twice, "the provider has each parcel once")
    must(set(kept) | fresh <= set(after), "and it has every one")


def _sent(world: str) -> list[str]:
    """The order numbers of the parcels that the provider has taken, one for each it made."""
    ledger = requests.get(f"{world}/ledger", timeout=10).json()["shipments"]
    return [entry["body"]["order_id"] for entry in ledger if not entry.get("replay")]


def main() -> None:
    """In a folder that goes afterwards."""
    home = Path(tempfile.mkdtemp(prefix="dosette-rehearsal-"))
    home.chmod(0o755)
    try:
        rehearse(home)
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
