"""The kinds of cases that studies and results make, and what staff can do about each."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet

from clinical.laboratories import applying, incoming, informing
from clinical.laboratories.releasing import RELEASE as RELEASE_RESULT
from clinical.models import LabMessage, LabResult, Study
from clinical.reading import overdue, worklist
from core.cases import Action, Kind, register

VIEW = "clinical.view_study"
CHANGE = "clinical.change_study"
VIEW_RESULT = "clinical.view_labresult"
CHANGE_RESULT = "clinical.change_labresult"


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


def _unmatched() -> "QuerySet[LabResult]":
    return LabResult.objects.filter(state="unmatched")


READ_AGAIN = Action(
    "read-lab-messages",
    "Have it read again",
    CHANGE_RESULT,
    help_text="All that this laboratory sent and nobody understood: once its file knows it.",
    run=lambda message, *, by, reason: incoming.read_again(message, by=by),
)
SET_MESSAGE_ASIDE = Action(
    "set-message-aside",
    "Set it aside",
    CHANGE_RESULT,
    help_text="It stays kept, and is nobody's work any more.",
    needs_reason=True,
    run=incoming.set_aside,
)
INFORMED = Action(
    "informed",
    "Everybody was told",
    RELEASE_RESULT,
    help_text="The person, and whoever else had the result as it was. Say how.",
    needs_reason=True,
    closes=True,
)


def _held(kind: str, label: str, hours: int) -> dict[str, Any]:
    """Results that wait for a clinician: nobody else sees that one is critical."""
    return {
        "name": kind,
        "label": label,
        "model": LabResult,
        "view_permission": RELEASE_RESULT,
        "subjects": partial(informing.holding, kind),
        "to_cases": partial(informing.describe, kind),
        "due_within": timedelta(hours=hours),
    }


RESULT_KINDS: Any = (
    _held(informing.CRITICAL, "Critical result", 1),
    _held(informing.HELD, "Result to release", 24),
    {
        "name": informing.CORRECTED,
        "label": "Released result corrected",
        "model": LabResult,
        "actions": [INFORMED],
        "due_within": timedelta(hours=4),
    },
    {
        "name": applying.UNMATCHED,
        "label": "Result of nobody",
        "model": LabResult,
        "subjects": _unmatched,
        "to_cases": applying.describe,
        "due_within": timedelta(hours=4),
    },
    {
        "name": incoming.NOT_UNDERSTOOD,
        "label": "Laboratory not understood",
        "model": LabMessage,
        "actions": [READ_AGAIN, SET_MESSAGE_ASIDE],
        "subjects": incoming.first_not_understood,
        "to_cases": incoming.describe,
        "due_within": timedelta(hours=4),
    },
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
        ),
        *(
            Kind(**{"scope_prefix": "clinical", "view_permission": VIEW_RESULT} | kind)
            for kind in RESULT_KINDS
        ),
    )
