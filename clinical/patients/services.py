"""The verbs of patients: create, change, archive, restore."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinical.identifiers import value_index
from clinical.models import Patient, PatientIdentifier, PatientMerge
from clinical.services import lock_patient
from core.database import clock
from core.history.origin import because
from core.workflow import TransitionNotAllowedError

logger = logging.getLogger(__name__)

MOST_IDENTIFIERS = 20
Identifiers = Sequence[Mapping[str, str]]


class IdentifierTakenError(ValidationError):
    """Another patient has this identifier, or the same one came twice."""

    def __init__(self, text: str) -> None:
        super().__init__({"identifiers": ValidationError(text, "unique")})


@transaction.atomic
def create_patient(*, identifiers: Identifiers = (), **values: Any) -> Patient:
    """A new patient. Raises ValidationError for identifiers that cannot be theirs."""
    patient = Patient.objects.create(**values)
    if identifiers:
        _replace_identifiers(patient, identifiers)
    return patient


@transaction.atomic
def update_patient(
    patient: Patient, *, identifiers: Identifiers | None = None, **changes: Any
) -> Patient:
    """Change what differs, and only those columns: two people may correct different ones at once.

    `identifiers`, where given, are all that the patient has from now on. Raises
    TransitionNotAllowedError when the patient was archived or merged meanwhile, ValidationError for
    identifiers that cannot be theirs.
    """
    locked = lock_patient(patient.pk)
    changed = [name for name, value in changes.items() if getattr(locked, name) != value]
    for name in changed:
        setattr(locked, name, changes[name])
    if changed:
        locked.save(update_fields=changed)
    _keep_when_unmerged(locked, changes)
    if identifiers is not None:
        _replace_identifiers(locked, identifiers)
    return locked


@transaction.atomic
def archive_patient(patient: Patient, *, by: str, reason: str = "") -> Patient:
    """Take a patient out of lists and searches; nothing is lost.

    Raises TransitionNotAllowedError when that was done before, or the record was merged.
    """
    locked = lock_patient(patient.pk)
    locked.archived_at = clock.now()
    with because(reason):
        locked.save(update_fields=["archived_at"])
    logger.info("patient %s archived by %s", locked.pk, by)
    return locked


@transaction.atomic
def delete_patient(patient: Patient, *, by: str) -> Patient:
    """Archive a patient who never had a study: what the API's DELETE has always been for.

    Raises StudiesOnRecordError for any other, and TransitionNotAllowedError as `archive_patient`.
    """
    # The lock keeps a study from being added between the check and the end.
    locked = lock_patient(patient.pk)
    if locked.studies.exists():
        raise StudiesOnRecordError
    return archive_patient(locked, by=by)


class StudiesOnRecordError(Exception):
    """The patient has studies, perhaps such as were entered in error."""


@transaction.atomic
def restore_patient(patient: Patient, *, by: str, reason: str = "") -> Patient:
    """Bring an archived patient back. Raises TransitionNotAllowedError for one who is not."""
    locked = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    if locked.merged_into_id or locked.archived_at is None:
        raise TransitionNotAllowedError("This patient is not archived.")
    locked.archived_at = None
    with because(reason):
        locked.save(update_fields=["archived_at"])
    logger.info("patient %s restored by %s", locked.pk, by)
    return locked


def _keep_when_unmerged(patient: Patient, written: Mapping[str, Any]) -> None:
    """What is written after a merge stays when that merge is undone."""
    for merge in PatientMerge.objects.filter(survivor=patient, undone_at__isnull=True):
        taken = [name for name in merge.taken if name not in written]
        if taken != merge.taken:
            merge.taken = taken
            merge.save(update_fields=["taken"])


def _replace_identifiers(patient: Patient, wanted: Identifiers) -> None:
    """Let the patient, who is locked, have these and no others; rows that stay keep their keys."""
    known = {(row.system, row.value_index): row for row in patient.identifiers.all()}
    new = {(each["system"], value_index(each["value"])): each for each in wanted}
    if len(new) < len(wanted):
        raise IdentifierTakenError("Give each identifier once.")
    removed = [row.pk for key, row in known.items() if key not in new]
    patient.identifiers.filter(pk__in=removed).delete()
    for key, each in new.items():
        row = known.get(key) or PatientIdentifier(patient=patient)
        changed = [name for name, value in each.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, each[name])
        if changed:
            _save_identifier(row)


def _save_identifier(row: PatientIdentifier) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        text = "Another patient has this identifier, perhaps an archived one."
        raise IdentifierTakenError(text) from error
