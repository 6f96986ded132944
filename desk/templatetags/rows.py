"""The rows of the admin's lists, drawn as the theme draws them, but what all rows of a list share
is worked out once: the theme's own tag makes each heading anew for every row."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from unfold.templatetags.unfold_list import (
    CHECKBOX_CLASSES,
    LINK_CLASSES,
    ROW_CLASSES,
    result_headers,
)
from unfold.utils import (
    display_for_dropdown,
    display_for_field,
    display_for_header,
    display_for_label,
    display_for_value,
)

register = template.Library()

_PLAIN = {str, bool, type(None)}  # no SafeString: it equals a text that must be escaped
_DATES = (datetime.date, datetime.time)
_DATE_FIELDS = (models.DateField, models.TimeField, models.ForeignKey)


@register.inclusion_tag("admin/change_list_results.html", takes_context=True)
def result_rows(context: Any, cl: ChangeList) -> dict[str, Any]:
    """The table of a list: its headings, and each row as HTML."""
    headers = list(result_headers(cl))
    rows = Rows(cl, [header["text"] for header in headers])
    return {
        "cl": cl,
        "result_headers": headers,
        "num_sorted_fields": sum(bool(each["sortable"] and each["sorted"]) for each in headers),
        "results": [rows.cells(result) for result in cl.result_list],
        "has_add_permission": cl.model_admin.has_add_permission(context["request"]),
    }


@dataclass(frozen=True)
class Column:
    """What the cells of a column share: how they begin, one line or more, and how they end."""

    name: str
    is_link: bool
    begin: str
    begin_one_line: str
    end: str


class Rows:
    """Draws the rows of one list, whose columns are called as `texts` say."""

    def __init__(self, cl: ChangeList, texts: list[Any]) -> None:
        self.cl = cl
        self.admin = cl.model_admin
        self.empty = self.admin.get_empty_value_display()
        links = list(cl.list_display_links or ())
        shown = [name for name in cl.list_display if name in links]
        self.columns = [
            _column(place, name, texts[place], "" if name not in links else shown[0])
            for place, name in enumerate(cl.list_display)
        ]
        self._kept: dict[Any, Any] = {}
        self._filters: str | None = None

    def cells(self, result: Any) -> SafeString:
        """The row's cells."""
        link = self._link(result)
        return mark_safe("".join(self._cell(column, result, link) for column in self.columns))  # noqa: S308 - each cell is escaped

    def _cell(self, column: Column, result: Any, link: str) -> str:
        shown, one_line = self._shown(column.name, result)
        text: str = conditional_escape(shown)
        if column.is_link and link:
            text = f"{link}{text}</a>"
        return f"{column.begin_one_line if one_line else column.begin}{text}{column.end}"

    def _link(self, result: Any) -> str:
        """How a link to the row's page begins; empty if it has none."""
        try:
            url = self.cl.url_for_result(result)
        except NoReverseMatch:
            return ""
        if self._filters is None:  # the same of every row: the list to come back to
            own: Any = {"preserved_filters": self.cl.preserved_filters, "opts": self.cl.opts}
            self._filters = add_preserved_filters(own, url).removeprefix(url)
        key = self.cl.to_field or self.cl.lookup_opts.pk.attname
        opener: Any = ""
        if self.cl.is_popup:
            opener = format_html(' data-popup-opener="{}"', result.serializable_value(str(key)))
        return format_html(
            '<a href="{}{}" class="{}" {}>', url, self._filters, " ".join(LINK_CLASSES), opener
        )

    def _shown(self, name: str, result: Any) -> tuple[Any, bool]:
        """What a cell shows, and whether it stays on one line, as dates do."""
        try:
            field, attr, value = lookup_field(name, result, self.admin)
        except ObjectDoesNotExist:
            return self.empty, False
        empty = getattr(attr, "empty_value_display", self.empty)
        if field is None or field.auto_created:
            return self._computed(name, result, attr, value, empty), isinstance(value, _DATES)
        one_line = isinstance(field, _DATE_FIELDS)
        if isinstance(field.remote_field, models.ManyToOneRel):
            other = getattr(result, field.name)
            return empty if other is None else other, one_line
        if isinstance(field, models.BooleanField):
            return self._once(name, value, lambda: display_for_field(value, field, empty)), one_line
        return display_for_field(value, field, empty), one_line

    def _computed(self, name: str, result: Any, attr: Any, value: Any, empty: str) -> Any:
        if label := getattr(attr, "label", False):
            return self._once(name, value, lambda: display_for_label(value, empty, label))
        if getattr(attr, "dropdown", False):
            return display_for_dropdown(result, name, value, empty)
        if getattr(attr, "header", False):
            return display_for_header(value, empty)
        if getattr(attr, "boolean", False):
            return self._once(name, value, lambda: display_for_value(value, empty, boolean=True))
        return display_for_value(value, empty)

    def _once(self, name: str, value: Any, draw: Callable[[], Any]) -> Any:
        """What a template draws, drawn once for each value of a column."""
        parts = value if isinstance(value, tuple) else (value,)
        if any(type(part) not in _PLAIN for part in parts):
            return draw()
        if (name, value) not in self._kept:
            self._kept[name, value] = draw()
        return self._kept[name, value]


def _column(place: int, name: Any, text: Any, first_link: Any) -> Column:
    """The column; `first_link` is the first that links to the row, empty if this one does not."""
    tag = "th" if first_link == name else "td"
    classes = [f"field-{getattr(name, '__name__', name)}", *ROW_CLASSES]
    if name == "action_checkbox":
        classes = CHECKBOX_CLASSES
    label = text if place or first_link else _("Select record")
    begin = '<{} class="{}" data-label="{}">'
    return Column(
        name,
        bool(first_link),
        format_html(begin, tag, " ".join(classes), label),
        format_html(begin, tag, " ".join([*classes, "nowrap"]), label),
        f"</{tag}>",
    )
