"""Imports and exports that came to nothing are in the queue of cases, until somebody tries anew."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from core.cases.models import Case
from core.sweeper import reconcile
from identity.tests.factories import staff
from transfers.cases import OF_INTEREST
from transfers.exports.lists import ListOf
from transfers.exports.services import ask_for
from transfers.models import Export, Import
from transfers.tests.factories import CUSTOMERS, checked, csv_of

pytestmark = pytest.mark.django_db
BAD = csv_of(CUSTOMERS, ["Jane", "not a number", "", ""])


def open_cases() -> list[Case]:
    reconcile()
    return list(Case.objects.filter(closed_at=None))


def test_a_refused_file_is_a_case_that_names_no_row():
    job = checked(BAD)
    (case,) = open_cases()
    assert (case.kind, case.subject_id) == ("import-failed", job.pk)
    assert "1 problem(s)" in case.happened
    assert "Jane" not in f"{case.title} {case.happened} {case.said}"


def test_an_import_that_failed_is_a_case_too():
    job = checked(csv_of(CUSTOMERS, ["Jane", "+447451277972", "", ""]))
    assert open_cases() == []
    now = timezone.now()
    Import.objects.filter(pk=job.pk).update(state="failed", remark="Lost.", finished_at=now)
    (case,) = open_cases()
    assert case.happened.startswith("Lost.")


def test_whoever_uploads_it_anew_closes_the_case():
    owner = staff("manager")
    checked(BAD, by=owner)
    (case,) = open_cases()
    checked(csv_of(CUSTOMERS, ["Jane", "+447451277972", "", ""]), by=owner)
    assert open_cases() == []
    case.refresh_from_db()
    assert case.closed_at


def test_anothers_upload_closes_nothing():
    checked(BAD)
    checked(csv_of(CUSTOMERS, ["Jane", "+447451277972", "", ""]), by=staff("manager"))
    assert len(open_cases()) == 1


def test_what_nobody_cared_for_in_two_weeks_is_let_go():
    checked(BAD)
    assert len(open_cases()) == 1
    with time_machine.travel(timezone.now() + OF_INTEREST + timedelta(minutes=1), tick=False):
        assert open_cases() == []


def test_an_export_that_failed_is_a_case_until_it_is_asked_for_again():
    owner = staff("manager")
    asked = ListOf("orders.order", "", owner)
    job = ask_for(asked, format="csv", reason="Month's end")
    Export.objects.filter(pk=job.pk).update(state="failed", finished_at=timezone.now())
    assert [case.kind for case in open_cases()] == ["export-failed"]
    ask_for(asked, format="csv", reason="Month's end")
    assert open_cases() == []
