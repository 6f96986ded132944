"""Who sees to a case, and when: it is taken, handed over, put off, noted; each step on record.

None of it closes a case or keeps anybody else from acting: it tells a team who is at what. Actors
are named as event rows name them (`user:5 sara`).
"""

from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from core.cases.models import Case, CaseEvent
from core.database import clock
from core.risks import check_reason
from core.workflow import TransitionNotAllowedError

LONGEST_SNOOZE = timedelta(days=92)


@transaction.atomic
def take(case: Case, *, by: str, seen: str = "") -> None:
    """Take it; from whoever had it when it was looked at (`seen`), too.

    Raises TransitionNotAllowedError when somebody else has taken it meanwhile, or it is closed.
    """
    locked = _locked(case)
    if locked.assignee == by:
        return
    if locked.assignee not in ("", seen):
        raise TransitionNotAllowedError(f"{name_of(locked.assignee)} has taken it meanwhile.")
    detail = f"from {locked.assignee}" if locked.assignee else ""
    _write(locked, "assigned", by=by, detail=detail, assignee=by, snoozed_until=None)


@transaction.atomic
def give_back(case: Case, *, by: str, reason: str = "") -> None:
    """Let anybody take it. Raises TransitionNotAllowedError when nobody has it."""
    locked = _locked(case)
    if not locked.assignee:
        raise TransitionNotAllowedError("Nobody has taken it.")
    _write(locked, "given-back", by=by, detail=reason, assignee="")


@transaction.atomic
def hand_over(case: Case, *, by: str, to: str, reason: str = "") -> None:
    """Give it to somebody else. Whoever calls has checked that they may act on it.

    Raises TransitionNotAllowedError when they have it already.
    """
    locked = _locked(case)
    if locked.assignee == to:
        raise TransitionNotAllowedError(f"{name_of(to)} has it already.")
    detail = f"to {to}. {reason}".strip()
    _write(locked, "handed-over", by=by, detail=detail, assignee=to, snoozed_until=None)


@transaction.atomic
def note(case: Case, *, by: str, reason: str) -> None:
    """Write something down. Raises ValidationError (`reason`) when it says nothing."""
    check_reason(reason, of="what is to be noted")
    _write(_locked(case), "noted", by=by, detail=reason.strip())


@transaction.atomic
def snooze(case: Case, *, by: str, until: datetime, reason: str = "") -> None:
    """Leave it out of the queue until then, or until something new happens.

    Raises ValidationError for a moment that is over, or more than three months away.
    """
    now = clock.now()
    if not now < until <= now + LONGEST_SNOOZE:
        raise ValidationError("Choose a moment within the next three months.")
    detail = f"until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC. {reason}".strip()
    _write(_locked(case), "snoozed", by=by, detail=detail, snoozed_until=until)


@transaction.atomic
def wake(case: Case, *, by: str, reason: str = "") -> None:
    """Put it back into the queue. Raises TransitionNotAllowedError for one that is there."""
    locked = _locked(case)
    if not is_snoozed(locked):
        raise TransitionNotAllowedError("It is in the queue already.")
    _write(locked, "woken", by=by, detail=reason, snoozed_until=None)


def is_snoozed(case: Case) -> bool:
    """Whether it is left out of the queue now."""
    return case.snoozed_until is not None and case.snoozed_until > clock.now()


def awake() -> Q:
    """Those that nobody has put off: a moment that is over brings a case back by itself."""
    return Q(snoozed_until=None) | Q(snoozed_until__lte=clock.now())


def name_of(actor: str) -> str:
    """An actor as people say it: `sara` of `user:5 sara`."""
    return actor.partition(" ")[2] or actor


def _locked(case: Case) -> Case:
    """It, as it is now. Raises TransitionNotAllowedError when it is closed."""
    locked = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if locked.closed_at:
        raise TransitionNotAllowedError("This case is closed.")
    return locked


def _write(case: Case, kind: str, *, by: str, detail: str, **changes: object) -> None:
    if changes:
        Case.objects.filter(pk=case.pk).update(**changes)
    CaseEvent.objects.create(case=case, kind=kind, actor=by, detail=detail[:500])
