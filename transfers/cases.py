"""Imports and exports that came to nothing, in the queue of cases: the sweeper opens and closes.

Whoever uploads the file anew, or asks for the list again, closes the case by that.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from core.cases import Action, CaseDraft, Kind, register
from core.database import clock
from transfers.models import Export, Import

IMPORT, EXPORT = "import-failed", "export-failed"
OF_INTEREST = timedelta(days=14)
CLOSE = Action(
    "close",
    "Leave it",
    "core.change_case",
    "It stays as it is, and nobody has to look at it any more.",
    needs_reason=True,
    closes=True,
)


def failed_imports() -> QuerySet[Import]:
    """Those that wrote nothing, after which nothing of the kind was uploaded by the same person."""
    since = clock.now() - OF_INTEREST
    rows = Import.objects.filter(state__in=("failed", "refused"), finished_at__gt=since)
    return rows.filter(~_later(Import, "noun"))


def failed_exports() -> QuerySet[Export]:
    """Those that made no file, after which the same person did not ask for the list again."""
    rows = Export.objects.filter(state="failed", finished_at__gt=clock.now() - OF_INTEREST)
    return rows.filter(~_later(Export, "of"))


def _later(model: Any, column: str) -> Exists:
    same = {column: OuterRef(column), "owner": OuterRef("owner"), "pk__gt": OuterRef("pk")}
    return Exists(model.objects.filter(**same))


def describe(kind: str, jobs: Sequence[Any]) -> list[CaseDraft]:
    """A case for each of them."""
    return [CaseDraft(kind, job.pk, str(job).capitalize(), _happened(job)) for job in jobs]


def _happened(job: Any) -> str:
    if job.state == "refused":
        return (
            f"The file was refused: it has {job.problems} problem(s), which its owner sees there. "
            f"Nothing was written. {job.owner} uploaded it."
        )
    return f"{job.remark or 'It failed.'} It is {job.owner}'s."


def register_kinds() -> None:
    """Register what can go wrong here. Everybody with a queue sees it: no text tells of a row."""
    kind: Callable[..., Kind] = partial(
        Kind,
        scope_prefix="exceptions",
        view_permission="core.view_case",
        actions=[CLOSE],
        related=("owner",),
    )
    register(
        kind(
            IMPORT,
            "Import that came to nothing",
            Import,
            subjects=failed_imports,
            to_cases=partial(describe, IMPORT),
        ),
        kind(
            EXPORT,
            "Export that failed",
            Export,
            subjects=failed_exports,
            to_cases=partial(describe, EXPORT),
        ),
    )
