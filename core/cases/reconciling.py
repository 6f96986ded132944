"""Brings the cases into step with the rows they are about, whatever path forgot to."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from core.cases.models import Case
from core.cases.recording import open as open_cases
from core.cases.recording import settle
from core.cases.registry import Kind, kinds

CHUNK = 500


def reconcile() -> dict[str, int]:
    """One pass over all kinds; how many cases were opened and closed."""
    watched = [kind for kind in kinds() if kind.troubled and kind.describe]
    return {
        "cases opened that nobody had": sum(map(_open_missing, watched)),
        "cases closed that are fine again": sum(map(_close_stale, watched)),
    }


def _open_missing(kind: Kind) -> int:
    """A row is locked while its case is opened, so that it is not just being put right."""
    if kind.troubled is None or kind.describe is None:
        return 0
    known = Case.objects.filter(kind=kind.name, subject_id=OuterRef("pk"))
    of_now = known.filter(Q(closed_at=None) | Q(dismissed=True))
    with transaction.atomic():
        rows = kind.troubled().filter(~Exists(of_now)).select_related(*(kind.related or [None]))
        locked = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",), no_key=True)
        return open_cases(kind.describe(list(locked[:CHUNK])))


def _close_stale(kind: Kind) -> int:
    if kind.troubled is None:
        return 0
    wrong = kind.troubled().filter(pk=OuterRef("subject_id"))
    stale = Case.objects.filter(kind=kind.name, closed_at=None).filter(~Exists(wrong))
    ids = list(stale.order_by("opened_at", "id").values_list("subject_id", flat=True)[:CHUNK])
    return settle(kind.name, ids, by="system", how="It is no longer so.")
