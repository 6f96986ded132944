"""What the core leaves behind, and throws away; and cases that nobody opened or closed."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import cases
from core.api.idempotency import forget_old_keys
from core.cases import CaseDraft, Kind
from core.cases.models import Case
from core.failures import each_name, forget_untried, steps, together, waiting

CHUNK = 500
ToCases = Callable[[Sequence[Any]], list[CaseDraft]]
# Cases are opened and closed by whoever notices. Looking for what was forgotten reads every row
# that is wrong, so after a pass that changed nothing it rests.
REST = 60.0


class Reconciler:
    """Reconciles the cases, unless they were in step a short while ago in this process."""

    def __init__(self) -> None:
        self._resting_until = float("-inf")

    def sweep(self) -> dict[str, int]:
        """How many were opened and closed; nothing while it rests."""
        if time.monotonic() < self._resting_until:
            return {}
        changed = reconcile()
        if not any(changed.values()):
            self._resting_until = time.monotonic() + REST
        return changed


reconciler = Reconciler()


def sweep() -> dict[str, int]:
    """The core's share of a pass; how much of each kind was forgotten or repaired."""
    of_cases: dict[str, int] = {}

    def bring_into_step() -> int:
        of_cases.update(reconciler.sweep())
        return 0

    of_core = steps(
        "core",
        {
            "idempotency keys forgotten": forget_old_keys,
            "failures that nobody tries forgotten": forget_untried,
            "cases": bring_into_step,
        },
    )
    return of_core | of_cases


def reconcile() -> dict[str, int]:
    """One pass over all kinds; how many cases were opened and closed."""
    watched = [kind for kind in cases.kinds() if kind.subjects and kind.to_cases]
    by_name = {kind.name: kind for kind in watched}

    def open_missing() -> int:
        return each_name("open cases", by_name, lambda name: _open_missing(by_name[name]))

    def close_stale() -> int:
        return each_name("close cases", by_name, lambda name: _close_stale(by_name[name]))

    named = {
        "cases opened that nobody had": open_missing,
        "cases closed that are fine again": close_stale,
    }
    return steps("cases", named)


def opening(kind: str) -> str:
    """What a failure to open a case of this kind is known by, before the row's number."""
    return f"open the case {kind} of row"


def _open_missing(kind: Kind) -> int:
    """A row is locked while its case is opened, so that it is not just being put right."""
    if kind.subjects is None or kind.to_cases is None:
        return 0
    known = Case.objects.filter(kind=kind.name, subject_id=OuterRef("pk"))
    of_now = known.filter(Q(closed_at=None) | Q(dismissed=True))
    missing = kind.subjects().filter(~Exists(of_now)).order_by("pk")
    work = opening(kind.name)
    ids = waiting(work, missing, most=CHUNK)
    return together(work, ids, partial(_open, kind.to_cases, missing, kind.related))


def _open(to_cases: ToCases, missing: QuerySet[Any], beside: Any, ids: Sequence[int]) -> int:
    rows = missing.filter(pk__in=ids).select_related(*(beside or [None]))
    return cases.open(
        to_cases(list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)))
    )


def _close_stale(kind: Kind) -> int:
    if kind.subjects is None:
        return 0
    wrong = kind.subjects().filter(pk=OuterRef("subject_id"))
    # What staff had dismissed is forgotten too: should it go wrong again, a new case is opened.
    in_force = Case.objects.filter(Q(closed_at=None) | Q(dismissed=True), kind=kind.name)
    stale = in_force.filter(~Exists(wrong))
    work = f"close the case {kind.name} of row"
    oldest = stale.order_by("opened_at", "id")
    ids = waiting(work, oldest, key="subject_id", most=CHUNK)
    return together(work, ids, partial(_close, kind.name))


def _close(name: str, ids: Sequence[int]) -> int:
    return cases.resolve(name, ids, by="system", resolution="It is no longer so.")
