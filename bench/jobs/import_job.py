"""P6: the import of patients by command, against COPY of the same rows into a bare table."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from bench import world
from bench.report import Line, median_and_spread

HEADER = "first_name, last_name, birth_date, email, id\n"


def jobs(count: int) -> Iterator[Line]:
    """One import of `count` patients in a process of its own."""
    path = world.VAR / "patients.csv"
    _write(path, count)
    baseline, _ = median_and_spread([_copy(path, count) for _ in range(3)])
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "manage.py", "import_patients", str(path)],
        cwd=world.ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    note = f"{seconds:.1f} s with start-up, at most {peak:.0f} MB"
    job = f"P6 import {count:,} patients"
    yield Line(job, count / seconds, "/s", baseline, "COPY /s", "", note)


def _write(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write(HEADER)
        for n in range(count):
            file.write(f"Jose {n}, Villalobos, 1955-04-{1 + n % 28:02}, p{n}@ejemplo.com, b{n}\n")


def _copy(path: Path, count: int) -> float:
    columns = "first_name text, last_name text, birth_date text, email text, id text"
    with connection.cursor() as cursor, path.open() as file:
        cursor.execute(f"CREATE TEMPORARY TABLE bare ({columns})")
        start = time.perf_counter()
        cursor.copy_expert("COPY bare FROM STDIN WITH (FORMAT csv, HEADER)", file)
        seconds = time.perf_counter() - start
        cursor.execute("DROP TABLE bare")
    return count / seconds
