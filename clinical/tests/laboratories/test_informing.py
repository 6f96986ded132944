"""A critical result climbs from one on duty to the next; a correction reaches who was told."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinical.laboratories import informing
from clinical.laboratories.applying import UNMATCHED
from clinical.laboratories.deciding import attach, detach, set_aside
from clinical.laboratories.informing import CORRECTED, CRITICAL, call_due
from clinical.laboratories.releasing import acknowledge
from clinical.models import DutyTurn, ReleaseRule, ResultEvent
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message, result_of
from core import cases
from core.cases.models import Case
from core.sweeper import reconcile
from identity.models import AccessRecord
from identity.sign_in_records import Notice
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
CRITICAL_ONE = message(findings=[finding("1", "critical")])
NOBODYS = message(sample={"name": "Eva Paz"}, findings=[finding("1", "critical")])


@pytest.fixture(autouse=True)
def sample():
    return registered_sample()


@pytest.fixture
def duty():
    people = [clinician(username=name) for name in ("ann", "ben", "cem")]
    for turn, person in enumerate(people, start=1):
        DutyTurn.objects.create(turn=turn, person=person, minutes=10 * turn)
    return people


def called_after(minutes):
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
        return call_due()


def callees():
    return [event.detail for event in ResultEvent.objects.filter(kind="called").order_by("id")]


def test_it_climbs_by_the_minutes_of_each_and_begins_again(duty):
    result_of(CRITICAL_ONE)
    ann, ben, cem = (person.actor for person in duty)
    assert [called_after(minutes) for minutes in (0, 9, 11, 30, 32, 60, 63)] == [
        *(1, 0, 1, 0, 1, 0, 1)
    ]
    assert callees() == [ann, ben, cem, ann]
    case = Case.objects.get(kind=CRITICAL)
    assert case.assignee == ann
    notices = Notice.objects.filter(what="called").order_by("id")
    assert [notice.user_id for notice in notices] == [each.pk for each in (*duty, duty[0])]


def test_it_ends_with_the_acknowledgement(duty):
    result = result_of(CRITICAL_ONE)
    call_due()
    acknowledge(result, 1, "reached by phone", signer=duty[0])
    assert called_after(100) == 0
    assert not Case.objects.filter(kind=CRITICAL, closed_at=None).exists()


def test_a_new_critical_version_begins_anew(duty):
    result_of(CRITICAL_ONE)
    assert [called_after(minutes) for minutes in (0, 11)] == [1, 1]
    result_of(message(version=2, findings=[finding("2", "critical")]))
    assert call_due() == 1
    assert callees()[-1] == duty[0].actor


def open_kinds():
    return set(Case.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_one_that_is_nobodys_climbs_until_it_is_set_aside(duty):
    result = result_of(NOBODYS)
    assert result.state == "unmatched"
    assert open_kinds() == {CRITICAL, UNMATCHED}
    assert [called_after(minutes) for minutes in (0, 9, 11)] == [1, 0, 1]
    assert callees() == [duty[0].actor, duty[1].actor]
    assert not any(reconcile().values())
    set_aside(result, number=1, by="user:1", reason="a test of their own")
    assert called_after(100) == 0
    assert open_kinds() == set()


@pytest.mark.parametrize("version", [{}, {"sample": {"name": "Eva Paz"}}])
def test_a_later_version_that_is_not_critical_ends_the_calls_about_what_is_nobodys(duty, version):
    ReleaseRule.objects.create(kit_type="ancestry")
    arrived(NOBODYS)
    assert CRITICAL in open_kinds()
    arrived(message(version=2, **version))
    assert CRITICAL not in open_kinds()
    assert call_due() == 0


def test_what_was_taken_off_a_person_is_called_about_until_it_has_its_own(duty, sample):
    result = result_of(CRITICAL_ONE)
    by: Any = {"number": 1, "by": "user:1", "reason": "her twin's"}
    detach(result, **by)
    assert CRITICAL in open_kinds()
    assert call_due() == 1
    attach(result, sample, **by)
    assert open_kinds() == {CRITICAL}
    assert call_due() == 1


def test_nobody_is_called_about_what_is_not_critical(duty):
    result_of(message(findings=[finding("7", "positive")]))
    assert call_due() == 0


def test_with_nobody_on_duty_it_stays_a_case():
    result_of(CRITICAL_ONE)
    assert call_due() == 0
    assert Case.objects.filter(kind=CRITICAL, closed_at=None).exists()


def test_who_has_left_is_passed_over(duty):
    duty[0].is_active = False
    duty[0].save()
    result_of(CRITICAL_ONE)
    call_due()
    assert callees() == [duty[1].actor]


def test_its_case_is_for_those_who_may_see_it_and_the_sweeper_keeps_it():
    result = result_of(CRITICAL_ONE)
    assert cases.kind(CRITICAL).view_permission == "clinical.release_labresult"
    assert not any(reconcile().values())
    Case.objects.all().delete()
    assert any(reconcile().values())
    assert Case.objects.get().subject_id == result.pk


def test_staff_who_have_looked_since_it_was_released_are_told_of_a_correction(sample):
    ReleaseRule.objects.create(kit_type="ancestry")
    arrived(message())
    reader, other, gone = staff("auditor"), staff("auditor"), staff("auditor", is_active=False)
    for person in (reader, gone):
        AccessRecord.objects.create(
            actor=person.actor, patients=[sample.patient.pk], how="detail", via="admin"
        )
    result = result_of(message(version=2, status="corrected", findings=[finding("19")]))
    told = Notice.objects.filter(what="corrected")
    assert [notice.user for notice in told] == [reader]
    assert other not in {notice.user for notice in told}
    event = result.events.get(kind="corrected")
    assert event.detail == f"told: {reader.actor}"
    case = Case.objects.get(kind=CORRECTED)
    action = cases.kind(CORRECTED).action("informed")
    assert action
    cases.act(case, action, by="user:1", reason="called her on the phone")
    assert not any(reconcile().values())


def test_no_text_tells_a_value_or_a_name():
    result = result_of(CRITICAL_ONE)
    for kind in informing.SUMMARIES:
        [draft] = informing.describe(kind, [result])
        assert not {"Ruiz", "Ferritin", "K1"} & set(f"{draft.title} {draft.summary}".split())
