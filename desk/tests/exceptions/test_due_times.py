"""Until when exceptions should be dealt with: as their app says, or as staff have set it."""

from datetime import timedelta

import pytest
import time_machine

from core import cases
from core.cases.models import Case
from desk.exceptions.due_times import due_at, due_times, overdue, with_due_times
from desk.models import CaseDueTime
from shipping.tests.exceptions.test_cases import in_state, open_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    return open_case(in_state("rejected"))


def is_late(case: Case) -> bool:
    return Case.objects.filter(overdue(), pk=case.pk).exists()


def test_a_case_is_late_when_its_kind_says_so(case):
    due = due_at(case)
    assert due == case.opened_at + cases.kind(case.kind).due_within
    with time_machine.travel(due - timedelta(seconds=1), tick=False):
        assert not is_late(case)
    with time_machine.travel(due, tick=False):
        assert is_late(case)


def test_what_staff_have_set_goes_before_and_an_empty_one_is_as_it_comes(case):
    row = CaseDueTime.objects.create(kind=case.kind, hours=2)
    other = open_case(in_state("unknown"))
    assert due_at(case) == case.opened_at + timedelta(hours=2)
    assert due_at(other) == other.opened_at + cases.kind(other.kind).due_within
    with time_machine.travel(case.opened_at + timedelta(hours=2), tick=False):
        assert is_late(case)
        assert not is_late(other)
    CaseDueTime.objects.filter(pk=row.pk).update(hours=None)
    assert due_times()[case.kind] == cases.kind(case.kind).due_within


def test_of_a_list_nothing_is_asked_case_by_case(case, django_assert_num_queries):
    CaseDueTime.objects.create(kind=case.kind, hours=2)
    open_case(in_state("unknown"))
    with django_assert_num_queries(1):
        shown = {each.kind: due_at(each) - each.opened_at for each in with_due_times(_all())}
    assert shown == {each.kind: due_at(each) - each.opened_at for each in _all()}


def test_a_case_of_a_kind_that_is_no_more_is_due_in_a_day(case):
    Case.objects.filter(pk=case.pk).update(kind="of-an-app-that-is-no-more")
    [shown] = with_due_times(_all())
    assert due_at(shown) - shown.opened_at == due_at(_all().get()) - shown.opened_at
    assert due_at(shown) - shown.opened_at == timedelta(days=1)


def _all():
    return Case.objects.all()
