"""Looks at a large table slice by slice."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.database.slices import Slices
from core.models import Failure

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def rows() -> list[int]:
    """Ten rows: the first three of three days ago, the others of now."""
    now = timezone.now()
    made = [
        Failure(work="test", row=n, error="", attempts=1, next_attempt_at=now - at)
        for n, at in enumerate([3 * DAY] * 3 + [timedelta()] * 7)
    ]
    return [failure.pk for failure in Failure.objects.bulk_create(made)]


def look(slices: Slices) -> list[int]:
    seen = slices.look(Failure.objects.all(), timezone.now() - DAY)
    return list(Failure.objects.filter(seen).order_by("pk").values_list("pk", flat=True))


def walk(slices: Slices, times: int) -> Any:
    for _ in range(times):
        yield look(slices)
        slices.go_on()


def test_each_look_takes_the_newest_and_the_next_older_ones_and_then_begins_anew(rows):
    newest = rows[8:]
    walked = list(walk(Slices("next_attempt_at", size=2), 5))
    older = [rows[6:8], rows[4:6], rows[2:4], rows[6:8], rows[4:6]]
    assert walked == [part + newest for part in older]


def test_what_is_not_done_is_looked_at_again(rows):
    slices = Slices("next_attempt_at", size=2)
    assert look(slices) == look(slices) == rows[6:]


def test_a_new_process_begins_with_the_newest(rows):
    list(walk(Slices("next_attempt_at", size=2), 2))
    assert look(Slices("next_attempt_at", size=2)) == rows[6:]


@pytest.mark.parametrize("size", [9, 10, 11, 500])
def test_a_small_table_is_looked_at_whole(rows, size):
    assert list(walk(Slices("next_attempt_at", size=size), 2)) == [rows, rows]


def test_an_empty_table_has_nothing_to_look_at():
    assert list(walk(Slices("next_attempt_at"), 2)) == [[], []]
