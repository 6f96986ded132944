"""One database for each process of the suite, copied from one that is migrated once."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.db import connection

DONE = "migrated"


@contextmanager
def copied_from_one(run: str) -> Iterator[None]:
    """Within, this process's test database is made as a copy; `run` is the same for all processes.

    The first of them migrates, the others wait for it, and the last one to end drops it.
    """
    name = f"test_template_{run}"
    path = Path(tempfile.gettempdir()) / f"{name}.lock"
    with path.open("a+") as users, path.with_suffix(".making").open("a+") as making:
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(making, fcntl.LOCK_EX)
        if _said(making) != DONE:
            _migrate(name)
            print(DONE, file=making, end="", flush=True)
        fcntl.flock(making, fcntl.LOCK_UN)
        connection.settings_dict["TEST"]["TEMPLATE"] = name
        yield
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # others are at work
        if _said(making) == DONE:
            _drop(name)
            making.truncate(0)
            path.unlink(missing_ok=True)
            path.with_suffix(".making").unlink(missing_ok=True)


def _said(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read()


def _migrate(name: str) -> None:
    settings = connection.settings_dict
    kept = settings["NAME"], settings["TEST"]["NAME"]
    settings["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    settings["NAME"], settings["TEST"]["NAME"] = kept


def _drop(name: str) -> None:
    kept = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    connection.creation.destroy_test_db(kept, verbosity=0)
