"""A timeline: what happened to a row and to what belongs to it, the latest first, page by page.

Each source is read by itself, a page of it, and the pages are merged: so one that is long costs no
more than one that is short, and nobody's right to one source opens another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from core.admin.overview.panels import Line

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Source:
    """Rows with a time (`at`, a column of theirs), for whoever has the `permission`.

    `rows` gives those of the page's row, in any order; `line` words one. `prepare` is given those
    that are shown, at once: for what would cost a statement each.
    """

    name: str
    permission: str
    rows: Callable[[HttpRequest, Any], QuerySet[Any]]
    line: Callable[[Any], Line]
    at: str = "at"
    prepare: Callable[[Sequence[Any]], object] | None = None


class Position(NamedTuple):
    """The last line that was shown: the next page begins behind it."""

    at: datetime
    source: str
    key: int


def read(sources: Sequence[Source], request: HttpRequest, row: Any) -> tuple[list[Line], str]:
    """The lines behind `?before=`, and that parameter for the next page: empty when there is none.

    Raises BadRequest for a `before` that no page of ours has given.
    """
    after = _position(request.GET.get("before", ""))
    allowed = [source for source in sources if request.user.has_perm(source.permission)]
    merged = sorted(
        (
            (Position(getattr(each, source.at), source.name, each.pk), source, each)
            for source in allowed
            for each in _part(source, source.rows(request, row), after)
        ),
        key=lambda entry: entry[0],
        reverse=True,
    )
    shown = merged[:PAGE_SIZE]
    for source in allowed:
        own = [each for _, of, each in shown if of is source]
        if source.prepare and own:
            source.prepare(own)
    lines = [replace(source.line(each), at=position.at) for position, source, each in shown]
    return lines, _parameter(shown[-1][0]) if len(merged) > PAGE_SIZE else ""


def _part(source: Source, rows: QuerySet[Any], after: Position | None) -> QuerySet[Any]:
    """One more than a page of these rows of the source, behind a position."""
    if after is not None:
        same = Q(**{source.at: after.at})
        later = Q(**{f"{source.at}__lt": after.at})
        if source.name < after.source:
            later |= same
        elif source.name == after.source:
            later |= same & Q(pk__lt=after.key)
        rows = rows.filter(later)
    return rows.order_by(f"-{source.at}", "-pk")[: PAGE_SIZE + 1]


def _parameter(position: Position) -> str:
    return f"{position.at.isoformat()}~{position.source}~{position.key}"


def _position(text: str) -> Position | None:
    if not text:
        return None
    try:
        at, source, key = text.split("~")
        position = Position(datetime.fromisoformat(at), source, int(key))
    except ValueError as error:
        raise BadRequest("This page of the timeline does not exist: begin at its top.") from error
    if position.at.tzinfo is None or not 0 < position.key < 2**63:
        raise BadRequest("This page of the timeline does not exist: begin at its top.")
    return position
