"""Where a change comes from: read when it is written, and told with the statement itself."""

from typing import Any

import pytest
from django.db import connection, transaction
from structlog.contextvars import bound_contextvars

from core.history import origin

TOLD = "SELECT current_setting('pghistory.context_metadata', true)"


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracked table."""
    monkeypatch.setattr(origin, "_tables", lambda: frozenset({"core_tally"}))


@pytest.mark.parametrize(
    ("sql", "changes"),
    [
        ('INSERT INTO "core_tally" (name) VALUES (%s)', True),
        ("UPDATE core_tally SET name = ''", True),
        ("WITH step AS (DELETE FROM core_tally RETURNING id) SELECT id FROM step", True),
        ("MERGE INTO core_tally USING other ON true WHEN MATCHED THEN DELETE", True),
        ("TRUNCATE core_tally", False),  # refused, or a test's
        ('SELECT * FROM "core_tally" FOR UPDATE', False),
        ("WITH step AS (SELECT 1) SELECT * FROM core_tally", False),
        ("UPDATE core_case SET title = ''", False),
        ("SAVEPOINT s1", False),
    ],
)
def test_statements_that_change_tracked_tables_are_known(
    sql: str, changes: bool, tables: None
) -> None:
    assert origin.changes_tracked(sql) is changes


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["manage.py", "import_patients", "patients.csv"], "import_patients"),
        (["/app/manage.py", "sweep"], "sweep"),
        (["manage.py"], ""),
        (["gunicorn", "config.wsgi"], ""),
        ([""], ""),
    ],
)
def test_the_command_of_a_process(arguments: list[str], name: str) -> None:
    assert origin.command(arguments) == name


def test_it_is_read_when_it_is_asked_for() -> None:
    known: dict[str, str] = {}
    with origin.origin(lambda: known):
        known["actor"] = "user:7 ada"
        assert origin.present() == {"actor": "user:7 ada"}
        with origin.acting("command:import"):
            assert origin.present() == {"actor": "command:import"}
        origin.because("A complaint")
        assert origin.present() == {"actor": "user:7 ada", "reason": "A complaint"}
    assert origin.present() == {}


def test_a_reason_ends_with_what_it_was_for() -> None:
    with origin.origin(dict):
        origin.because("x" * 500)
        assert len(origin.present()["reason"]) == origin.LONGEST_REASON
    with origin.origin(dict):
        assert origin.present() == {}


def test_the_log_says_of_which_request_and_task_it_is() -> None:
    with bound_contextvars(request_id="abc", task="core.tasks.work", task_id="not told"):
        assert origin.present() == {"request_id": "abc", "task": "core.tasks.work"}


@pytest.mark.parametrize("params", [None, [], ["5 %"], {"name": "5 %"}])
@pytest.mark.django_db
def test_it_goes_with_the_statement_and_nothing_else(
    params: Any, tables: None, django_assert_num_queries: Any
) -> None:
    hole = ("%(name)s" if isinstance(params, dict) else "%s") if params else "'5 %'"
    sql = f"UPDATE core_tally SET part = {hole} WHERE name = '' RETURNING id"
    with origin.origin(lambda: {"actor": "o'hara %s"}):
        with django_assert_num_queries(1), connection.cursor() as cursor:
            cursor.execute(sql, params)
            assert cursor.fetchall() == []
        with connection.cursor() as cursor:
            cursor.execute(TOLD)
            assert cursor.fetchone()[0] == '{"actor": "o\'hara %s"}'


@pytest.mark.django_db(transaction=True)
def test_it_is_forgotten_with_the_transaction(tables: None) -> None:
    """So that nobody else hears of it on the same connection behind a pooler."""
    with origin.origin(lambda: {"actor": "ada"}), connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute("UPDATE core_tally SET value = 1")
            cursor.execute(TOLD)
            assert "ada" in cursor.fetchone()[0]
        cursor.execute(TOLD)
        assert not cursor.fetchone()[0]
        cursor.execute("UPDATE core_tally SET value = 1")
        cursor.execute(TOLD)
        assert not cursor.fetchone()[0]


def test_it_is_attached_once_to_each_connection() -> None:
    other = connection.copy()
    origin.attach(other)
    origin.attach(other)
    assert other.execute_wrappers == [origin.record_origin]
