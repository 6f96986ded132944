"""Where a change comes from: read when it is written, and told with the statement itself."""

from base64 import b64decode
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from structlog.contextvars import bound_contextvars

from core.encryption.cipher import decrypt
from core.history import origin
from core.history.tracking import REASON

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
        known["reason"] = "A complaint"
        assert origin.present() == {"actor": "user:7 ada", "reason": "A complaint"}
    assert origin.present() == {}


def reason_told() -> str:
    """The reason of a change that is made now, as the database is told it: decrypted."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_tally SET part = '' WHERE name = ''")
        cursor.execute("SELECT current_setting('dosette.reason', true)")
        told = cursor.fetchone()[0]
    return decrypt(b64decode(told), REASON).decode() if told else ""


@pytest.mark.django_db
def test_a_reason_ends_with_what_it_was_for(tables: None) -> None:
    with origin.because(" Quirrel fell "):
        assert reason_told() == "Quirrel fell"
        with origin.because(""):
            assert reason_told() == ""
        with origin.origin(dict):
            assert reason_told() == ""
        assert reason_told() == "Quirrel fell"
    assert reason_told() == ""


@pytest.mark.django_db
def test_a_long_reason_is_cut(tables: None) -> None:
    with origin.because("x" * 900):
        assert reason_told() == "x" * origin.LONGEST_REASON


@pytest.mark.django_db
def test_the_database_is_told_no_reason_that_can_be_read(tables: None) -> None:
    with origin.because("Quirrel"), CaptureQueriesContext(connection) as statements:
        reason_told()
    assert "Quirrel" not in str(statements.captured_queries)


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
