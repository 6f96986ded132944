"""Who sees to a case, and when: each step is on record, and none is done unseen."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from core import cases
from core.cases import CaseDraft, handling
from core.cases.models import Case
from core.models import Circuit
from core.workflow import TransitionNotAllowedError

SARA, FRED = "user:1 sara", "user:2 fred"


@pytest.fixture
def case(db) -> Case:
    return opened(Circuit.objects.create(name="one"), "422")


def opened(circuit: Circuit, said: str) -> Case:
    cases.open([CaseDraft("service-halted", circuit.pk, "No SMS goes out", "It says no.", said)])
    return Case.objects.get(closed_at=None)


def steps(case: Case) -> list[tuple[str, str, str]]:
    return list(case.events.exclude(kind="opened").values_list("kind", "actor", "detail"))


def waiting() -> list[Case]:
    return list(Case.objects.filter(cases.awake(), closed_at=None))


def test_a_case_is_taken_and_given_back_on_record(case):
    handling.take(case, by=SARA)
    case.refresh_from_db()
    assert case.assignee == SARA
    handling.give_back(case, by=SARA, reason="Off for lunch")
    case.refresh_from_db()
    assert case.assignee == ""
    assert steps(case) == [("assigned", SARA, ""), ("given-back", SARA, "Off for lunch")]


def test_what_somebody_has_taken_meanwhile_is_not_taken_from_them_unseen(case):
    handling.take(case, by=FRED)
    with pytest.raises(TransitionNotAllowedError, match="fred has taken it meanwhile"):
        handling.take(case, by=SARA)
    handling.take(case, by=SARA, seen=FRED)
    assert steps(case)[-1] == ("assigned", SARA, f"from {FRED}")


def test_taking_it_twice_does_it_once(case):
    handling.take(case, by=SARA)
    handling.take(case, by=SARA)
    assert len(steps(case)) == 1


def test_a_case_is_handed_over_with_a_word(case):
    handling.hand_over(case, by=SARA, to=FRED, reason="He knows them")
    case.refresh_from_db()
    assert case.assignee == FRED
    assert steps(case) == [("handed-over", SARA, f"to {FRED}. He knows them")]
    with pytest.raises(TransitionNotAllowedError, match="fred has it already"):
        handling.hand_over(case, by=SARA, to=FRED)


def test_a_note_says_something(case):
    handling.note(case, by=SARA, reason="They call back at four")
    assert steps(case) == [("noted", SARA, "They call back at four")]
    with pytest.raises(ValidationError):
        handling.note(case, by=SARA, reason=" ")


def test_what_is_snoozed_leaves_the_queue_and_comes_back_by_itself(case):
    with time_machine.travel("2026-03-02 10:00:00+00:00", tick=False):
        handling.snooze(case, by=SARA, until=timezone.now() + timedelta(hours=2))
        assert waiting() == []
        case.refresh_from_db()
        assert handling.is_snoozed(case)
    with time_machine.travel("2026-03-02 12:00:01+00:00", tick=False):
        assert waiting() == [case]
        assert not handling.is_snoozed(case)


def test_what_is_snoozed_comes_back_when_something_new_happens(case):
    handling.snooze(case, by=SARA, until=timezone.now() + timedelta(days=2))
    circuit = cases.subject_of(case)
    opened(circuit, "422")
    assert waiting() == []  # nothing new
    opened(circuit, "402")
    assert waiting() == [case]


def test_what_is_snoozed_is_put_back_by_hand(case):
    handling.snooze(case, by=SARA, until=timezone.now() + timedelta(days=2))
    handling.wake(case, by=FRED)
    assert waiting() == [case]
    with pytest.raises(TransitionNotAllowedError):
        handling.wake(case, by=FRED)


@pytest.mark.parametrize("days", [-1, 0, 93])
def test_nothing_is_snoozed_into_the_past_or_for_ever(case, days):
    with time_machine.travel("2026-03-02", tick=False), pytest.raises(ValidationError):
        handling.snooze(case, by=SARA, until=timezone.now() + timedelta(days=days))
    assert steps(case) == []


def test_a_closed_case_is_left_alone(case):
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    for verb in (
        lambda: handling.take(case, by=SARA),
        lambda: handling.hand_over(case, by=SARA, to=FRED),
        lambda: handling.note(case, by=SARA, reason="Too late"),
    ):
        with pytest.raises(TransitionNotAllowedError, match="closed"):
            verb()
    assert steps(case) == []
