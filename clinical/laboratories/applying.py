"""From versions to a result: a fold over all of them, so that their order does not matter.

The highest number holds; a preliminary version counts only while there is no other. Whose the
result is, is asked anew when the version that holds names somebody else than the one before.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction

from clinical.laboratories import informing, matching
from clinical.laboratories.contract import ReportedResult
from clinical.laboratories.releasing import cancel, proceed, retract
from clinical.models import LabResult, Patient, ResultEvent, ResultVersion, Sample, VersionStatus
from clinical.states import ResultState
from core import cases
from core.cases import CaseDraft
from core.workflow import transition_locked

UNMATCHED = "result-unmatched"
COMPARED = ("status", "flag", "serial", "person", "birth_date", "findings")


class ConflictingVersionError(Exception):
    """The laboratory says two things under one number: nobody knows which holds."""


def effective(versions: Iterable[ResultVersion]) -> ResultVersion:
    """The version that holds, of one or more in any order."""
    return max(versions, key=lambda each: (each.status != VersionStatus.PRELIMINARY, each.number))


@transaction.atomic
def take(laboratory: str, reported: ReportedResult) -> bool:
    """Keep a version, and bring its result to where its versions say it is; whether it was new.

    Raises ConflictingVersionError for another one of its number.
    """
    result = _locked(laboratory, reported.reference)
    known = result.versions.filter(number=reported.number).first()
    if known is not None:
        if any(getattr(known, name) != getattr(reported, name) for name in COMPARED):
            raise ConflictingVersionError(
                "Its version differs from the one that came before under the same number."
            )
        return False
    columns = {name: getattr(reported, name) for name in (*COMPARED, "issued_at", "raw")}
    ResultVersion.objects.create(result=result, number=reported.number, **columns)
    _apply(result, by=f"laboratory:{laboratory}")
    return True


def _locked(laboratory: str, reference: str) -> LabResult:
    """The result of this reference, made where there is none, and locked."""
    new = LabResult(laboratory=laboratory, reference=reference)
    LabResult.objects.bulk_create([new], ignore_conflicts=True)
    rows = LabResult.objects.select_for_update(no_key=True, of=("self",))
    return rows.get(laboratory=laboratory, reference=reference)


def _apply(result: LabResult, *, by: str) -> None:
    """Follow the version that holds, of a result that is locked."""
    version = effective(result.versions.all())
    if version.number == result.number:
        return
    is_cancelled = version.status == VersionStatus.CANCELLED
    named_before = result.identity
    # Whom a cancelled version names is no news: there is nothing to decide about it.
    identity = named_before if is_cancelled else matching.identity_of(version)
    result.number, result.flag, result.identity = version.number, version.flag, identity
    result.save(update_fields=["number", "flag", "identity"])
    if result.state == ResultState.SET_ASIDE:
        if named_before != identity:
            leave_unmatched(result, by=by)
    elif is_cancelled:
        cancel(result, by=by)
        close_unmatched(result, by=by, how="The laboratory has cancelled it.")
    elif named_before != identity or result.state == ResultState.CANCELLED:
        match(result, version, by=by)
    elif result.sample is not None:
        proceed(result, version, by=by)
    elif result.decided_by:
        leave_unmatched(result, by=by)
    else:
        match(result, version, by=by)


def match(result: LabResult, version: ResultVersion, *, by: str) -> None:
    """Attach a locked result to its sample, or leave it to a person."""
    sample = matching.certain(version)
    if sample is not None:
        # Again under its lock: it may have been withdrawn, or got its result meanwhile.
        Sample.objects.select_for_update(no_key=True).get(pk=sample.pk)
        sample = matching.certain(version)
    result.decided_by = ""
    if sample != result.sample:
        retract(result, by=by, why="The laboratory says that it is somebody else's.")
    if sample is None:
        leave_unmatched(result, by=by)
        return
    attach_locked(result, sample, by=by)
    proceed(result, version, by=by)


def attach_locked(result: LabResult, sample: Sample, *, by: str, reason: str = "") -> None:
    """Give a locked result its sample, which is locked too; its state follows by `proceed`."""
    result.sample, result.patient = sample, sample.patient.survivor
    result.save(update_fields=["sample", "patient", "decided_by"])
    detail = f"to {sample}. {reason}".strip()
    ResultEvent.objects.create(
        result=result,
        kind="attached",
        from_state=result.state,
        to_state=result.state,
        actor=by,
        detail=detail[:500],
    )
    close_unmatched(result, by=by, how="It is attached.")


def leave_unmatched(
    result: LabResult, *, by: str, detail: str = "", patient: Patient | None = None
) -> None:
    """A person decides whose a locked result is; `patient` where that is known all the same."""
    if result.sample_id or result.state != ResultState.UNMATCHED or not result.events.exists():
        transition_locked(
            result,
            ResultState.UNMATCHED,
            by=by,
            detail=detail,
            sample=None,
            patient=patient,
            decided_by=result.decided_by,
        )
    cases.open(describe([result]))
    informing.unplaced(result)


def close_unmatched(result: LabResult, *, by: str, how: str) -> None:
    """Close its case, if there is one."""
    cases.resolve(UNMATCHED, [result.pk], by=by, resolution=how)


def let_go(sample: Sample, *, by: str) -> None:
    """Take results that nobody has seen off a sample that has ended, and is locked."""
    rows = LabResult.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    for result in rows.filter(sample=sample, state__in=["waiting", "held"], study=None):
        detail = f"{sample} is {sample.state}"
        leave_unmatched(result, by=by, detail=detail, patient=result.patient)


def describe(results: Sequence[LabResult]) -> list[CaseDraft]:
    """A case for each. Why stands on its page, for those who may see it."""
    return [
        CaseDraft(
            UNMATCHED,
            result.pk,
            title=f"Result {result.pk} of {result.laboratory}",
            summary="Serial, birth date and name do not all agree with one sample. Decide whose it "
            "is on its page, or set it aside.",
            source=result.laboratory,
        )
        for result in results
    ]
