"""A merge taken back, also after later changes: as if it had not been, but for what came since.

What moved goes back as it is now. Results go where their samples are, with what they have become.
A field of the survivor that got its value by the merge gets its own back, unless somebody has
written it since (decision 0044).
"""

import json
import logging
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from clinical.models import LabResult, Patient, PatientMerge, Sample, Study
from clinical.patients.merging import (
    FIELDS,
    columns_of,
    locked,
    move_studies,
    save_fields,
    set_columns,
)
from core.database import clock
from core.history.origin import because
from core.workflow import TransitionNotAllowedError
from customers.models import Customer

logger = logging.getLogger(__name__)


@transaction.atomic
def undo(
    merge: PatientMerge, *, by: str, reason: str, studies: Collection[int] = ()
) -> PatientMerge:
    """Bring the merged record back, with all that came from it; the merge, undone.

    `studies` that came after the merge go along; the others of that time stay with the survivor.
    Raises TransitionNotAllowedError when it was undone before, or when the survivor was merged into
    another since; ValidationError for a study that came before the merge, or is not the survivor's.
    """
    theirs = _lock_results(merge.merged_id)
    survivor, merged = locked(merge.survivor_id, merge.merged_id)
    merge = PatientMerge.objects.select_for_update().get(pk=merge.pk)
    _check(merge, survivor)
    _check_chosen(merge, studies)
    with because(reason):
        _restore_fields(merge, survivor)
        merged.merged_into = None
        merged.save(update_fields=["merged_into"])
        survivor.identifiers.filter(pk__in=merge.identifiers).update(patient=merged)
        of_results = theirs.exclude(study=None).values_list("study", flat=True)
        move_studies([*merge.studies, *studies, *of_results], survivor, merged, by=by)
        theirs.filter(patient=survivor).update(patient=merged)
    merge.undone_at, merge.undone_by, merge.undo_reason = clock.now(), by, reason
    merge.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    logger.info("merge of patient %s into %s undone by %s", merged.pk, survivor.pk, by)
    return merge


def later_studies(merge: PatientMerge) -> list[Study]:
    """The survivor's studies that came after the merge: they stay, unless they are chosen. None
    that a result has become: that is of whoever gave its sample."""
    since = Study.objects.filter(patient=merge.survivor_id, created_at__gte=merge.at)
    later = since.filter(result=None)
    return list(later.exclude(pk__in=merge.studies).order_by("-id")[:100])


def _lock_results(merged: int) -> QuerySet[LabResult]:
    """The results of the merged record, and of those merged into it, which nobody can attach or
    release until the transaction ends; locked before the records, as a release locks them."""
    records, newest = {merged}, {merged}
    while newest:
        merged_keys = Patient.objects.filter(merged_into__in=newest).values_list("pk", flat=True)
        newest = set(merged_keys) - records
        records |= newest
    theirs = LabResult.objects.filter(sample__patient__in=records)
    list(theirs.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))
    samples = Sample.objects.filter(patient__in=records)
    list(samples.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return theirs


def _check(merge: PatientMerge, survivor: Patient) -> None:
    if merge.undone_at:
        raise TransitionNotAllowedError("This merge was undone before.")
    if survivor.merged_into_id:
        raise TransitionNotAllowedError(
            f"Patient {survivor.pk} was merged into patient {survivor.merged_into_id} since. Undo "
            "that merge first."
        )


def _check_chosen(merge: PatientMerge, studies: Collection[int]) -> None:
    later = {study.pk for study in later_studies(merge)}
    if wrong := sorted(set(studies) - later):
        text = f"Study {wrong[0]} is none that came to the survivor after the merge."
        raise ValidationError({"studies": ValidationError(text, "not_later")})


def _restore_fields(merge: PatientMerge, survivor: Patient) -> None:
    """Give the survivor its own values back: itself, or the record of a later merge that took the
    field from the value that goes."""
    kept, restored = json.loads(merge.before), []
    later = list(
        PatientMerge.objects.select_for_update()
        .filter(survivor=survivor, undone_at__isnull=True, pk__gt=merge.pk)
        .order_by("pk")
    )
    for name in merge.taken:
        next_taker = next((each for each in later if name in each.taken), None)
        if next_taker is not None:
            _hand_on(merge, next_taker, name)
        # What a file or a script has written since is no value of the merge any more.
        elif all(kept["taken"][k] == v for k, v in columns_of(survivor, [name]).items()):
            set_columns(survivor, name, kept["own"])
            restored.append(name)
    _keep_possible(survivor, kept["taken"], restored)
    save_fields(survivor, restored)


def _hand_on(merge: PatientMerge, later: PatientMerge, name: str) -> None:
    kept, own = json.loads(later.before), json.loads(merge.before)["own"]
    kept["own"] |= {column: own[column] for column in FIELDS[name]}
    later.before = json.dumps(kept)
    later.save(update_fields=["before"])


def _keep_possible(survivor: Patient, taken: dict[str, Any], restored: list[str]) -> None:
    """Take back what cannot be any more: a customer who was deleted, a patient without a name."""
    own = survivor.customer_id
    if "customer" in restored and own and not Customer.objects.filter(pk=own).exists():
        survivor.customer_id = None
    if not (survivor.first_name or survivor.last_name):
        for name in {"first_name", "last_name"} & set(restored):
            set_columns(survivor, name, taken)
            restored.remove(name)
