"""A result is a study of the patient when a rule or a clinician releases it, and not before."""

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from clinical.laboratories import adapters, samples
from clinical.laboratories.applying import take
from clinical.laboratories.deciding import detach
from clinical.laboratories.informing import CORRECTED, CRITICAL, HELD
from clinical.laboratories.releasing import CANCELLED, WITHHELD, acknowledge
from clinical.models import LabResult, ReleaseRule, Study
from clinical.patients.services import archive_patient
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import finding, message, result_of
from core.cases.models import Case
from core.workflow import TransitionNotAllowedError
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
POSITIVE = message(findings=[finding("7", "positive")])
CRITICAL_ONE = message(findings=[finding("1", "critical")])
REACHED = "by phone, she sees her doctor today"


@pytest.fixture(autouse=True)
def sample():
    return registered_sample()


@pytest.fixture
def rule():
    return ReleaseRule.objects.create(kit_type="ancestry")


def open_kinds():
    return set(Case.objects.filter(closed_at=None).values_list("kind", flat=True))


def texts(study):
    return [row.text for row in study.reports.order_by("number")]


def released(body=POSITIVE):
    result = result_of(body)
    acknowledge(result, result.number, REACHED, signer=clinician())
    result.refresh_from_db()
    return result


def test_without_a_rule_a_normal_result_waits_for_a_clinician():
    result = result_of(message())
    assert (result.state, result.study, open_kinds()) == ("held", None, {HELD})
    assert not Study.objects.exists()


def test_by_its_rule_a_normal_final_result_is_a_study_that_nobody_has_signed(rule, sample):
    result = result_of(message())
    assert (result.state, open_kinds()) == ("released", set())
    study = result.study
    assert study
    assert (study.patient, study.type, study.body_part, study.state) == (
        sample.patient,
        "LABORATORY",
        "ancestry",
        "final",
    )
    report = study.reports.get()
    assert (report.text, report.written_by, report.signed_by) == (
        "Ferritin: 18 ug/L (normal)",
        "laboratory:reference",
        "",
    )


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (POSITIVE, "held"),
        (CRITICAL_ONE, "held"),
        (message(status="preliminary"), "waiting"),
        (message(status="preliminary", findings=[finding("1", "critical")]), "held"),
    ],
)
def test_no_rule_releases_what_is_not_normal_and_final(rule, body, state):
    result = result_of(body)
    assert (result.state, result.study) == (state, None)


def test_no_rule_releases_what_says_nothing(rule):
    reported = adapters.get("reference").results(message())[0]
    take("reference", replace(reported, findings=" "))
    assert LabResult.objects.get().state == "held"
    assert not Study.objects.exists()


def test_a_rule_is_for_its_kit_type_alone():
    ReleaseRule.objects.create(kit_type="another")
    assert result_of(message()).state == "held"


def test_nothing_goes_by_itself_to_an_archived_patient(rule, sample):
    archive_patient(sample.patient, by="user:1")
    result = result_of(message())
    assert result.state == "held"
    with pytest.raises(TransitionNotAllowedError):
        acknowledge(result, 1, REACHED, signer=clinician())


def test_whoever_acknowledges_signs_and_says_how_the_person_was_reached():
    result = result_of(CRITICAL_ONE)
    assert open_kinds() == {CRITICAL}
    signer = clinician()
    acknowledge(result, 1, REACHED, signer=signer)
    result.refresh_from_db()
    assert (result.state, open_kinds()) == ("released", set())
    assert result.study
    assert result.study.reports.get().signed_by == signer.actor
    event = result.events.get(to_state="released")
    assert (event.actor, event.detail) == (signer.actor, f"version 1. {REACHED}")
    assert event.at


def test_who_may_not_cannot_and_how_must_be_said():
    result = result_of(POSITIVE)
    with pytest.raises(PermissionDenied):
        acknowledge(result, 1, REACHED, signer=staff("auditor"))
    with pytest.raises(ValidationError):
        acknowledge(result, 1, " ", signer=clinician())
    assert LabResult.objects.get().state == "held"


def test_only_what_was_read_is_acknowledged():
    result = result_of(POSITIVE, message(version=2, findings=[finding("8", "positive")]))
    with pytest.raises(TransitionNotAllowedError):
        acknowledge(result, 1, REACHED, signer=clinician())
    acknowledge(result, 2, REACHED, signer=clinician())
    with pytest.raises(TransitionNotAllowedError):  # twice
        acknowledge(result, 2, REACHED, signer=clinician())
    assert Study.objects.count() == 1


def test_a_sample_that_is_withdrawn_is_released_by_nobody(sample):
    result = result_of(POSITIVE)
    samples.withdraw(sample, by="user:1")
    with pytest.raises(TransitionNotAllowedError):
        acknowledge(result, 1, REACHED, signer=clinician())
    assert not Study.objects.exists()


@pytest.mark.parametrize("end", [samples.withdraw, samples.destroy])
def test_a_correction_of_what_was_withdrawn_is_in_no_study(rule, sample, end):
    result_of(message())
    end(sample, by="user:1")
    result = result_of(message(version=2, status="corrected", findings=[finding("19")]))
    with pytest.raises(TransitionNotAllowedError, match="Take the result off"):
        acknowledge(result, 2, REACHED, signer=clinician())
    assert result.state == "held"
    assert result.study
    assert texts(result.study) == ["Ferritin: 18 ug/L (normal)", WITHHELD]


def test_a_correction_that_is_held_is_released_by_nobody_after_a_withdrawal(rule, sample):
    worse = message(version=2, status="corrected", findings=[finding("1", "critical")])
    result = result_of(message(), worse)
    samples.withdraw(sample, by="user:1")
    with pytest.raises(TransitionNotAllowedError, match="Take the result off"):
        acknowledge(result, 2, REACHED, signer=clinician())
    result.refresh_from_db()
    assert result.study
    assert (result.state, texts(result.study)[-1]) == ("held", WITHHELD)
    detach(result, number=2, by="user:1", reason="the person has withdrawn")
    left = LabResult.objects.get()
    assert (left.state, left.study) == ("unmatched", None)


def test_a_normal_correction_is_in_the_study_at_once(rule):
    result = result_of(message(), message(version=2, status="corrected", findings=[finding("19")]))
    assert (result.state, open_kinds()) == ("released", {CORRECTED})
    assert result.study
    assert result.study.state == "amended"
    assert texts(result.study) == ["Ferritin: 18 ug/L (normal)", "Ferritin: 19 ug/L (normal)"]


def test_a_correction_that_a_clinician_must_see_first_takes_the_old_value_out_at_once(rule):
    result = result_of(
        message(), message(version=2, status="corrected", findings=[finding("1", "critical")])
    )
    assert (result.state, open_kinds()) == ("held", {CORRECTED, CRITICAL})
    assert result.study
    assert texts(result.study)[-1] == WITHHELD
    signer = clinician()
    acknowledge(result, 2, REACHED, signer=signer)
    result.refresh_from_db()
    last = result.study.reports.order_by("-number")[0]
    assert (last.text, last.signed_by) == ("Ferritin: 1 ug/L (critical)", signer.actor)
    assert (result.state, open_kinds()) == ("released", {CORRECTED})


def test_what_is_cancelled_after_its_release_says_so():
    result = released()
    result = result_of(message(version=2, status="cancelled"))
    assert (result.state, open_kinds()) == ("cancelled", {CORRECTED})
    assert result.study
    assert texts(result.study)[-1] == CANCELLED


def test_what_was_somebody_elses_is_taken_off_the_record():
    study = released().study
    assert study
    result = result_of(message(version=2, sample={"serial": "K2"}))
    study.refresh_from_db()
    assert (study.state, result.state, result.study) == ("entered-in-error", "unmatched", None)
    assert CORRECTED in open_kinds()


def test_the_final_version_of_what_was_released_says_nothing_new(rule):
    result = released(message(status="preliminary", findings=[finding("18", "positive")]))
    study = result.study
    assert study
    result = result_of(message(version=2, findings=[finding("18", "positive")]))
    assert result.state == "held"
    assert texts(study)[-1] == WITHHELD
