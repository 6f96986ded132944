"""Two people at one case see each other."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from core.cases.models import Case
from desk.admin.inbox.visits import FORGOTTEN_AFTER, LEFT_AFTER, visit
from desk.models import CaseVisit
from identity.models import User
from identity.tests.factories import staff
from shipping.tests.exceptions.test_cases import in_state, open_case

NOON = "2026-03-02 12:00:00+00:00"


@pytest.fixture
def case(db) -> Case:
    return open_case(in_state("rejected"))


@pytest.fixture
def sara(db) -> User:
    return staff("support", username="sara")


@pytest.fixture
def fred(db) -> User:
    return staff("fulfilment", username="fred")


def test_each_sees_the_other_and_not_themselves(case, sara, fred):
    with time_machine.travel(NOON, tick=False):
        assert visit(case, sara) == []
        began = timezone.now()
    with time_machine.travel(NOON, tick=False) as clock:
        clock.shift(30)
        (seen,) = visit(case, fred)
        assert (seen.user, seen.since) == (sara, began)
        assert [each.user for each in visit(case, sara)] == [fred]


def test_since_stays_while_the_page_is_renewed_and_begins_anew_afterwards(case, sara):
    with time_machine.travel(NOON, tick=False) as clock:
        visit(case, sara)
        began = timezone.now()
        clock.shift(40)
        visit(case, sara)
        assert CaseVisit.objects.get().since == began
        clock.shift(LEFT_AFTER + timedelta(seconds=1))
        visit(case, sara)
        assert CaseVisit.objects.get().since == timezone.now()


def test_who_is_gone_is_not_shown_and_soon_forgotten(case, sara, fred):
    other = open_case(in_state("rejected"))
    with time_machine.travel(NOON, tick=False) as clock:
        visit(case, sara)
        clock.shift(LEFT_AFTER + timedelta(seconds=1))
        assert visit(case, fred) == []
        clock.shift(FORGOTTEN_AFTER)
        visit(other, sara)
        assert set(CaseVisit.objects.values_list("case", "user")) == {
            (case.pk, fred.pk),
            (other.pk, sara.pk),
        }


def test_it_takes_two_statements(case, sara, django_assert_num_queries):
    with django_assert_num_queries(2):
        visit(case, sara)
