"""The history page of a record: what was changed by whatever way, not by the admin alone."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import models
from django.http import HttpRequest

from core.admin.changes.lines import Kept, Line, kept_of, lines_of
from core.bases import MixinBase
from core.workflow import Event

LINES = 25
MOST_PAGES = 10_000


class HistoryPage(MixinBase):
    """For pages of the admin: the history that triggers keep, else the record's own events."""

    object_history_template: Any = "admin/core/history.html"

    def history_view(self, request: HttpRequest, object_id: str, extra: Any = None) -> Any:
        """What was changed; looked up when the page is drawn, so once it was allowed."""
        sections = partial(_sections, self.model, object_id, request)
        return super().history_view(request, object_id, {**(extra or {}), "sections": sections})


def _sections(model: Any, object_id: str, request: HttpRequest) -> list[dict[str, Any]]:
    """Each history with a page of its lines, and the numbers of the pages before and after."""
    kept = kept_of(model, object_id)
    if not kept:
        return list(_of_events(model, object_id, request))
    return [_section(each, request) for each in kept]


def _section(kept: Kept, request: HttpRequest) -> dict[str, Any]:
    name = kept.model._meta.model_name or ""
    rows, pages = _page(kept.rows, name, request)
    return {"title": kept.title, "name": name, "lines": lines_of(kept.model, rows), **pages}


def _page(rows: Any, name: str, request: HttpRequest) -> tuple[list[Any], dict[str, int | None]]:
    """The rows of the page that the address asks for, and its neighbours' numbers."""
    asked = request.GET.get(name, "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    number = min(max(number, 1), MOST_PAGES)
    start = (number - 1) * LINES
    page = list(rows[start : start + LINES + 1])
    more = number + 1 if len(page) > LINES else None
    return page[:LINES], {"later": number - 1 or None, "earlier": more}


def _of_events(model: Any, key: str, request: HttpRequest) -> Iterator[dict[str, Any]]:
    """What services have recorded of a row that has no other history."""
    workflow = getattr(model, "WORKFLOW", None)
    name = workflow.event if workflow else "events"
    relations = {each.name: each for each in model._meta.related_objects}
    relation = relations.get(name)
    if relation is None or not issubclass(relation.related_model, Event):
        return
    events: models.QuerySet[Any] = relation.related_model.objects.filter(
        **{relation.field.name: key}
    )
    rows, pages = _page(events.order_by("-id"), "events", request)
    title = str(model._meta.verbose_name).capitalize()
    lines = [_line_of(event) for event in rows]
    yield {"title": title, "name": "events", "lines": lines, **pages}


def _line_of(event: Event) -> Line:
    states = [("State", event.from_state or "—", event.to_state)] if event.to_state else []
    deed = event.kind.replace("-", " ").capitalize()
    return Line(event.at, event.actor, deed, states, event.detail, "")
