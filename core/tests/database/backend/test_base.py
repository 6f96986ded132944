"""A connection that was ended is noticed before it is used, and one in use costs no statement."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection

from core.database.backend import base
from sandbox.testing import wait_until

LAST = "SELECT query FROM pg_stat_activity WHERE pid = %s"
ENDED = "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s)"


@pytest.fixture
def other(db: None) -> Iterator[Any]:
    """Another connection, which has just been used."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT 42")
    other.is_usable()
    with other.cursor() as cursor:
        cursor.execute("SELECT 42")
    yield other
    other.close()


def ask(statement: str, value: int) -> Any:
    """What the database says of a connection, by another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(statement, [value])
        return cursor.fetchone()[0]


def pid_of(other: Any) -> int:
    return int(other.connection.info.backend_pid)


def test_a_connection_in_use_is_not_asked(other):
    assert other.is_usable()
    assert ask(LAST, pid_of(other)) == "SELECT 42"


@pytest.mark.parametrize("reason", ["unused for long", "an error before"])
def test_where_there_is_a_doubt_it_is_asked(other, monkeypatch, reason):
    if reason == "unused for long":
        monkeypatch.setattr(base, "TRUSTED_FOR", 0.0)
    else:
        other.errors_occurred = True
    assert other.is_usable()
    assert ask(LAST, pid_of(other)) == "SELECT 1"


def test_one_that_the_server_ended_is_replaced_before_the_next_statement(other):
    pid = pid_of(other)
    ask("SELECT pg_terminate_backend(%s)", pid)
    wait_until(lambda: ask(ENDED, pid))
    other.health_check_enabled, other.health_check_done = True, False
    with other.cursor() as cursor:
        cursor.execute("SELECT 42")
    assert pid_of(other) != pid


def test_one_that_was_closed_here_is_not_usable(other):
    other.connection.close()
    assert not other.is_usable()


def test_one_whose_transaction_has_failed_is_not_usable(other):
    other.set_autocommit(False)
    with pytest.raises(DatabaseError), other.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    other.errors_occurred = False
    assert not other.is_usable()
