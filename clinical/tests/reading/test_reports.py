"""Reports: written, signed, amended, and never lost."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction

from clinical.models import ReportSignature, Study, StudyEvent, StudyReport
from clinical.reading import reports
from clinical.services import cancel_study, delete_study, perform_study, update_study
from clinical.states import SIGNED, STUDY, WAITING, StudyState
from clinical.tests.factories import (
    REPORT,
    clinician,
    performed_study,
    reported_study,
    signed_study,
    study_of,
)
from core.workflow import TransitionNotAllowedError
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db


def steps(study):
    return list(StudyEvent.objects.filter(study=study).values_list("kind", "to_state", "detail"))


def current(study):
    report = reports.current_report(study)
    assert report is not None
    return report


def texts(study):
    return list(study.reports.order_by("number").values_list("number", "text", "reason"))


def test_a_study_goes_from_registered_to_final_and_each_step_names_who():
    study, reader = study_of(), clinician(username="clara")
    perform_study(study, by="user:sara")
    reports.report(study, REPORT, by=reader.actor)
    reports.sign(study, 1, signer=reader)
    study.refresh_from_db()
    assert (study.state, study.performed_at is not None) == ("final", True)
    assert steps(study) == [
        ("created", "registered", ""),
        ("performed", "performed", ""),
        ("reported", "reported", "report 1"),
        ("signed", "final", "report 1"),
    ]
    report = current(study)
    assert (report.text, report.written_by, report.signed_by) == (
        REPORT,
        reader.actor,
        reader.actor,
    )
    assert report.signed_at is not None


def test_a_report_is_rewritten_until_it_is_signed_and_each_text_is_kept():
    study = reported_study()
    reports.report(study, "Second look.", by="user:test")
    assert texts(study) == [(1, REPORT, ""), (2, "Second look.", "")]
    reports.sign(study, 2, signer=clinician())
    with pytest.raises(TransitionNotAllowedError):
        reports.report(study, "Third look.", by="user:test")
    assert len(texts(study)) == 2


def test_the_same_text_again_makes_no_second_version():
    study = reported_study()
    assert reports.report(study, REPORT, by="user:other").number == 1
    assert [kind for kind, *_ in steps(study)] == ["created", "performed", "reported"]


def test_a_version_that_was_replaced_meanwhile_is_not_signed_unread():
    study = reported_study()
    reports.report(study, "Second look.", by="user:test")
    with pytest.raises(TransitionNotAllowedError, match="Read the last one"):
        reports.sign(study, 1, signer=clinician())
    assert not ReportSignature.objects.exists()
    assert Study.objects.get().state == "reported"


def test_an_amendment_keeps_the_old_text_and_says_who_and_why():
    study, second = signed_study(), clinician(username="second")
    reports.amend(study, "Fracture of the left rib.", "Overlooked at first", signer=second)
    study.refresh_from_db()
    assert study.state == "amended"
    assert texts(study) == [
        (1, REPORT, ""),
        (2, "Fracture of the left rib.", "Overlooked at first"),
    ]
    report = current(study)
    assert (report.written_by, report.signed_by) == (second.actor, second.actor)
    reports.amend(study, "Fracture of two ribs.", "And a second one", signer=second)
    assert len(texts(study)) == 3


@pytest.mark.parametrize(
    ("text", "reason", "field"),
    [(" ", "Overlooked", "text"), ("New.", " ", "reason")],
)
def test_an_amendment_without_a_text_or_a_reason_is_refused(text, reason, field):
    study = signed_study()
    with pytest.raises(ValidationError) as refused:
        reports.amend(study, text, reason, signer=clinician())
    assert list(refused.value.message_dict) == [field]
    assert texts(study) == [(1, REPORT, "")]
    assert Study.objects.get().state == "final"


def test_an_amendment_that_changes_nothing_is_refused():
    study = signed_study()
    with pytest.raises(TransitionNotAllowedError, match="says this already"):
        reports.amend(study, REPORT, "Overlooked", signer=clinician())
    assert texts(study) == [(1, REPORT, "")]


def test_who_may_not_sign_signs_and_amends_nothing():
    waiting, final, outsider = reported_study(), signed_study(), staff("support")
    for attempt in (
        lambda: reports.sign(waiting, 1, signer=outsider),
        lambda: reports.amend(final, "New.", "Overlooked", signer=outsider),
        lambda: reports.enter_in_error(final, "Another patient", signer=outsider),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert ReportSignature.objects.count() == 1
    assert {study.state for study in Study.objects.all()} == {"reported", "final"}


def test_a_signed_study_is_changed_by_nobody_and_deleted_for_a_reason_alone():
    study = signed_study()
    for attempt in (
        lambda: update_study(study, by="user:test", description="Other"),
        lambda: delete_study(study, by="user:test"),
        lambda: cancel_study(study, by="user:test"),
        lambda: reports.report(study, "Other.", by="user:test"),
    ):
        with pytest.raises(TransitionNotAllowedError):
            attempt()
    with pytest.raises(ValidationError):
        reports.enter_in_error(study, "", signer=clinician())
    assert Study.objects.get().state == "final"
    reports.enter_in_error(study, "Taken of another patient", signer=clinician())
    assert Study.objects.get().state == "entered-in-error"
    assert steps(study)[-1] == ("deleted", "entered-in-error", "Taken of another patient")
    assert texts(study) == [(1, REPORT, "")]


def deleted(rows):
    with transaction.atomic():
        rows._raw_delete(rows.db)
        connection.check_constraints()


def test_the_database_keeps_reports_and_signatures_as_they_are():
    report = signed_study().reports.get()
    for rows, change in (
        (StudyReport.objects.filter(pk=report.pk), {"text": "Other."}),
        (ReportSignature.objects.all(), {"signed_by": "user:other"}),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(**change)
        with pytest.raises(DatabaseError, match=r"append-only|violates foreign key"):
            deleted(rows)
    report.refresh_from_db()
    assert (report.text, report.signature.report_id) == (REPORT, report.pk)


@pytest.mark.parametrize("state", ["available", "done", ""])
def test_the_database_knows_no_other_state(state):
    study_of()
    with pytest.raises(DatabaseError, match="study_state_is_one_of_ours"):
        Study.objects.update(state=state)


def test_the_table_of_states_is_whole():
    assert set(STUDY.transitions) == set(StudyState.values)
    assert set().union(*STUDY.transitions.values()) <= set(StudyState.values)
    assert not WAITING & SIGNED
    assert performed_study().state in WAITING
