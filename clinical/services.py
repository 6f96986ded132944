"""The verbs of the clinic. Every change of a study leaves a StudyEvent, in the same transaction."""

import logging
from typing import Any

from django.db import transaction

from clinical.models import Patient, Study, StudyEvent
from clinical.states import StudyState
from core.workflow import TransitionNotAllowedError, transition

logger = logging.getLogger(__name__)


@transaction.atomic
def update_patient(patient: Patient, **changes: Any) -> Patient:
    """Change what differs, and only those columns: two people may correct different ones at once.

    Raises TransitionNotAllowedError when the patient was deleted meanwhile.
    """
    locked = _lock(patient.pk)
    _apply(locked, changes)
    return locked


@transaction.atomic
def delete_patient(patient: Patient, *, by: str) -> None:
    """Delete a patient who never had a study.

    Raises ProtectedError for any other: health records are kept, the ones entered in error too.
    Raises TransitionNotAllowedError when the patient was deleted meanwhile.
    """
    # The lock keeps a study from being added between the check and the deletion.
    _lock(patient.pk).delete()
    logger.info("patient %s deleted by %s", patient.pk, by)


@transaction.atomic
def create_study(study: Study, *, by: str) -> Study:
    """Put a new study on record. Raises TransitionNotAllowedError when its patient was deleted
    meanwhile."""
    _lock(study.patient_id, no_key=True)
    study.save(force_insert=True)
    StudyEvent.objects.create(study=study, kind="created", to_state=study.state, actor=by)
    return study


@transaction.atomic
def update_study(study: Study, *, by: str, **changes: Any) -> Study:
    """Change what differs; the event names the fields. Nothing differs: nothing is written.

    Raises TransitionNotAllowedError when it was deleted meanwhile.
    """
    locked = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    if locked.state == StudyState.ENTERED_IN_ERROR:
        raise TransitionNotAllowedError("This study was deleted, so it cannot be changed.")
    changed = _apply(locked, changes)
    if changed:
        StudyEvent.objects.create(
            study=locked, kind="updated", actor=by, detail=", ".join(sorted(changed))
        )
    return locked


def make_available(study: Study, *, by: str) -> None:
    """The images can be seen. Raises TransitionNotAllowedError when it was cancelled or deleted."""
    transition(study, StudyState.AVAILABLE, by=by)


def cancel_study(study: Study, *, by: str) -> None:
    """It was not taken. Raises TransitionNotAllowedError when its images are there, or it was
    deleted."""
    transition(study, StudyState.CANCELLED, by=by)


def delete_study(study: Study, *, by: str) -> None:
    """Take a study off the record, as entered in error: it is seen no more, but not destroyed.

    Its row and its events stay for those who must answer for it, and so that a repeated import
    does not bring it back. Raises TransitionNotAllowedError when that was done before.
    """
    transition(study, StudyState.ENTERED_IN_ERROR, by=by, kind="deleted")


def _lock(patient_id: int, *, no_key: bool = False) -> Patient:
    locked = Patient.objects.select_for_update(of=("self",), no_key=no_key)
    patient = locked.filter(pk=patient_id).first()
    if patient is None:
        raise TransitionNotAllowedError("This patient was deleted.")
    return patient


def _apply(row: Patient | Study, changes: dict[str, Any]) -> list[str]:
    """Save the columns that differ; their names."""
    changed = [name for name, value in changes.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, changes[name])
    if changed:
        row.save(update_fields=changed)
    return changed
