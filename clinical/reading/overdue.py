"""Studies that wait for longer than staff have set, as cases (core/cases).

The sweeper opens them as time passes (`overdue` says which they are now) and closes what it finds
read; whoever signs closes the case at once. No text of a case tells of a patient.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from clinical.models import ReadingLimits, Study
from clinical.states import WAITING
from core import cases
from core.cases import CaseDraft
from core.database import clock

OVERDUE = "study-overdue"


def overdue() -> "QuerySet[Study]":
    """The studies that have waited for too long."""
    now = clock.now()
    late = [
        Q(urgency_level=urgency, performed_at__lt=now - limit)
        for urgency, limit in ReadingLimits.current().by_urgency().items()
    ]
    if not late:
        return Study.objects.none()
    return Study.objects.filter(reduce(or_, late), state__in=sorted(WAITING))


def describe(studies: Sequence[Study]) -> list[CaseDraft]:
    """A case for each of them."""
    return [
        CaseDraft(
            OVERDUE,
            study.pk,
            title=f"Study {study.pk}",
            summary=f"It waits to be read since {study.performed_at:%Y-%m-%d %H:%M} UTC: longer "
            f"than a study of {study.get_urgency_level_display()} urgency may.",
        )
        for study in studies
    ]


def close_overdue(study: Study, *, by: str, how: str) -> None:
    """Close its case, if there is one."""
    cases.resolve(OVERDUE, [study.pk], by=by, resolution=how)
