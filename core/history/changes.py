"""A history as it is read: each change with what it made of which field, the latest first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.timezone import localtime

from core.history.tracking import CHANGED, CREATED, DELETED, HistoryRow

Values = Mapping[str, Any]
# The version says how often, which the list shows anyhow.
NOT_SHOWN = ("id", "version")
NOTHING: Any = None
# Stands for both values of a field that an erasure has emptied: which one it was stays.
ERASED: Any = "erased"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What became of one field: its values as the model has them; None for none."""

    field: Any
    old: Any
    new: Any

    @property
    def label(self) -> str:
        """What people call the field."""
        return capfirst(str(self.field.verbose_name))


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a history, and the fields that it made others."""

    row: Any
    fields: Sequence[FieldChange]

    def said(self, name: str) -> str:
        """What was said with it: `actor`, `request`, `request_id`, `task`, `command`, `reason`."""
        if name == "reason" and (reason := getattr(self.row, "pgh_reason", None)):
            return str(reason)
        return str((self.row.pgh_context or {}).get(name, ""))


def changes(rows: Iterable[HistoryRow]) -> list[Change]:
    """The changes that these rows of one history are: neighbours in time, the latest first."""
    page = list(rows)
    if not page:
        return []
    history: Any = type(page[0])
    names = [
        field.name
        for field in history._meta.concrete_fields
        if not field.name.startswith("pgh_") and field.name not in NOT_SHOWN
    ]
    after = _afterwards(history, page)
    result = []
    for row in page:
        result.append(Change(row, _fields(row, after.get(row.id), names)))
        after[row.id] = row
    return result


def _fields(row: Any, after: Any, names: Iterable[str]) -> list[FieldChange]:
    """What the row's change made others."""
    before = None if row.pgh_label == CREATED else row
    after = {CREATED: row, CHANGED: after, DELETED: None}[row.pgh_label]
    meta = row.pgh_tracked_model._meta
    fields = [meta.get_field(name) for name in names]
    erased = (row.pgh_context or {}).get("erased", ())
    pairs = [
        (field, ERASED, ERASED)
        if field.name in erased
        else (field, _value(before, field), _value(after, field))
        for field in fields
    ]
    return [
        FieldChange(*each)
        for each in pairs
        if each[1] is ERASED or (each[1] or "") != (each[2] or "")
    ]


def _value(row: Any, field: Any) -> Any:
    return NOTHING if row is None else getattr(row, field.attname)


def _afterwards(history: Any, page: Sequence[Any]) -> dict[int, Any]:
    """The key of each record of a page -> what the latest of these changes made of it.

    The next change says it, or the record itself, which is read first: no change falls between.
    """
    keys = {row.id for row in page}
    after: dict[int, Any] = history.pgh_tracked_model._default_manager.in_bulk(keys)
    later = history.objects.filter(id__in=keys, pgh_id__gt=page[0].pgh_id)
    after |= {row.id: row for row in later.order_by("id", "pgh_id").distinct("id")}
    return after


def plain(value: Any) -> Any:
    """A value for JSON: as text, but for numbers, booleans and none."""
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | list) else str(value)


def readable(change: FieldChange, value: Any, names: Mapping[Any, str]) -> str:
    """A value as people read it; `names` has what foreign keys stand for."""
    field: Any = change.field
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{localtime(value):%d %b %Y, %H:%M}"
    if field.is_relation:
        return names.get((field, value)) or f"{field.related_model._meta.verbose_name} {value}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    return str(dict(field.flatchoices).get(value, value))


def names_of_keys(history: type[HistoryRow], these: Iterable[Change]) -> dict[Any, str]:
    """What the foreign keys in these changes stand for, where a name of theirs may be shown."""
    names: dict[Any, str] = {}
    parts = [part for change in these for part in change.fields]
    for name, column in history.named_by.items():
        field: Any = history.pgh_tracked_model._meta.get_field(name)
        keys = {key for part in parts if part.field == field for key in (part.old, part.new)}
        related: models.QuerySet[Any] = field.related_model._default_manager.filter(pk__in=keys)
        names |= {(field, pk): str(text) for pk, text in related.values_list("pk", column)}
    return names
