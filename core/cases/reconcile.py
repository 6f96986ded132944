"""Brings the cases into step with the rows they are about, whatever path forgot to."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.cases.models import Case
from core.cases.registry import Kind, Trouble, kinds
from core.cases.store import open as open_cases
from core.cases.store import settle

CHUNK = 500
Describe = Callable[[Sequence[Any]], list[Trouble]]


def reconcile() -> dict[str, int]:
    """One pass over all kinds; how many cases were opened and closed."""
    from core import failures  # it opens cases itself

    watched = [kind for kind in kinds() if kind.troubled and kind.describe]
    by_name = {kind.name: kind for kind in watched}

    def open_missing() -> int:
        run = failures.each_name
        return run("open cases", by_name, lambda name: _open_missing(by_name[name]))

    def close_stale() -> int:
        run = failures.each_name
        return run("close cases", by_name, lambda name: _close_stale(by_name[name]))

    named = {
        "cases opened that nobody had": open_missing,
        "cases closed that are fine again": close_stale,
    }
    return failures.steps("cases", named)


def _open_missing(kind: Kind) -> int:
    """A row is locked while its case is opened, so that it is not just being put right."""
    from core import failures

    if kind.troubled is None or kind.describe is None:
        return 0
    known = Case.objects.filter(kind=kind.name, subject_id=OuterRef("pk"))
    of_now = known.filter(Q(closed_at=None) | Q(dismissed=True))
    missing = kind.troubled().filter(~Exists(of_now)).order_by("pk")
    work = f"open the case {kind.name} of row"
    ids = failures.waiting(work, missing, most=CHUNK)
    return failures.together(work, ids, partial(_open, kind.describe, missing, kind.related))


def _open(describe: Describe, missing: QuerySet[Any], beside: Any, ids: Sequence[int]) -> int:
    rows = missing.filter(pk__in=ids).select_related(*(beside or [None]))
    return open_cases(
        describe(list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)))
    )


def _close_stale(kind: Kind) -> int:
    from core import failures

    if kind.troubled is None:
        return 0
    wrong = kind.troubled().filter(pk=OuterRef("subject_id"))
    # What staff had dismissed is forgotten too: should it go wrong again, that is news.
    in_force = Case.objects.filter(Q(closed_at=None) | Q(dismissed=True), kind=kind.name)
    stale = in_force.filter(~Exists(wrong))
    work = f"close the case {kind.name} of row"
    oldest = stale.order_by("opened_at", "id")
    ids = failures.waiting(work, oldest, key="subject_id", most=CHUNK)
    return failures.together(work, ids, partial(_close, kind.name))


def _close(name: str, ids: Sequence[int]) -> int:
    return settle(name, ids, by="system", how="It is no longer so.")
