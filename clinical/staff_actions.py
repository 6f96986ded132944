"""The kinds of cases that studies make, and what staff can do about each."""

from datetime import timedelta

from clinical.models import Study
from clinical.reading import overdue, worklist
from core.cases import Action, Kind, register

VIEW = "clinical.view_study"
CHANGE = "clinical.change_study"


def _release(study: Study, *, by: str, reason: str) -> None:
    worklist.release(study, by=by)


RELEASE = Action(
    "release",
    "Give it back to the worklist",
    CHANGE,
    help_text="Whoever has taken it holds it no more: somebody else can read it.",
    is_available=lambda study: study.reader_id is not None,
    run=_release,
)
CLOSE = Action(
    "close",
    "Close without reading it",
    CHANGE,
    help_text="The study stays on the worklist, and makes no other case.",
    needs_reason=True,
    closes=True,
)


def register_kinds() -> None:
    """Register what can go wrong here."""
    register(
        Kind(
            name=overdue.OVERDUE,
            label="Study not read in time",
            model=Study,
            scope_prefix="clinical",
            view_permission=VIEW,
            actions=[RELEASE, CLOSE],
            subjects=overdue.overdue,
            to_cases=overdue.describe,
            due_within=timedelta(hours=1),
        )
    )
