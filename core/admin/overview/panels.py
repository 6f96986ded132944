"""Panels: short lists of what belongs to a row, each from the app that knows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

MOST_LINES = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: what it is, where its page is, the state it is in, and what else to know of it.

    `colour` is that of the state, as labels have it: info, success, warning or danger. `links` are
    more texts with their addresses, `dialogs` those that open above the page. A timeline shows
    `at`, too.
    """

    text: str
    link: str = ""
    state: str = ""
    colour: str = ""
    facts: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()
    dialogs: Sequence[tuple[str, str]] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """Things that belong to a row, for whoever has the `permission`.

    `lines` gives MOST_LINES and one more at most: more are behind `all_of`, the address of a list.
    Panels stand in the order of their `place`.
    """

    title: str
    permission: str
    lines: Callable[[HttpRequest, Any], Sequence[Line]]
    all_of: Callable[[Any], str] | None = None
    empty: str = "None."
    place: int = 50


@dataclass(frozen=True, slots=True)
class ShownPanel:
    """A panel as it is drawn. `more` is the address of the list of all; empty when all are here."""

    title: str
    empty: str
    lines: Sequence[Line] = field(default_factory=list)
    more: str = ""


def shown_panels(panels: Sequence[Panel], request: HttpRequest, row: Any) -> list[ShownPanel]:
    """The panels that this person may see, filled."""
    allowed = [panel for panel in panels if request.user.has_perm(panel.permission)]
    return [_filled(panel, request, row) for panel in sorted(allowed, key=lambda p: p.place)]


def _filled(panel: Panel, request: HttpRequest, row: Any) -> ShownPanel:
    lines = panel.lines(request, row)
    more = panel.all_of(row) if panel.all_of and len(lines) > MOST_LINES else ""
    return ShownPanel(panel.title, panel.empty, lines[:MOST_LINES] if more else lines, more)


def page_of(row: Model) -> str:
    """The address of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def linked(row: Model, text: str = "") -> SafeString:
    """The row's name, or a text, as a link to its page."""
    return format_html('<a class="text-link" href="{}">{}</a>', page_of(row), text or row)


def list_of(model: type[Model], **narrowed: Any) -> str:
    """The address of a list, narrowed by these parameters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(narrowed)}" if narrowed else address
