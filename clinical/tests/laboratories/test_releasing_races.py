"""Clinicians, laboratories and withdrawals at one moment: each result is released once or never."""

from functools import partial
from typing import Any

import pytest

from clinical.laboratories import incoming, samples
from clinical.laboratories.deciding import attach, detach
from clinical.laboratories.informing import call_due
from clinical.laboratories.releasing import acknowledge
from clinical.models import DutyTurn, LabResult, ResultEvent, Study, StudyReport
from clinical.patients.merging import merge
from clinical.patients.undoing import undo
from clinical.states import StudyState
from clinical.tests.factories import PatientFactory, clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message, result_of
from core.tests.beside import at_once
from core.workflow import TransitionNotAllowedError

pytestmark = pytest.mark.django_db(transaction=True)
POSITIVE = message(findings=[finding("7", "positive")])
CRITICAL = message(findings=[finding("1", "critical")])
HOW = "reached by phone"


@pytest.fixture
def doctors():
    return [clinician(username=name) for name in ("ann", "ben")]


def test_two_who_release_one_result_at_once_make_one_study(doctors):
    registered_sample()
    result = result_of(POSITIVE)
    done = at_once(*(partial(acknowledge, result, 1, HOW, signer=each) for each in doctors))
    assert sorted(type(each).__name__ for each in done) == ["NoneType", "TransitionNotAllowedError"]
    assert (Study.objects.count(), StudyReport.objects.count()) == (1, 1)


def test_a_release_and_a_withdrawal_at_once_are_one_after_the_other(doctors):
    for number in range(4):
        serial = f"K{number}"
        sample = registered_sample(serial)
        arrived(message(result_id=serial, sample={"serial": serial}, findings=[finding("7")]))
        result = LabResult.objects.get(reference=serial)
        done = at_once(
            partial(acknowledge, result, 1, HOW, signer=doctors[0]),
            partial(samples.withdraw, sample, by="user:1"),
        )
        result.refresh_from_db()
        sample.refresh_from_db()
        assert sample.state == "withdrawn"
        if done == [None, None]:
            assert result.state == "released"
        else:
            assert (result.state, result.study) == ("unmatched", None)


def test_a_release_and_a_correction_at_once_leave_nothing_old_unsaid(doctors):
    registered_sample()
    result = result_of(POSITIVE)
    incoming.store("reference", message(version=2, findings=[finding("9", "positive")]))
    done = at_once(partial(acknowledge, result, 1, HOW, signer=doctors[0]), incoming.read_waiting)
    incoming.read_waiting()
    result.refresh_from_db()
    assert (result.state, result.number) == ("held", 2)
    if result.study:  # released first, and then corrected
        last = result.study.reports.order_by("-number")[0]
        assert "7 ug/L" not in last.text
    else:
        assert [each for each in done if isinstance(each, TransitionNotAllowedError)]


def test_one_sample_gets_one_result_whoever_attaches_at_once():
    sample = registered_sample()
    for reference in ("r-1", "r-2"):
        arrived(message(result_id=reference, sample={"name": "Anna Ruiz"}))
    by: Any = {"number": 1, "by": "user:1", "reason": "a typing error"}
    done = at_once(*(partial(attach, row, sample, **by) for row in LabResult.objects.all()))
    assert sorted(type(each).__name__ for each in done) == ["NoneType", "TransitionNotAllowedError"]
    assert LabResult.objects.filter(sample=sample).count() == 1


def test_one_is_called_once_by_two_sweepers(doctors):
    for turn, person in enumerate(doctors, start=1):
        DutyTurn.objects.create(turn=turn, person=person)
    registered_sample()
    result_of(CRITICAL)
    assert sorted(at_once(call_due, call_due), key=str) == [0, 1]
    assert ResultEvent.objects.filter(kind="called").count() == 1


def test_what_is_taken_off_and_corrected_at_once_is_nobodys(doctors):
    registered_sample()
    result = result_of(POSITIVE)
    acknowledge(result, 1, HOW, signer=doctors[0])
    incoming.store("reference", message(version=2, findings=[finding("9", "positive")]))
    by = {"by": "user:1", "reason": "her twin's"}
    at_once(partial(detach, result, number=1, **by), incoming.read_waiting)
    incoming.read_waiting()
    result.refresh_from_db()
    if result.state != "unmatched":  # the correction was first: the page was of another version
        detach(result, number=2, **by)
        result.refresh_from_db()
    assert (result.sample, result.study) == (None, None)
    assert Study.objects.get().state == StudyState.ENTERED_IN_ERROR


def test_a_merge_that_is_undone_while_its_result_is_released_leaves_it_with_its_sample(doctors):
    why: Any = {"by": "user:1", "reason": "entered twice"}
    for number in range(4):
        serial = f"K{number}"
        sample = registered_sample(serial)
        made = merge(PatientFactory.create(), sample.patient, take=[], **why)
        arrived(message(result_id=serial, sample={"serial": serial}))
        result = LabResult.objects.get(reference=serial)
        done = at_once(
            partial(acknowledge, result, 1, "", signer=doctors[0]), partial(undo, made, **why)
        )
        assert sorted(type(each).__name__ for each in done) == ["NoneType", "PatientMerge"]
        result.refresh_from_db()
        assert result.study
        assert (result.patient, result.study.patient) == (sample.patient, sample.patient)
