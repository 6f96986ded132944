"""What people decide about whose a result is: on record, with a reason, and each can be undone.

All lock the result, and raise TransitionNotAllowedError where its state has no such step or it has
changed since it was looked at, and ValidationError (`reason`) without a reason.
"""

from django.db import transaction

from clinical.laboratories import informing, matching
from clinical.laboratories.applying import (
    attach_locked,
    close_unmatched,
    leave_unmatched,
    match,
)
from clinical.laboratories.releasing import cancel, proceed, retract
from clinical.models import LabResult, ResultVersion, Sample, VersionStatus
from clinical.states import RESULT, ResultState, SampleState
from core.risks import check_reason
from core.workflow import TransitionNotAllowedError, transition_locked

ATTACHED = frozenset({ResultState.WAITING, ResultState.HELD, ResultState.RELEASED})


@transaction.atomic
def attach(result: LabResult, sample: Sample, *, number: int, by: str, reason: str) -> None:
    """It is of this sample, one of its candidates; `number` is the version that was looked at.

    It is held then, whatever it says: a clinician sees it first.
    """
    check_reason(reason, "it is this person's")
    locked, version = _locked(result, number)
    if locked.state != ResultState.UNMATCHED:
        raise TransitionNotAllowedError(f"This result is {locked.state}: nobody has to decide.")
    row = Sample.objects.select_for_update(no_key=True).get(pk=sample.pk)
    if row.pk not in {each.sample.pk for each in matching.candidates(version)}:
        raise TransitionNotAllowedError(
            "This sample has neither the result's serial nor its birth date and name."
        )
    if row.state != SampleState.REGISTERED:
        raise TransitionNotAllowedError(f"This sample is {row.state}: it gets no result.")
    others = LabResult.objects.filter(sample=row).exclude(state__in=["cancelled", "set-aside"])
    if other := others.first():
        raise TransitionNotAllowedError(f"This sample has {other} already: take that off first.")
    locked.decided_by = by
    attach_locked(locked, row, by=by, reason=reason.strip())
    proceed(locked, version, by=by)


@transaction.atomic
def detach(result: LabResult, *, number: int, by: str, reason: str) -> None:
    """It is not this sample's; a study that it has become is taken off the record."""
    check_reason(reason, "it is not this person's")
    locked, _ = _locked(result, number)
    if locked.state not in ATTACHED:
        raise TransitionNotAllowedError(f"This result is {locked.state}: it is attached to nobody.")
    retract(locked, by=by, why="A person has taken it off.")
    locked.decided_by = by
    leave_unmatched(locked, by=by, detail=reason.strip())


@transaction.atomic
def set_aside(result: LabResult, *, number: int, by: str, reason: str) -> None:
    """It is nobody's, as far as anybody can find out."""
    check_reason(reason, "it is nobody's")
    locked, _ = _locked(result, number)
    RESULT.check(locked, ResultState.SET_ASIDE)
    transition_locked(locked, ResultState.SET_ASIDE, by=by, detail=reason.strip())
    close_unmatched(locked, by=by, how="It was set aside.")
    informing.close_held(locked, by=by, how="It was set aside.")


@transaction.atomic
def reopen(result: LabResult, *, number: int, by: str, reason: str) -> None:
    """What was set aside is decided anew: by the rule, where no person had decided before.

    One that the laboratory has cancelled meanwhile is cancelled.
    """
    check_reason(reason, "it is looked at again")
    locked, version = _locked(result, number)
    if locked.state != ResultState.SET_ASIDE:
        raise TransitionNotAllowedError(f"This result is {locked.state}: it was not set aside.")
    transition_locked(locked, ResultState.UNMATCHED, by=by, detail=reason.strip())
    if version.status == VersionStatus.CANCELLED:
        cancel(locked, by=by)
    elif locked.decided_by:
        leave_unmatched(locked, by=by)
    else:
        match(locked, version, by=by)


def _locked(result: LabResult, number: int) -> tuple[LabResult, ResultVersion]:
    """The result as it is now, and the version that holds, if that is the one looked at."""
    rows = LabResult.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.select_related("sample", "study", "patient").get(pk=result.pk)
    if locked.number != number:
        raise TransitionNotAllowedError("The laboratory has sent another version: look again.")
    return locked, locked.versions.get(number=number)
