"""Panels: who sees them, in which order, and what is behind more of their lines."""

from types import SimpleNamespace
from typing import Any

from django.test import RequestFactory

from core.admin.overview.panels import MOST_LINES, Line, Panel, shown_panels
from core.cases.models import Case


def asked_by(*rights: str) -> Any:
    request: Any = RequestFactory().get("/")
    request.user = SimpleNamespace(has_perm=lambda right: right in rights)
    return request


def so_many(count: int) -> Any:
    return lambda request, row: [Line(f"{row} {number}") for number in range(count)]


def never(request: Any, row: Any) -> list[Line]:
    raise AssertionError("read for somebody who may not see it")


def test_who_may_not_see_a_panel_is_not_shown_it_and_it_is_not_read():
    seen = Panel("Seen", "core.view_case", so_many(1))
    panels = [Panel("Hidden", "core.view_other", never), seen]
    [shown] = shown_panels(panels, asked_by("core.view_case"), "a row")
    assert (shown.title, [line.text for line in shown.lines]) == ("Seen", ["a row 0"])


def test_panels_stand_in_the_order_of_their_places():
    panels = [Panel(str(n), "core.view_case", so_many(0), place=n) for n in (3, 1, 2)]
    shown = shown_panels(panels, asked_by("core.view_case"), Case())
    assert [panel.title for panel in shown] == ["1", "2", "3"]


def test_a_panel_leads_to_the_list_of_all_only_where_it_shows_a_part():
    for count, leads in ((MOST_LINES, ""), (MOST_LINES + 1, "/all/a row")):
        panel = Panel("Cases", "core.view_case", so_many(count), lambda row: f"/all/{row}")
        [shown] = shown_panels([panel], asked_by("core.view_case"), "a row")
        assert (len(shown.lines), shown.more) == (MOST_LINES, leads)
