"""Two records of the same person made one: the survivor has all, the other points to it.

What moved is kept in a PatientMerge, by which `undoing.py` brings both back (decision 0044).
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from clinical.models import NAMELESS, Patient, PatientMerge, Study, StudyEvent
from core.history.origin import because
from core.workflow import TransitionNotAllowedError

logger = logging.getLogger(__name__)

# What may be taken over from the merged record, each as a whole, with its columns.
FIELDS = {
    "first_name": ("first_name",),
    "last_name": ("last_name",),
    "birth_date": ("birth_date", "birth_date_precision"),
    "email": ("email",),
    "customer": ("customer_id",),
}


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field in which two records differ, as each shows it, and which one is proposed."""

    name: str
    survivor: str
    merged: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do; nothing is done."""

    survivor: Patient
    merged: Patient
    studies: int
    identifiers: int
    choices: list[FieldChoice]


def preview(survivor: Patient, merged: Patient) -> Preview:
    """What would move, and where the two differ. Raises TransitionNotAllowedError as `merge`."""
    _check(survivor, merged)
    return Preview(
        survivor,
        merged,
        merged.studies.count(),
        merged.identifiers.count(),
        [
            FieldChoice(name, shown(survivor, name), shown(merged, name), not value(survivor, name))
            for name in FIELDS
            if differs(survivor, merged, name) and value(merged, name)
        ],
    )


@transaction.atomic
def merge(
    survivor: Patient, merged: Patient, *, take: Collection[str], by: str, reason: str
) -> PatientMerge:
    """Move all of `merged` to `survivor`; the merge that was made.

    `take` names the FIELDS in which the survivor gets the other's value. Raises
    TransitionNotAllowedError when one of them was merged or archived meanwhile, ValidationError for
    a field that is none, and for a survivor who would have no name.
    """
    survivor, merged = locked(survivor.pk, merged.pk)
    _check(survivor, merged)
    if unknown := sorted(set(take) - set(FIELDS)):
        text = f"There is no such field: {unknown[0][:50]}. Use {', '.join(FIELDS)}."
        raise ValidationError({"take": ValidationError(text, "unknown")})
    taken = [name for name in FIELDS if name in take and differs(survivor, merged, name)]
    made = PatientMerge.objects.create(
        survivor=survivor,
        merged=merged,
        actor=by,
        reason=reason,
        taken=taken,
        before=json.dumps({"own": columns_of(survivor, taken), "taken": columns_of(merged, taken)}),
        identifiers=list(merged.identifiers.values_list("pk", flat=True)),
        studies=list(merged.studies.values_list("pk", flat=True)),
    )
    for name in taken:
        set_columns(survivor, name, columns_of(merged, [name]))
    if not (survivor.first_name or survivor.last_name):
        raise ValidationError({"take": ValidationError(NAMELESS, "nameless")})
    with because(reason):
        save_fields(survivor, taken)
        merged.identifiers.update(patient=survivor)
        move_studies(made.studies, merged, survivor, by=by)
        merged.merged_into = survivor
        merged.save(update_fields=["merged_into"])
    logger.info("patient %s merged into %s by %s", merged.pk, survivor.pk, by)
    return made


def locked(*keys: int) -> list[Patient]:
    """These patients, locked until the transaction ends, in the order of the keys given.

    Locked in that of their keys, so that two who merge the same ones wait for each other. Raises
    TransitionNotAllowedError when one is not there.
    """
    rows = Patient.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    known = {row.pk: row for row in rows}
    if len(known) < len(set(keys)):
        raise TransitionNotAllowedError("There is no such patient any more.")
    return [known[key] for key in keys]


def move_studies(keys: Iterable[int], source: Patient, target: Patient, *, by: str) -> None:
    """Give these studies of one patient to another, each with its event; both are locked."""
    studies = list(Study.objects.filter(pk__in=list(keys), patient=source).order_by("pk"))
    Study.objects.filter(pk__in=[study.pk for study in studies]).update(patient=target)
    StudyEvent.objects.bulk_create(
        StudyEvent(
            study=study,
            kind="moved",
            from_state=study.state,
            to_state=study.state,
            actor=by,
            detail=f"from patient {source.pk} to {target.pk}",
        )
        for study in studies
    )


def differs(one: Patient, other: Patient, name: str) -> bool:
    """Whether two patients differ in one of FIELDS."""
    return value(one, name) != value(other, name)


def value(patient: Patient, name: str) -> tuple[Any, ...] | None:
    """What a patient has in one of FIELDS, to be compared; None for nothing."""
    values = tuple(getattr(patient, column) for column in FIELDS[name])
    return values if any(values) else None


def shown(patient: Patient, name: str) -> str:
    """What a patient has in one of FIELDS, for people to read."""
    if name == "birth_date":
        return patient.born.shown()
    return str(getattr(patient, name) or "")


def columns_of(patient: Patient, names: Iterable[str]) -> dict[str, Any]:
    """What a patient has in these FIELDS, by column, as JSON can hold it."""
    columns = {column: getattr(patient, column) for name in names for column in FIELDS[name]}
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in columns.items()}


def set_columns(patient: Patient, name: str, kept: Mapping[str, Any]) -> None:
    """Give a patient the columns of one of FIELDS, as they were kept."""
    for column in FIELDS[name]:
        value = kept[column]
        is_date = column == "birth_date"
        setattr(patient, column, date.fromisoformat(value) if is_date else value)


def save_fields(patient: Patient, names: Iterable[str]) -> None:
    """Save these FIELDS of a patient."""
    columns = [column.removesuffix("_id") for name in names for column in FIELDS[name]]
    if columns:
        patient.save(update_fields=columns)


def _check(survivor: Patient, merged: Patient) -> None:
    """Raise TransitionNotAllowedError where one cannot be merged into the other."""
    if survivor.pk == merged.pk:
        raise TransitionNotAllowedError("These are one and the same record.")
    for patient in (survivor, merged):
        if patient.merged_into_id:
            raise TransitionNotAllowedError(
                f"Patient {patient.pk} was merged into patient {patient.merged_into_id} before."
            )
    if survivor.archived_at:
        raise TransitionNotAllowedError("The record that stays is archived. Restore it first.")
