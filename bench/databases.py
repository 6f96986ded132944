"""The benchmarks' database: filled once for each number of orders, and copied for each run.

It lies beside the database that DATABASE_URL names and has its name with `_bench` behind it. What
was filled is kept as a template until the migrations or what fills it change.
"""

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from bench import world

FILLED_BY = ("*/migrations/*.py", "bench/fill.py", "bench/naive/fill.py", "bench/naive/models.py")


@cache
def server() -> str:
    """The URL that the environment names, or that of the embedded server."""
    import os

    from devserver.postgres import embedded_database_url

    return os.environ.get("DATABASE_URL") or embedded_database_url(world.VAR)


def name() -> str:
    """The database that everything is measured in."""
    return f"{urlsplit(server()).path.strip('/') or 'dosette'}_bench"


def url(database: str = "") -> str:
    """Of a database of the server; of the benchmarks' when it is not named."""
    return urlunsplit(urlsplit(server())._replace(path=f"/{database or name()}"))


def use(orders: int) -> None:
    """Make the database anew with so many orders; their template first, where there is none."""
    from django.conf import settings
    from django.db import connection

    connection.close()
    template = f"{name()}_{orders}_{_fingerprint()}"
    if template not in _databases():
        for old in _databases():
            if old.startswith(f"{name()}_{orders}_"):
                _execute(f'DROP DATABASE "{old}"')
        _fill(orders)
        connection.close()
        _execute(f'ALTER DATABASE "{name()}" RENAME TO "{template}"')
    _fresh(template)
    with connection.cursor() as cursor:  # the sandbox is at another port each time
        cursor.execute(
            "UPDATE identity_serviceclient SET issuer = %s WHERE client_id = 'demo'",
            [settings.OIDC_ISSUER],
        )


def _fresh(template: str = "template1") -> None:
    _execute(f'DROP DATABASE IF EXISTS "{name()}" WITH (FORCE)')
    by_file = " STRATEGY FILE_COPY" if _version() >= 150000 else ""  # as older ones always do
    _execute(f'CREATE DATABASE "{name()}" TEMPLATE "{template}"{by_file}')


def empty() -> None:
    """Make the database anew with nothing but the demo's rows."""
    from django.core.management import call_command

    _fresh()
    with (world.VAR / "fill.log").open("w") as log:
        call_command("migrate", verbosity=0)
        call_command("load_demo", verbosity=0, stdout=log)


def _fill(orders: int) -> None:
    from bench import fill

    print(f"filling in {orders:,} orders; this is kept …", file=sys.stderr, flush=True)
    empty()
    command = [sys.executable, "manage.py", "migrate", "--run-syncdb", "--verbosity", "0"]
    subprocess.run(command, cwd=world.ROOT, env=world.environment("naive"), check=True)
    fill.everything(orders)


def _fingerprint() -> str:
    files = sorted(path for pattern in FILLED_BY for path in Path(world.ROOT).glob(pattern))
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(world.ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def _databases() -> list[str]:
    return [row[0] for row in _execute("SELECT datname FROM pg_database")]


def _version() -> int:
    return int(_execute("SHOW server_version_num")[0][0])


def _execute(statement: str) -> list[tuple[str]]:
    connection = psycopg2.connect(url("postgres").replace("postgres://", "postgresql://", 1))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
