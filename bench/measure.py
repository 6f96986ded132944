"""What a piece of work costs beside time: statements, CPU of Python and of PostgreSQL.

Statements are counted by the cursor of `bench.settings` in each process and read from a file. CPU
comes from /proc, PostgreSQL's by its sessions' `application_name`: NaN where the server is not on
this machine.
"""

import mmap
import os
import re
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions

TICK = 1000 / os.sysconf("SC_CLK_TCK")
COUNTS = Path(__file__).resolve().parents[1] / "var" / "bench" / "statements"


class CountingCursor(psycopg2.extensions.cursor):
    """A cursor that counts what it sends, health checks and savepoints included."""

    def execute(self, *args: Any) -> None:
        """Count one and send it."""
        _tally.add()
        super().execute(*args)

    def executemany(self, *args: Any) -> None:
        """Count one, though it sends one for each row."""
        _tally.add()
        super().executemany(*args)

    def copy_expert(self, *args: Any, **options: Any) -> None:
        """Count one and send it."""
        _tally.add()
        super().copy_expert(*args, **options)


class _Tally:
    """The statements of this process, in a file that is named after its number."""

    def __init__(self) -> None:
        self.pid = 0

    def add(self) -> None:
        if self.pid != os.getpid():  # forked since
            self._open()
        self.count += 1
        struct.pack_into("q", self.memory, 0, self.count)

    def _open(self) -> None:
        self.pid, self.count = os.getpid(), 0
        COUNTS.mkdir(parents=True, exist_ok=True)
        path = COUNTS / str(self.pid)
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 8)


_tally = _Tally()


def forget_counts() -> None:
    """Remove the files of processes that have ended."""
    for path in COUNTS.glob("*"):
        if not Path(f"/proc/{path.name}").exists():
            path.unlink()


@dataclass
class Cost:
    """Of a stretch of work: statements, and CPU in milliseconds; filled in at its end."""

    statements: float = 0
    python: float = 0
    postgres: float = 0


@contextmanager
def cost(name: str, pids: Callable[[], list[int]], url: str) -> Iterator[Cost]:
    """What the processes `pids()`, known to PostgreSQL as `name`, cost within the block."""
    result = Cost()
    python, sent = sum(map(cpu, pids())), sum(map(statements, pids()))
    with _sessions(name, url) as postgres:
        yield result
    result.python = sum(map(cpu, pids())) - python
    result.statements = sum(map(statements, pids())) - sent
    result.postgres = sum(last - first for first, last in postgres.values()) or float("nan")


@contextmanager
def _sessions(name: str, url: str) -> Iterator[dict[int, tuple[float, float]]]:
    """First and last CPU by session; looked at often, for a session that ends leaves nothing."""
    seen: dict[int, tuple[float, float]] = {}
    connection = psycopg2.connect(url.replace("postgres://", "postgresql://", 1))
    connection.autocommit = True
    ended = threading.Event()

    def look(*, begun: bool = False) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name])
            for (pid,) in cursor.fetchall():
                now = cpu(pid)
                first = seen[pid][0] if pid in seen else (now if begun else 0.0)
                seen[pid] = first, max(now, first)

    def watch() -> None:
        while not ended.wait(0.1):
            look()

    look(begun=True)
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()
        look()
        connection.close()


def cpu(pid: int) -> float:
    """Milliseconds of CPU that a process and its threads have used; 0 when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * TICK


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []


def memory(pid: int) -> tuple[float, float]:
    """Resident and proportional memory (RSS, PSS) of a process in MB."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        label, _, rest = line.partition(":")
        if label in ("Rss", "Pss"):
            sizes[label] = int(rest.split()[0]) / 1024
    return sizes["Rss"], sizes["Pss"]


def peak(pid: int) -> float:
    """The most that was ever resident of a process in MB; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    shown = re.search(r"VmHWM:\s+(\d+)", status)
    return int(shown[1]) / 1024 if shown else 0.0


def statements(pid: int) -> int:
    """How many a process has sent, or had when it ended."""
    try:
        return int(struct.unpack("q", (COUNTS / str(pid)).read_bytes())[0])
    except (OSError, struct.error):
        return 0
