"""Who must know of a result: clinicians of one that is held, everybody who was told of one that
was corrected. No text holds a value or a name."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from clinical.models import DutyTurn, LabResult, ResultEvent
from clinical.models.results import Flag
from clinical.states import ResultState
from core import cases
from core.cases import CaseDraft, handling
from core.cases.models import Case
from core.database import clock
from core.failures import each, waiting
from identity import notices
from identity.models import AccessRecord, User
from identity.sign_in_records import Notice

HELD = "result-held"
CRITICAL = "result-critical"
CORRECTED = "result-corrected"
CALLED_ABOUT = (ResultState.HELD, ResultState.UNMATCHED)
WORK = "call about the critical result"
SUMMARIES = {
    HELD: "It waits for a clinician: read it on its page, and release it.",
    CRITICAL: "It is critical. Read it on its page at once, find out whose it is where that is "
    "open, reach the person, and say how.",
    CORRECTED: "It was corrected, cancelled, or was somebody else's, after it was released. Staff "
    "who had looked at the record since then have an e-mail. Tell the person, and whoever else "
    "was told.",
}


def held(result: LabResult) -> None:
    """Open the case of a locked result that waits for a clinician."""
    wrong, other = (CRITICAL, HELD) if result.flag == Flag.CRITICAL else (HELD, CRITICAL)
    cases.resolve(other, [result.pk], by="system", resolution="Another version holds.")
    cases.open(describe(wrong, [result]))


def unplaced(result: LabResult) -> None:
    """Have somebody called about a locked result that is nobody's yet, where it is critical."""
    if result.flag != Flag.CRITICAL:
        close_held(result, by="system", how="Another version holds.")
        return
    result.called, result.call_due_at = 0, clock.now()
    result.save(update_fields=["called", "call_due_at"])
    cases.open(describe(CRITICAL, [result]))


def close_held(result: LabResult, *, by: str, how: str) -> None:
    """Close its case, if there is one."""
    cases.resolve([HELD, CRITICAL], [result.pk], by=by, resolution=how)


def holding(kind: str) -> "QuerySet[LabResult]":
    """The results of which there is such a case."""
    if kind == CRITICAL:
        return LabResult.objects.filter(state__in=CALLED_ABOUT, flag=Flag.CRITICAL)
    return LabResult.objects.filter(state=ResultState.HELD).exclude(flag=Flag.CRITICAL)


def describe(kind: str, results: Sequence[LabResult]) -> list[CaseDraft]:
    """A case of this kind for each."""
    return [
        CaseDraft(
            kind,
            result.pk,
            title=f"Result {result.pk} of {result.laboratory}",
            summary=SUMMARIES[kind],
            source=result.laboratory,
        )
        for result in results
    ]


def corrected(result: LabResult, *, by: str) -> None:
    """Of a locked result that was released: write it down, tell who looked at the record since by
    e-mail, and open a case for whoever was told otherwise."""
    since = _released_at(result)
    people = _readers(result, since)
    for person in people:
        notices.note(person, Notice.What.CORRECTED, by=None)
    ResultEvent.objects.create(
        result=result,
        kind="corrected",
        from_state=result.state,
        to_state=result.state,
        actor=by,
        detail=f"told: {', '.join(person.actor for person in people) or 'nobody had looked'}"[:500],
    )
    cases.open(describe(CORRECTED, [result]))


def _released_at(result: LabResult) -> datetime:
    event = result.events.filter(to_state=ResultState.RELEASED).order_by("id").first()
    return event.at if event else result.received_at


def _readers(result: LabResult, since: datetime) -> list[User]:
    """Staff who have looked at the patient's record, or released the result."""
    study = result.study
    reads = AccessRecord.objects.filter(
        patients__contains=[study.patient_id if study else result.patient_id], at__gte=since
    )
    actors = set(reads.values_list("actor", flat=True).distinct())
    actors |= set(result.events.values_list("actor", flat=True))
    keys = [actor[5:].partition(" ")[0] for actor in actors if actor.startswith("user:")]
    known = User.objects.filter(pk__in=[int(key) for key in keys if key.isdigit()])
    return list(known.filter(is_active=True).order_by("pk"))


def call_due() -> int:
    """Call the next one on duty about each critical result that nobody has acknowledged; how many.

    Staff set the order and the minutes. After the last one the first is called again.
    """
    if not DutyTurn.objects.exists():
        return 0
    due = holding(CRITICAL).filter(call_due_at__lte=clock.now()).order_by("call_due_at", "pk")
    return each(WORK, waiting(WORK, due), _call)


@transaction.atomic
def _call(pk: int) -> int:
    """Call the one whose turn it is by e-mail, and give them the case."""
    rows = LabResult.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    now = clock.now()
    due = {"state__in": CALLED_ABOUT, "flag": Flag.CRITICAL, "call_due_at__lte": now}
    result = rows.filter(pk=pk, **due).first()
    turns = list(DutyTurn.objects.select_related("person").filter(person__is_active=True))
    if result is None or not turns:
        return 0
    turn = turns[result.called % len(turns)]
    next_at = now + timedelta(minutes=turn.minutes)
    LabResult.objects.filter(pk=pk).update(called=F("called") + 1, call_due_at=next_at)
    ResultEvent.objects.create(
        result=result,
        kind="called",
        from_state=result.state,
        to_state=result.state,
        detail=turn.person.actor,
    )
    notices.note(turn.person, Notice.What.CALLED, by=None)
    case = Case.objects.filter(kind=CRITICAL, subject_id=pk, closed_at=None).first()
    if case is not None and case.assignee != turn.person.actor:
        handling.hand_over(case, by="system", to=turn.person.actor)
    return 1
