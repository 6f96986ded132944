"""A person decides whose a result is, on record, and can undo it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinical.laboratories import samples
from clinical.laboratories.applying import UNMATCHED
from clinical.laboratories.deciding import attach, detach, reopen, set_aside
from clinical.laboratories.releasing import acknowledge
from clinical.models import LabResult, ReleaseRule, Study
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, message, result_of
from core.cases.models import Case
from core.workflow import TransitionNotAllowedError

pytestmark = pytest.mark.django_db
BY: Any = {"number": 1, "by": "user:1 mona", "reason": "a typing error of the laboratory"}
MISSPELT = message(sample={"name": "Anna Ruiz"})


def again(result):
    return LabResult.objects.get(pk=result.pk)


def is_open():
    return Case.objects.filter(kind=UNMATCHED, closed_at=None).exists()


def test_what_a_person_attaches_is_held_whatever_the_rule_says():
    ReleaseRule.objects.create(kit_type="ancestry")
    sample = registered_sample()
    result = result_of(MISSPELT)
    attach(result, sample, **BY)
    result = again(result)
    assert (result.state, result.sample, result.decided_by) == ("held", sample, "user:1 mona")
    event = result.events.get(kind="attached")
    assert event.detail == "to sample K1. a typing error of the laboratory"
    assert not is_open()


def test_it_can_be_undone_and_stays_undone():
    sample = registered_sample()
    result = result_of(message())
    detach(result, **BY)
    assert (again(result).state, again(result).sample, is_open()) == ("unmatched", None, True)
    arrived(message(version=2))  # of the same person, as the laboratory says
    assert again(result).state == "unmatched"
    attach(result, sample, **BY | {"number": 2})
    assert again(result).state == "held"


def test_a_study_that_it_has_become_goes_off_the_record():
    registered_sample()
    result = result_of(message())
    acknowledge(result, 1, "", signer=clinician())
    study = again(result).study
    assert study
    detach(result, **BY)
    study.refresh_from_db()
    assert (study.state, again(result).study) == ("entered-in-error", None)


def test_only_candidates_can_be_chosen():
    result = result_of(MISSPELT)
    namesake = registered_sample("K7", first_name="Anna", birth_date="1991-01-01")
    with pytest.raises(TransitionNotAllowedError, match="neither"):
        attach(result, namesake, **BY)
    assert again(result).state == "unmatched"


def test_a_sample_that_has_ended_or_has_its_result_cannot_be_chosen():
    sample = registered_sample()
    result = result_of(MISSPELT)
    arrived(message(result_id="r-2"))
    with pytest.raises(TransitionNotAllowedError, match="already"):
        attach(result, sample, **BY)
    samples.withdraw(sample, by="user:1")
    with pytest.raises(TransitionNotAllowedError, match="withdrawn"):
        attach(result, sample, **BY)


def test_a_reason_is_needed_and_nothing_is_done_without():
    sample = registered_sample()
    result = result_of(MISSPELT)
    for verb in (lambda by: attach(result, sample, **by), lambda by: set_aside(result, **by)):
        with pytest.raises(ValidationError):
            verb(BY | {"reason": ""})
    assert again(result).state == "unmatched"


def test_what_is_decided_on_is_what_was_looked_at():
    sample = registered_sample()
    result = result_of(MISSPELT, message(version=2, sample={"name": "Anne Ruiz"}))
    with pytest.raises(TransitionNotAllowedError, match="another version"):
        attach(result, sample, **BY)


def test_what_is_nobodys_is_set_aside_and_can_be_looked_at_again():
    result = result_of(message())
    set_aside(result, **BY)
    assert (again(result).state, is_open()) == ("set-aside", False)
    arrived(message(version=2))
    assert again(result).state == "set-aside"
    registered_sample()
    reopen(result, **BY | {"number": 2})
    assert again(result).state == "held"


def test_another_person_in_a_later_version_brings_it_back():
    result = result_of(message())
    set_aside(result, **BY)
    arrived(message(version=2, sample={"name": "Eva Ruiz"}))
    assert (again(result).state, is_open()) == ("unmatched", True)


def test_what_a_person_took_off_is_not_given_back_by_the_rule_when_it_is_looked_at_again():
    ReleaseRule.objects.create(kit_type="ancestry")
    registered_sample()
    result = result_of(message())
    detach(result, **BY)
    set_aside(result, **BY)
    reopen(result, **BY)
    result = again(result)
    assert (result.state, result.sample, result.decided_by) == ("unmatched", None, "user:1 mona")
    assert is_open()
    assert not Study.objects.exclude(state="entered-in-error").exists()


def test_what_was_cancelled_while_it_was_set_aside_is_cancelled_when_it_is_looked_at_again():
    ReleaseRule.objects.create(kit_type="ancestry")
    result = result_of(message())
    set_aside(result, **BY)
    arrived(message(version=2, status="cancelled", findings=[]))
    registered_sample()
    reopen(result, **BY | {"number": 2})
    assert (again(result).state, is_open(), Study.objects.count()) == ("cancelled", False, 0)
    arrived(message(version=3, status="corrected"))
    assert again(result).state == "released"


def test_a_cancelled_version_that_names_somebody_else_does_not_bring_it_back():
    result = result_of(message())
    set_aside(result, **BY)
    arrived(message(version=2, status="cancelled", sample={"name": "Eva Ruiz"}, findings=[]))
    assert (again(result).state, is_open()) == ("set-aside", False)
    arrived(message(version=3, sample={"name": "Eva Ruiz"}))
    assert (again(result).state, is_open()) == ("unmatched", True)


@pytest.mark.parametrize("verb", [detach, reopen])
def test_each_verb_has_its_states(verb):
    result = result_of(message())
    with pytest.raises(TransitionNotAllowedError):
        verb(result, **BY)
