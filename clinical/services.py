"""The verbs of studies. Every change of one leaves a StudyEvent, in the same transaction.

Those of patients are in `clinical/patients/`.
"""

from typing import Any

from django.db import transaction

from clinical.models import Patient, Study, StudyEvent
from clinical.states import SIGNED, StudyState
from core.database import clock
from core.history.origin import because
from core.workflow import TransitionNotAllowedError, transition, transition_locked


@transaction.atomic
def create_study(study: Study, *, by: str) -> Study:
    """Put a new study on record. Raises TransitionNotAllowedError when its patient was archived or
    merged into another meanwhile."""
    lock_patient(study.patient_id, no_key=True)
    study.save(force_insert=True)
    StudyEvent.objects.create(study=study, kind="created", to_state=study.state, actor=by)
    return study


@transaction.atomic
def update_study(study: Study, *, by: str, **changes: Any) -> Study:
    """Change what differs; the event names the fields. Nothing differs: nothing is written.

    Raises TransitionNotAllowedError when it was deleted meanwhile, or its report was signed.
    """
    locked = lock_study(study)
    if locked.state == StudyState.ENTERED_IN_ERROR:
        raise TransitionNotAllowedError("This study was deleted, so it cannot be changed.")
    if locked.state in SIGNED:
        raise TransitionNotAllowedError(
            "This study is final, so it cannot be changed. What is wrong in its report is amended."
        )
    changed = _apply(locked, changes)
    if changed:
        StudyEvent.objects.create(
            study=locked, kind="updated", actor=by, detail=", ".join(sorted(changed))
        )
    return locked


def perform_study(study: Study, *, by: str) -> None:
    """It was taken, so it can be read. Raises TransitionNotAllowedError when it was before, was
    cancelled or deleted."""
    transition(study, StudyState.PERFORMED, by=by, performed_at=clock.now())


def cancel_study(study: Study, *, by: str, reason: str = "") -> None:
    """It will not be taken. Raises TransitionNotAllowedError when it was, or was deleted."""
    with because(reason):
        transition(study, StudyState.CANCELLED, by=by, detail=reason)


@transaction.atomic
def delete_study(study: Study, *, by: str) -> None:
    """Take a study that nobody has signed off the record, as entered in error: it is seen no more,
    but not destroyed.

    Its row and its events stay for those who must answer for it, and so that a repeated import
    does not bring it back. Raises TransitionNotAllowedError when that was done before, and for a
    signed one: see `clinical.reading.reports.enter_in_error`.
    """
    locked = lock_study(study)
    if locked.state in SIGNED:
        raise TransitionNotAllowedError(
            "This study is final. Somebody who may sign reports can enter it in error, and must "
            "say why."
        )
    transition_locked(locked, StudyState.ENTERED_IN_ERROR, by=by, kind="deleted", reader=None)
    study.state = locked.state


def lock_study(study: Study) -> Study:
    """The study as it is now, locked until the transaction ends."""
    return Study.objects.select_for_update(of=("self",), no_key=True).get(pk=study.pk)


def lock_patient(patient_id: int, *, no_key: bool = False) -> Patient:
    """The patient as they are now, locked until the transaction ends.

    Raises TransitionNotAllowedError for one who is archived, was merged into another, or is gone.
    """
    rows = Patient.objects.select_for_update(of=("self",), no_key=no_key)
    patient = rows.filter(pk=patient_id).first()
    if patient is None:
        raise TransitionNotAllowedError("This patient was deleted.")
    if patient.merged_into_id:
        raise TransitionNotAllowedError(
            f"This record was merged into patient {patient.merged_into_id}: use that one."
        )
    if patient.archived_at:
        raise TransitionNotAllowedError("This patient is archived. Restore the patient first.")
    return patient


def _apply(row: Study, changes: dict[str, Any]) -> list[str]:
    """Save the columns that differ; their names."""
    changed = [name for name, value in changes.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, changes[name])
    if changed:
        row.save(update_fields=changed)
    return changed
