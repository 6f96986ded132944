"""Changes as people read them: who did what to which field, when, why and from where."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst

from core.history.changes import Change, changes, names_of_keys, readable
from core.history.tracking import CREATED, DELETED, HistoryRow, history_of, parts_of

LARGEST_KEY = 2**63 - 1
DEEDS = {CREATED: "Added", DELETED: "Deleted"}


@dataclass(frozen=True, slots=True)
class Line:
    """One change, in words."""

    at: datetime
    actor: str
    deed: str
    fields: Sequence[tuple[str, str, str]]  # label, old, new
    reason: str
    origin: str


def lines_of(kept: type[HistoryRow], rows: Iterable[HistoryRow]) -> list[Line]:
    """The lines of rows of one history: neighbours in time, the latest first."""
    these = changes(rows)
    names = names_of_keys(kept, these)
    return [_line(change, names) for change in these]


def _line(change: Change, names: Mapping[Any, str]) -> Line:
    row = change.row
    fields = [
        (part.label, readable(part, part.old, names), readable(part, part.new, names))
        for part in change.fields
        if part.field.name != row.part_of  # whose page it is
    ]
    return Line(
        at=row.pgh_created_at,
        actor=change.said("actor") or "not known",
        deed=DEEDS.get(row.pgh_label, "Changed"),
        fields=fields,
        reason=change.said("reason"),
        origin=next(filter(None, map(change.said, ("task", "command", "request"))), ""),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A history of a record, or of the rows that belong to it, such as addresses."""

    model: type[HistoryRow]
    key: int

    @property
    def title(self) -> str:
        """Of what."""
        meta = self.model.pgh_tracked_model._meta
        plural = str(meta.verbose_name_plural if self.model.part_of else meta.verbose_name)
        return str(capfirst(plural))

    @property
    def column(self) -> str:
        """Which one its index is asked by."""
        return f"{self.model.part_of}_id" if self.model.part_of else "id"

    @property
    def rows(self) -> Any:
        """Its rows, the latest first."""
        return self.model.objects.filter(**{self.column: self.key}).order_by("-pgh_id")


def kept_of(model: Any, key: Any) -> list[Kept]:
    """The histories of a record: its own, then those of the rows that belong to it."""
    own = history_of(model)
    if own is None or int(key) > LARGEST_KEY:
        return []
    return [Kept(each, int(key)) for each in [own, *parts_of(model)]]
