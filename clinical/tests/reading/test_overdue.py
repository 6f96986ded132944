"""Studies that wait for too long are exceptions, which tell of no patient."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from clinical.models import ReadingLimits
from clinical.reading import reports, worklist
from clinical.reading.overdue import OVERDUE, overdue
from clinical.services import delete_study
from clinical.tests.factories import (
    clinician,
    performed_study,
    reported_study,
    signed_study,
    study_of,
)
from core.cases.models import Case
from core.sweeper import reconcile
from identity.tests.factories import client_of, staff

pytestmark = pytest.mark.django_db


def later(**delta):
    return time_machine.travel(timezone.now() + timedelta(**delta), tick=False)


def open_cases():
    return list(
        Case.objects.filter(kind=OVERDUE, closed_at=None).values_list("subject_id", flat=True)
    )


def test_each_urgency_has_its_hours():
    high, mid, low = (performed_study(urgency_level=u) for u in ("HIGH", "MID", "LOW"))
    for hours, late in ((3, []), (5, [high]), (25, [high, mid]), (73, [high, mid, low])):
        with later(hours=hours):
            assert list(overdue().order_by("id")) == late


def test_staff_set_the_hours_and_nought_is_no_limit():
    ReadingLimits.objects.create(pk=1, high=1, mid=0, low=0)
    high = performed_study(urgency_level="HIGH")
    performed_study(urgency_level="LOW")
    with later(days=300):
        assert list(overdue()) == [high]
    ReadingLimits.objects.update(high=0)
    with later(days=300):
        assert not overdue().exists()


def test_only_what_waits_is_late():
    study_of(urgency_level="HIGH")
    signed_study(urgency_level="HIGH")
    delete_study(performed_study(urgency_level="HIGH"), by="user:test")
    waits = reported_study(urgency_level="HIGH")
    with later(days=1):
        assert list(overdue()) == [waits]


def test_the_sweeper_opens_a_case_and_a_signature_closes_it():
    study = reported_study(urgency_level="HIGH")
    reconcile()
    assert open_cases() == []
    with later(hours=5):
        reconcile()
        assert open_cases() == [study.pk]
        reports.sign(study, 1, signer=clinician())
    case = Case.objects.get(kind=OVERDUE)
    assert (open_cases(), case.closing_reason) == ([], "The study is final.")


def test_a_case_that_is_not_late_any_more_is_closed_by_the_sweeper():
    study = performed_study(urgency_level="HIGH")
    with later(hours=5):
        reconcile()
        ReadingLimits.objects.create(pk=1, high=10)
        reconcile()
        assert open_cases() == []
        delete_study(study, by="user:test")
        reconcile()
        assert open_cases() == []


def test_a_case_tells_of_no_patient():
    study = performed_study(urgency_level="HIGH", body_part="zqknee", description="zqfracture")
    with later(hours=5):
        reconcile()
    case = Case.objects.get(kind=OVERDUE)
    told = f"{case.title} {case.happened} {case.said}"
    for secret in ("zqknee", "zqfracture", study.patient.last_name, study.patient.first_name):
        assert secret not in told
    assert case.title == f"Study {study.pk}"


@pytest.mark.parametrize(
    ("role", "sees"), [("clinician", 1), ("auditor", 1), ("support", 0), ("manager", 0)]
)
def test_only_who_may_see_studies_sees_their_cases(client, role, sees):
    performed_study(urgency_level="HIGH")
    with later(hours=5):
        reconcile()
        person = staff(role, username="somebody")
        client.force_login(person)
        listed = client.get("/admin/core/case/").context["cl"].result_list
        assert len(listed) == sees
        answer = client_of(person).get("/api/v1/exceptions/", headers={"Access-Reason": "x"})
        assert len(answer.json()["results"]) == sees


def test_a_clinician_gives_a_late_study_back_or_closes_its_case(client):
    study = performed_study(urgency_level="HIGH")
    worklist.take(study, reader=clinician(username="away"))
    with later(hours=5):
        client.force_login(clinician(username="clara"))
        reconcile()
        page = f"/admin/core/case/{Case.objects.get(kind=OVERDUE).pk}"
        client.post(f"{page}/release/", {})
        study.refresh_from_db()
        assert study.reader is None
        client.post(f"{page}/close/", {"reason": "Read elsewhere"})
        assert open_cases() == []
        reconcile()
        assert open_cases() == []
