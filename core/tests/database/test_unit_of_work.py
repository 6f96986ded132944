"""Rows that are collected, and written in one statement."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_save
from django.db.transaction import TransactionManagementError

from core.database.unit_of_work import current, unit_of_work
from core.models import Case, CaseEvent, Circuit, Failure, IdempotencyKey

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def case(subject):
    return Case(kind="k", subject_type="t", subject_id=subject, title="", happened="")


def test_rows_are_written_in_one_statement_and_have_their_keys(django_assert_num_queries):
    one, two = case(1), case(2)
    with django_assert_num_queries(1), unit_of_work() as unit:
        unit.add(one)
        unit.add(two)
        unit.add(CaseEvent(case=two, kind="opened"))
        unit.add_many([Circuit(name="a"), Circuit(name="b")])
    assert Case.objects.get(pk=one.pk).subject_id == 1
    assert two.events.get().kind == "opened"
    assert Circuit.objects.count() == 2


def test_every_column_is_written_as_save_writes_it():
    values = {"scope": "s", "body_hash": "h", "status_code": 201, "answer": {"a": [1, None]}}
    rows = [
        IdempotencyKey(key=key, token_scopes=["x", "y"], created_at=NOON, **values) for key in "ab"
    ]
    rows[0].save()
    with unit_of_work() as unit:
        unit.add(rows[1])
    one, other = IdempotencyKey.objects.order_by("key").values()
    assert other == one | {"id": rows[1].pk, "key": "b"}


def test_nobody_reads_past_a_row_that_waits(django_assert_num_queries):
    with unit_of_work() as unit:
        unit.add(Failure(work="w"))
        with django_assert_num_queries(1):  # what only reads other tables does not write it
            assert not Circuit.objects.exists()
        with django_assert_num_queries(2):
            assert Failure.objects.get().work == "w"


def test_whoever_changes_something_writes_what_waits_first():
    with unit_of_work() as unit:
        unit.add(Circuit(name="a"))
        assert Circuit.objects.update(failures=3) == 1
    assert Circuit.objects.get().failures == 3


def test_a_unit_inside_another_joins_it(django_assert_num_queries):
    with django_assert_num_queries(1), unit_of_work() as unit:
        with unit_of_work() as inner:
            inner.add(Circuit(name="a"))
        assert inner is unit
        unit.add(Circuit(name="b"))
    assert Circuit.objects.count() == 2
    assert current() is None


def test_what_raises_writes_nothing():
    with suppress(ZeroDivisionError), unit_of_work(savepoint=True) as unit:
        unit.add(Circuit(name="a"))
        assert Circuit.objects.exists()
        unit.add(Circuit(name="b"))
        raise ZeroDivisionError
    assert not Circuit.objects.exists()
    assert current() is None


def test_a_savepoint_takes_back_what_was_added_inside():
    with unit_of_work() as unit:
        unit.add(Circuit(name="before"))
        with suppress(ZeroDivisionError), transaction.atomic():
            unit.add(Circuit(name="inside"))
            raise ZeroDivisionError
        unit.add(Circuit(name="after"))
    assert set(Circuit.objects.values_list("name", flat=True)) == {"before", "after"}


@pytest.mark.django_db(transaction=True)
def test_of_a_unit_inside_another_that_raised_nothing_is_written_half():
    def write():
        with unit_of_work() as unit:
            unit.add(Circuit(name="before"))
            with suppress(ZeroDivisionError), unit_of_work():
                unit.add(Circuit(name="half"))
                raise ZeroDivisionError

    with pytest.raises(TransactionManagementError):
        write()
    assert not Circuit.objects.exists()


def test_after_one_with_a_savepoint_that_raised_the_outer_one_goes_on():
    with unit_of_work() as unit:
        unit.add(Circuit(name="before"))
        with suppress(ZeroDivisionError), unit_of_work(savepoint=True):
            unit.add(Circuit(name="half"))
            raise ZeroDivisionError
        unit.add(Circuit(name="after"))
    assert set(Circuit.objects.values_list("name", flat=True)) == {"before", "after"}


def test_a_row_knows_the_keys_of_those_it_names_as_after_save():
    one = case(1)
    event = CaseEvent(case=one, kind="opened")
    with unit_of_work() as unit:
        unit.add(one)
        unit.add(event)
    assert event.case_id == one.pk


def test_what_the_database_refuses_is_raised_with_all_of_it():
    Circuit.objects.create(name="a")

    def write():
        with unit_of_work(savepoint=True) as unit:
            unit.add_many([Circuit(name="b"), Circuit(name="a")])

    with pytest.raises(IntegrityError):
        write()
    assert Circuit.objects.count() == 1


def test_what_is_known_already_may_stay_as_it_is():
    Circuit.objects.create(name="a", failures=1)
    rows = [Circuit(name="a", failures=2), Circuit(name="b")]
    with unit_of_work() as unit:
        unit.add_many(rows, once=True)
    assert [row.pk for row in rows] == [None, None]
    assert set(Circuit.objects.values_list("name", "failures")) == {("a", 1), ("b", 0)}


def test_receivers_hear_of_a_row_when_it_is_added_and_add_theirs():
    def also(instance, created, raw, **_):
        if created and not raw:
            with unit_of_work() as unit:
                unit.add(CaseEvent(case=instance, kind="opened"))

    post_save.connect(also, sender=Case)
    try:
        with unit_of_work() as unit:
            unit.add(case(1))
    finally:
        post_save.disconnect(also, sender=Case)
    assert Case.objects.get().events.count() == 1


def test_a_statement_runs_with_the_writing_and_its_ids_are_handed_on(django_assert_num_queries):
    changed, row = Circuit.objects.create(name="%s"), Failure(work="w")
    ids: list[int] = []
    with django_assert_num_queries(1), unit_of_work() as unit:
        unit.add(row)
        sql = "UPDATE core_circuit SET failures = %s WHERE name = %s RETURNING id"
        unit.execute("core_circuit", sql, [row, "%s"], ids.extend)
    changed.refresh_from_db()
    assert (changed.failures, ids) == (row.pk, [changed.pk])


def test_values_are_never_read_as_sql():
    odd = "'; DROP TABLE x; -- %s %(a)s {}"
    with unit_of_work() as unit:
        unit.add(IdempotencyKey(scope=odd, key=odd, body_hash="", status_code=1, answer={"a": odd}))
    kept = IdempotencyKey.objects.get()
    assert (kept.scope, kept.answer) == (odd, {"a": odd})


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_it_is_one_of_its_own():
    with suppress(ZeroDivisionError), unit_of_work() as unit:
        unit.add(Circuit(name="a"))
        unit.write()
        assert connection.in_atomic_block
        raise ZeroDivisionError
    assert not Circuit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_a_commit_sets_off_has_a_unit_of_its_own():
    def later():
        with unit_of_work() as unit:
            unit.add(Circuit(name="later"))

    with unit_of_work() as unit:
        unit.add(Circuit(name="a"))
        transaction.on_commit(later)
    assert set(Circuit.objects.values_list("name", flat=True)) == {"a", "later"}


@pytest.mark.django_db(transaction=True)
def test_a_thread_has_a_unit_of_its_own():
    def write():
        try:
            with unit_of_work() as unit:
                unit.add(Circuit(name="theirs"))
                unit.write()
                return Circuit.objects.count()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, unit_of_work() as unit:
        unit.add(Circuit(name="mine"))
        assert pool.submit(copy_context().run, write).result() == 1
    assert Circuit.objects.count() == 2
