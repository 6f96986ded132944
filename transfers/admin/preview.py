"""What the page of an import shows of its rows, a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from core.imports import Importer
from core.imports.registry import importers
from core.imports.report import SHOWN
from core.values.keys import is_key
from transfers.imports.previews import MOST_PAGES, PAGE, page_of
from transfers.imports.rights import may_import
from transfers.models import Import, ImportPreview

Kind = ImportPreview.Kind
MOST = {Kind.CREATED: PAGE * MOST_PAGES, Kind.CHANGED: PAGE * MOST_PAGES, Kind.REFUSED: SHOWN}


def importer_of(job: Import) -> type[Importer] | None:
    """The importer, unless it is no more."""
    return importers().get(job.noun)


@dataclass(frozen=True, slots=True)
class Tab:
    """One kind of rows."""

    kind: str
    label: str
    count: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Rows of one kind, and which other pages there are."""

    kind: str
    lines: list[dict[str, Any]]
    columns: list[str]
    tabs: list[Tab]
    earlier: int
    later: int
    only_first: int  # that many are shown of more
    reads_health_data: bool

    @classmethod
    def asked_for(cls, request: HttpRequest, object_id: Any) -> "Preview | None":
        """What the address asks for, for the owner of the import; None where nothing is kept."""
        own = Import.objects.filter(owner=request.user.pk)
        job = own.filter(pk=object_id).first() if is_key(object_id) else None
        importer = importer_of(job) if job else None
        if job is None or importer is None or not may_import(request.user, importer):
            return None
        counts = {Kind.CREATED: job.created, Kind.CHANGED: job.updated, Kind.REFUSED: job.problems}
        there = [kind for kind in Kind if counts[kind]]
        if not there or not job.previews.exists():
            return None
        asked, page = request.GET.get("show", ""), request.GET.get("page", "1")
        kind = Kind(asked) if asked in there else there[0]
        number = int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 4 else 1
        last = min(-(-counts[kind] // PAGE), MOST_PAGES)
        lines = page_of(job, kind, number)
        filled = {name for line in lines for name in line.get("cells", {})}
        return cls(
            kind,
            _with_old(lines, importer),
            [column.name for column in importer.columns if column.name in filled],
            [Tab(each, each.label, counts[each], each == kind) for each in there],
            number - 1,
            number + 1 if number < last else 0,
            MOST[kind] if counts[kind] > MOST[kind] else 0,
            importer.holds_health_data,
        )

    @property
    def patients(self) -> Iterable[int]:
        """Whose data is shown."""
        return [line["patient"] for line in self.lines if line.get("patient")]


def _with_old(lines: list[dict[str, Any]], importer: type[Importer]) -> list[dict[str, Any]]:
    """The lines, with what is there and what would be in the order of the columns."""
    names = [column.name for column in importer.columns]
    for line in lines:
        cells = line.get("cells", {})
        line["changes"] = [(name, *cells[name]) for name in names if name in cells]
    return lines
