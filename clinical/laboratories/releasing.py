"""From an attached result to a study of the patient.

A normal, final one is released by itself where staff have a rule for its kit type; every other one
is held until a clinician has seen it. Before that its value stands in its version alone: there is
no study yet. What is released and then corrected is corrected in the study at once, or taken out
of it until a clinician has seen the new one.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from clinical.laboratories import informing
from clinical.models import (
    LabResult,
    Modality,
    ReleaseRule,
    ResultVersion,
    Study,
    StudyReport,
    Urgency,
    VersionStatus,
)
from clinical.models.results import Flag
from clinical.reading import reports
from clinical.services import create_study, lock_study, perform_study
from clinical.states import ResultState, SampleState, StudyState
from core.database import clock
from core.risks import check_reason
from core.workflow import TransitionNotAllowedError, transition, transition_locked
from identity.models import User

RELEASE = "clinical.release_labresult"
WITHHELD = "The laboratory has corrected this result. A clinician has not seen the new one yet."
SUPERSEDED = "Another version holds."
CANCELLED = "The laboratory has cancelled this result."
URGENCIES = {
    Flag.NORMAL: Urgency.LOW,
    Flag.POSITIVE: Urgency.MID,
    Flag.CRITICAL: Urgency.HIGH,
}


def proceed(result: LabResult, version: ResultVersion, *, by: str) -> None:
    """Bring a locked result that is attached to where this version, which holds, says."""
    if result.study is not None:
        _correct(result, version, by=by)
    elif version.status == VersionStatus.PRELIMINARY and version.flag == Flag.NORMAL:
        _move(result, ResultState.WAITING, by=by)
        informing.close_held(result, by=by, how=SUPERSEDED)
    elif _goes_by_itself(result, version):
        _release(result, version, by=by)
        informing.close_held(result, by=by, how=SUPERSEDED)
    else:
        _hold(result, by=by)


def cancel(result: LabResult, *, by: str) -> None:
    """The laboratory takes a locked result back; a study says so."""
    if result.study is not None:
        _amend(result.study, CANCELLED, by=by)
        informing.corrected(result, by=by)
    _move(result, ResultState.CANCELLED, by=by)
    informing.close_held(result, by=by, how="The laboratory has cancelled it.")


def retract(result: LabResult, *, by: str, why: str) -> None:
    """Take the study of a locked result off the record: it is of somebody else."""
    informing.close_held(result, by=by, how=why)
    study = result.study
    if study is None:
        return
    informing.corrected(result, by=by)
    locked = lock_study(study)
    if locked.state != StudyState.ENTERED_IN_ERROR:
        transition_locked(
            locked, StudyState.ENTERED_IN_ERROR, by=by, kind="deleted", detail=why, reader=None
        )
    result.study = None
    # Not released any more: the database holds that one that is has its study.
    LabResult.objects.filter(pk=result.pk).update(study=None, state=ResultState.HELD)
    result.state = ResultState.HELD


@transaction.atomic
def acknowledge(result: LabResult, number: int, reached: str, *, signer: User) -> None:
    """Release a held result, as somebody who has read version `number` and signs for it.

    `reached` says how the person was reached; of a normal result it may be empty. Raises
    TransitionNotAllowedError when it is not held, there is a newer version, or its sample has
    ended; ValidationError (`reason`) without `reached`; PermissionDenied for who may not.
    """
    if not signer.has_perm(RELEASE):
        raise PermissionDenied("You may not release results.")
    rows = LabResult.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.select_related("sample", "study", "patient").get(pk=result.pk)
    if locked.state != ResultState.HELD or locked.number != number:
        raise TransitionNotAllowedError(
            "This result has changed meanwhile. Read the version that holds now."
        )
    if locked.flag != Flag.NORMAL:
        check_reason(reached, "how the person was reached")
    if locked.sample is None or locked.sample.state != SampleState.REGISTERED:
        raise TransitionNotAllowedError(
            "Its sample was withdrawn or destroyed meanwhile: nobody may release it. Take the "
            "result off."
        )
    version = locked.versions.get(number=number)
    if locked.study is None:
        _release(locked, version, by=signer.actor, signer=signer, detail=reached.strip())
    else:
        reports.amend(locked.study, version.findings, "corrected by the laboratory", signer=signer)
        _move(locked, ResultState.RELEASED, by=signer.actor, detail=reached.strip())
    informing.close_held(locked, by=signer.actor, how="A clinician has seen it.")


def _goes_by_itself(result: LabResult, version: ResultVersion) -> bool:
    """Whether no clinician must see it: never one that a person has attached, or whose sample has
    ended."""
    is_final = version.status in (VersionStatus.FINAL, VersionStatus.CORRECTED)
    is_plain = version.flag == Flag.NORMAL and is_final and version.findings.strip() != ""
    if not is_plain or result.decided_by or result.sample is None:
        return False
    if result.sample.state != SampleState.REGISTERED:
        return False
    is_current = result.sample.patient.survivor.archived_at is None
    return is_current and ReleaseRule.objects.filter(kit_type=result.sample.kit_type).exists()


def _hold(result: LabResult, *, by: str) -> None:
    _move(result, ResultState.HELD, by=by, called=0, call_due_at=clock.now())
    informing.held(result)


def _release(
    result: LabResult,
    version: ResultVersion,
    *,
    by: str,
    signer: User | None = None,
    detail: str = "",
) -> None:
    """Make it a study. Raises TransitionNotAllowedError for a sample that has ended meanwhile, and
    for a patient who is archived."""
    sample = result.sample
    if sample is None or sample.state != SampleState.REGISTERED:
        raise TransitionNotAllowedError("Its sample was withdrawn or destroyed meanwhile.")
    # Asked anew: records may have been merged since it was attached, or a merge undone.
    patient = sample.patient.survivor
    study = Study(
        patient=patient,
        type=Modality.LABORATORY,
        urgency_level=URGENCIES[Flag(version.flag)],
        body_part=sample.kit_type,
    )
    create_study(study, by=by)
    perform_study(study, by=by)
    written = reports.report(study, version.findings, by=by)
    if signer is not None:
        reports.sign(study, written.number, signer=signer)
    else:
        transition(study, StudyState.FINAL, by=by, kind="released", detail="by a rule")
    _move(result, ResultState.RELEASED, by=by, detail=detail, study=study, patient=patient)


def _correct(result: LabResult, version: ResultVersion, *, by: str) -> None:
    """Of what was released: the study says so at once."""
    study = result.study
    held = study.reports.order_by("-number").first() if study else None
    same = held is not None and held.text == version.findings
    if same and result.state == ResultState.RELEASED and version.flag == Flag.NORMAL:
        return
    by_itself = _goes_by_itself(result, version)
    if study is not None:
        _amend(study, version.findings if by_itself else WITHHELD, by=by)
    informing.corrected(result, by=by)
    if by_itself:
        _move(result, ResultState.RELEASED, by=by)
        informing.close_held(result, by=by, how=SUPERSEDED)
    else:
        _hold(result, by=by)


def _amend(study: Study, text: str, *, by: str) -> None:
    """Another text in place of the report, by the laboratory: nobody signs it."""
    locked = lock_study(study)
    if locked.state == StudyState.ENTERED_IN_ERROR:
        return
    last = locked.reports.order_by("-number").first()
    StudyReport.objects.create(
        study=locked,
        number=(last.number if last else 0) + 1,
        text=text,
        reason="corrected by the laboratory",
        written_by=by,
    )
    transition_locked(locked, StudyState.AMENDED, by=by, detail="by the laboratory")


def _move(result: LabResult, to: ResultState, *, by: str, detail: str = "", **more: Any) -> None:
    detail = f"version {result.number}. {detail}".strip()
    transition_locked(result, to, by=by, detail=detail, **more)
