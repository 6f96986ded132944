"""Until when a case should be dealt with: as staff have set it for its kind, or as its app has."""

from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import OuterRef, Q, QuerySet, Subquery

from core.cases.models import Case
from core.cases.registry import kinds
from core.database import clock
from desk.models import CaseDueTime

UNREGISTERED = timedelta(days=1)  # of a kind whose app is no more


def due_times() -> dict[str, timedelta]:
    """How soon a case of each kind is due. One statement."""
    rows = CaseDueTime.objects.values_list("kind", "hours")
    set_by_staff = {kind: timedelta(hours=hours) for kind, hours in rows if hours is not None}
    return {kind.name: set_by_staff.get(kind.name, kind.due_within) for kind in kinds()}


def with_due_times(rows: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with what staff have set, so that `due_at` asks nothing for each of a list."""
    own = CaseDueTime.objects.filter(kind=OuterRef("kind"))
    return rows.annotate(due_hours=Subquery(own.values("hours")[:1]))


def due_at(case: Case) -> datetime:
    """Until when somebody should have dealt with it."""
    if not hasattr(case, "due_hours"):
        return case.opened_at + due_times().get(case.kind, UNREGISTERED)
    if case.due_hours is not None:
        return case.opened_at + timedelta(hours=case.due_hours)
    within = {kind.name: kind.due_within for kind in kinds()}
    return case.opened_at + within.get(case.kind, UNREGISTERED)


def overdue() -> Q:
    """Those that should have been dealt with by now."""
    now = clock.now()
    late = [Q(kind=name, opened_at__lte=now - within) for name, within in due_times().items()]
    return reduce(or_, late, Q(pk__in=[]))
