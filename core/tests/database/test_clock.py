"""The database's clock decides, whatever the process's own says."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from core.database import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def by_the_database(settings: Settings) -> Iterator[None]:
    settings.CLOCK = "database"
    clock.forget()
    yield
    clock.forget()


@pytest.mark.parametrize("off", [timedelta(days=3), timedelta(days=-3)])
def test_a_wrong_clock_of_the_process_changes_nothing(off: timedelta) -> None:
    right = timezone.now()
    with time_machine.travel(right + off):
        assert abs(clock.now() - right) < timedelta(seconds=5)
        assert abs(clock.skew() - off) < timedelta(seconds=5)


def test_a_clock_that_is_set_while_the_process_runs_changes_nothing() -> None:
    before = clock.now()
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert clock.now() - before < timedelta(seconds=5)


def test_the_database_is_not_asked_each_time(django_assert_num_queries: object) -> None:
    clock.now()
    with django_assert_num_queries(0):  # type: ignore[operator]  # pytest-django's fixture
        clock.now()


def test_a_broken_transaction_still_knows_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "MEASURED_EVERY", 0.0)
    before = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError):
            cursor.execute("SELECT no_such_column")
        assert clock.now() - before < timedelta(seconds=5)
        transaction.set_rollback(True)
