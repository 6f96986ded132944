"""What every test may use."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from core import shutdown
from core.database import clock
from identity.rights.scopes import SCOPES
from tests import databases
from tests.management.commands import flush

# On a busy machine a slow example is no fault.
hypothesis.settings.register_profile("ours", deadline=None, max_examples=50)
hypothesis.settings.register_profile("thorough", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ours"))


pytest_plugins = ["tests.summary"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than cores: many a test waits for a time-out or another process."""
    return (os.cpu_count() or 1) + 2


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A long value is named by its number alone: each process may have made another one."""
    return argname if isinstance(val, bytes | str) and len(val) > 60 else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that wait for real processes come first at every second worker: the others compute.

    To begin with each worker is given an equal part of the list (`--dist=worksteal`).
    """
    parts = max(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) // 2, 1)
    waiting = [item for item in items if item.get_closest_marker("faults")]
    computing = [item for item in items if not item.get_closest_marker("faults")]
    share = len(computing) // parts + 1
    items[:] = []
    for part in range(parts):
        items += waiting[part::parts] + computing[part * share :][:share]


def pytest_collection_finish() -> None:
    """Ten thousand tests are there to stay: the garbage collector need not look at them again."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def trusted_issuer() -> None:
    """Trust the issuer on loopback that signs the tokens of `api`."""
    from identity.tests.issuer import shared_issuer

    settings.OIDC_TRUSTED_ISSUERS = [shared_issuer().url]


@pytest.fixture
def api(db: None) -> Callable[..., APIClient]:
    """Make a client: `api()` may do all, `api("orders:read")` only that, `api(None)` nothing."""
    from identity.tests.factories import client_for

    def make(*scopes: str | None) -> APIClient:
        if scopes == (None,):
            return APIClient()
        return client_for(scopes or tuple(SCOPES))

    return make


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """With several processes a copy of what one of them has migrated."""
    with ExitStack() as stack:
        if run := os.environ.get("PYTEST_XDIST_TESTRUNUID"):
            with django_db_blocker.unblock():
                stack.enter_context(databases.copied_from_one(run))
        yield
        with django_db_blocker.unblock():
            stack.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The database as `migrate` leaves it, and as tests with real transactions find it again."""
    with django_db_blocker.unblock():
        flush.keep()


@pytest.fixture
def delivered(transactional_db: None) -> None:
    """The rules and templates that come with Dosette, in a database with real transactions."""


@pytest.fixture(params=[3, -3], ids=["ahead", "behind"])
def wrong_clock(request: Any, settings: Any, db: None) -> Iterator[Callable[[], Any]]:
    """`with wrong_clock():` this process's clock is three days off; the database's is not."""
    settings.CLOCK = "database"
    clock.forget()
    yield lambda: time_machine.travel(timezone.now() + timedelta(days=request.param))
    clock.forget()


class Poison:
    """`poison(table, "NEW.id = 5")`: whoever writes such a row gets an error, until `cure()`."""

    def __call__(self, table: str, when: str) -> None:
        self._table = table
        with connection.cursor() as cursor:
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE;"
                "CREATE OR REPLACE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'poison for Jane Doe'; END $$;"
                f"CREATE TRIGGER poison BEFORE INSERT OR UPDATE ON {table} "
                f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION poison()"
            )

    def cure(self) -> None:
        """Let all rows be written again."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; DROP TRIGGER poison ON {self._table}")


@pytest.fixture
def poison(db: None) -> Poison:
    """A row that raises, made so by the database itself."""
    return Poison()


@pytest.fixture
def ask_to_stop() -> Iterator[Callable[[], None]]:
    """As SIGTERM does."""
    yield shutdown.begin
    shutdown.forget()
