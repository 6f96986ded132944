"""Work over many rows goes on after a bad one, which is put aside and shown."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from core import failures
from core.cases.models import Case
from core.failures import StepsFailedError, each, steps, together, waiting
from core.models import Circuit, Failure
from core.sweeper import sweep

pytestmark = pytest.mark.django_db
WORK = "name the circuit"


@pytest.fixture
def rows() -> list[int]:
    made = [Circuit.objects.create(name=f"test:{n}") for n in range(5)]
    return [circuit.pk for circuit in made]


def one(pk: int) -> int:
    return Circuit.objects.filter(pk=pk).update(halted="done")


def many(ids: Any) -> int:
    return sum(map(one, ids))


def not_done() -> Any:
    return Circuit.objects.filter(halted="").order_by("pk")


def go(run: Any = one) -> int:
    return each(WORK, waiting(WORK, not_done()), run)


def after(minutes: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes))


def test_the_others_are_done(rows, poison):
    poison("core_circuit", f"NEW.id = {rows[1]}")
    assert together(WORK, waiting(WORK, not_done()), many) == 4
    assert list(not_done().values_list("pk", flat=True)) == [rows[1]]


def test_it_is_a_case_that_holds_no_words_of_the_error(rows, poison, caplog):
    poison("core_circuit", f"NEW.id = {rows[1]}")
    together(WORK, rows, many)
    case = Case.objects.get()
    assert case.title == f"{WORK} {rows[1]}"
    assert case.said.startswith("InternalError at test_failures.py:")
    assert case.said in caplog.text
    assert "Jane" not in caplog.text + case.said + case.happened


def test_it_is_left_alone_longer_and_longer(rows):
    def never(pk: int) -> int:
        tried.append(pk)
        raise ValueError

    tried: list[int] = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(24 * 60):
            each(WORK, waiting(WORK, not_done().filter(pk=rows[0])), never)
            clock.shift(timedelta(minutes=1))
    assert 24 <= len(tried) <= 32
    assert Case.objects.count() == 1


def test_it_is_tried_again_and_its_case_closes_when_it_works(rows, poison):
    poison("core_circuit", f"NEW.id = {rows[1]}")
    together(WORK, waiting(WORK, not_done()), many)
    poison.cure()
    assert go() == 0, "it rests"
    with after(minutes=1.1):
        assert go() == 1
        go()
    assert Case.objects.get().closed_by == "system"
    assert not Failure.objects.exists()


def test_what_is_done_otherwise_meanwhile_is_no_case_any_more(rows):
    failures.note(WORK, rows[0], ValueError())
    one(rows[0])
    go()
    assert Case.objects.get().closed_at


def test_what_nobody_tries_any_more_is_forgotten(rows):
    failures.note(WORK, rows[0], ValueError())
    with after(minutes=60 * 23):
        assert sweep()["failures that nobody tries forgotten"] == 0
    with after(minutes=60 * 25):
        assert sweep()["failures that nobody tries forgotten"] == 1


def test_where_everything_fails_no_more_are_tried(rows, monkeypatch):
    monkeypatch.setattr(failures, "MOST_ASIDE", 2)
    for row in rows[:2]:
        failures.note(WORK, row, ValueError())
    assert go() == 0


def test_a_failed_step_does_not_keep_the_later_ones_from_their_work():
    def fails() -> int:
        raise ValueError

    with pytest.raises(StepsFailedError) as caught:
        steps("test", {"first": fails, "second": lambda: 2})
    assert caught.value.done == {"second": 2}
    assert caught.value.names == ["test: first"]
    assert steps("test", {"first": fails, "second": lambda: 2}) == {"second": 2}, "it rests"
    with after(minutes=1.1):
        assert steps("test", {"first": lambda: 1}) == {"first": 1}
    assert Case.objects.get().closed_at


def test_steps_within_a_step_are_put_aside_by_themselves():
    def fails(name: str) -> int:
        if name == "bad":
            raise ValueError
        return 1

    inner = {"inner": lambda: failures.each_name("queues", ["bad", "good"], fails)}
    with pytest.raises(StepsFailedError) as caught:
        steps("outer", inner)
    assert caught.value.done == {"inner": 1}
    assert [str(failure) for failure in Failure.objects.all()] == ["queues: bad"]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_is_nobodys_fault():
    def cut(pk: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return 0

    with pytest.raises(OperationalError):
        each(WORK, [1, 2], cut)
    connection.close()
    assert not Failure.objects.exists()


def test_what_somebody_else_has_locked_is_passed_by_and_is_no_case(transactional_db):
    """The sweeper waits two seconds at most for it, and comes by again."""
    held = Circuit.objects.create(name="test:held")

    def wait_for_it(pk: int) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            return one(pk)

    with closing(another_session()) as other, other.cursor() as cursor:
        cursor.execute("SELECT * FROM core_circuit FOR UPDATE")
        assert each(WORK, [held.pk], wait_for_it) == 0
    assert not Failure.objects.exists()
    assert each(WORK, [held.pk], wait_for_it) == 1


def another_session() -> Any:
    used = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    return psycopg2.connect(**{name: used[name] for name in names if used.get(name)})


def test_a_pass_reads_what_failed_in_one_statement_and_knows_what_it_noted_itself(
    rows, poison, django_assert_num_queries
):
    poison("core_circuit", f"NEW.id = {rows[1]}")
    with failures.read_once():
        with django_assert_num_queries(1):
            assert failures.failed(WORK) == failures.failed("another") == []
        together(WORK, rows, many)
        assert failures.failed(WORK) == [rows[1]]


def test_the_next_pass_reads_what_others_noted_meanwhile(rows):
    with failures.read_once():
        assert failures.failed(WORK) == []
        Failure.objects.create(work=WORK, row=rows[0], error="", attempts=1)
        assert failures.failed(WORK) == []
    with failures.read_once():
        assert failures.failed(WORK) == [rows[0]]
