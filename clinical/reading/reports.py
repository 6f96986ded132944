"""Reports of studies: written, signed and amended. Every verb leaves a StudyEvent.

A report is a row for each version (`StudyReport`), so a text that was signed is never lost. Only
people sign: the verbs that do take a User, and refuse whoever may not.
"""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from clinical.models import ReportSignature, Study, StudyReport
from clinical.reading.overdue import close_overdue
from clinical.services import lock_study
from clinical.states import STUDY, StudyState
from core.history.origin import because
from core.risks import check_reason
from core.workflow import TransitionNotAllowedError, transition_locked
from identity.models import User

SIGN = "clinical.sign_study"


def current_report(study: Study) -> StudyReport | None:
    """The version that holds; None before there is one."""
    return study.reports.select_related("signature").order_by("-number").first()


@transaction.atomic
def report(study: Study, text: str, *, by: str) -> StudyReport:
    """Write the report of a study that was performed, or rewrite one that nobody has signed.

    The text that is there already makes no second version. Raises TransitionNotAllowedError in any
    other state, and while a colleague has taken the study.
    """
    locked = lock_study(study)
    STUDY.check(locked, StudyState.REPORTED)
    if locked.reader is not None and locked.reader.actor != by:
        raise TransitionNotAllowedError(
            f"{locked.reader.username} has taken this study. Release it first, or leave it to them."
        )
    last = locked.reports.order_by("-number").first()
    if last is not None and last.text == text:
        return last
    written = _add_version(locked, text, by=by)
    transition_locked(locked, StudyState.REPORTED, by=by, detail=f"report {written.number}")
    return written


@transaction.atomic
def sign(study: Study, number: int, *, signer: User) -> StudyReport:
    """Sign the report: the study is final, and locked. `number` is the version that was read.

    Raises TransitionNotAllowedError when that is not the last one any more or there is none, and
    PermissionDenied for whoever may not sign.
    """
    _check_signer(signer)
    locked = lock_study(study)
    STUDY.check(locked, StudyState.FINAL)
    last = locked.reports.order_by("-number").first()
    if last is None or last.number != number:
        raise TransitionNotAllowedError(
            f"Report {number} is not the last one of this study. Read the last one, and sign that."
        )
    ReportSignature.objects.create(report=last, signed_by=signer.actor)
    _leave_the_worklist(
        locked, StudyState.FINAL, signer=signer, kind="signed", detail=f"report {last.number}"
    )
    return last


@transaction.atomic
def amend(study: Study, text: str, reason: str, *, signer: User) -> StudyReport:
    """Replace a signed report by another one, which is signed with it; the old text is kept.

    Raises TransitionNotAllowedError for a study that is not final, and for the text that is there
    already; ValidationError without a text or a reason, by its field; PermissionDenied for whoever
    may not sign.
    """
    _check_signer(signer)
    check_reason(reason, "the report is amended")
    locked = lock_study(study)
    STUDY.check(locked, StudyState.AMENDED)
    last = locked.reports.order_by("-number").first()
    if last is not None and last.text == text:
        raise TransitionNotAllowedError("The report says this already.")
    written = _add_version(locked, text, by=signer.actor, reason=reason)
    ReportSignature.objects.create(report=written, signed_by=signer.actor)
    detail = f"report {written.number}"
    with because(reason):
        transition_locked(locked, StudyState.AMENDED, by=signer.actor, detail=detail)
    return written


@transaction.atomic
def enter_in_error(study: Study, reason: str, *, signer: User) -> None:
    """Take a study off the record, a signed one too: it is seen no more, but not destroyed.

    Raises TransitionNotAllowedError when that was done before, ValidationError (`reason`) without a
    reason, PermissionDenied for whoever may not sign.
    """
    _check_signer(signer)
    check_reason(reason, "it is entered in error")
    locked = lock_study(study)
    detail = reason.strip()
    with because(reason):
        _leave_the_worklist(
            locked, StudyState.ENTERED_IN_ERROR, signer=signer, kind="deleted", detail=detail
        )


def _leave_the_worklist(
    locked: Study, to: StudyState, *, signer: User, kind: str, detail: str
) -> None:
    transition_locked(locked, to, by=signer.actor, kind=kind, detail=detail, reader=None)
    close_overdue(locked, by=signer.actor, how=f"The study is {to}.")


def _check_signer(signer: User) -> None:
    if not signer.has_perm(SIGN):
        raise PermissionDenied("You may not sign reports.")


def _add_version(study: Study, text: str, *, by: str, reason: str = "") -> StudyReport:
    """The next version, of a study that is locked. Raises ValidationError (`text`) for no text."""
    if not text.strip():
        raise ValidationError({"text": "Write what the images show."})
    last = study.reports.order_by("-number").values_list("number", flat=True).first() or 0
    return StudyReport.objects.create(
        study=study, number=last + 1, text=text, reason=reason.strip(), written_by=by
    )
