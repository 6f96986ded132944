"""A list of the admin, as somebody sees it: its search, its filters, its rights."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, reduce
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from identity.access_log.records import RecordedAdmin
from identity.models import User

CHUNK = 2_000  # rows in memory at a time
MAY_EXPORT = "transfers.add_export"
NOT_FILTERS = {PAGE_VAR, SEARCH_VAR, "o", "all", "of"}


@dataclass(frozen=True)
class ListOf:
    """A list: the model that it is of, what its address asks, and who looks at it."""

    label: str
    query: str
    user: User

    @cached_property
    def page(self) -> Any:
        """The page of the admin. Raises PermissionDenied for a list that this person may not
        export, or that is none."""
        try:
            page: Any = admin.site.get_model_admin(apps.get_model(self.label))
        except (LookupError, ValueError, NotRegistered) as error:
            raise PermissionDenied from error
        if not page.export_columns or not may_export(self.user, page):
            raise PermissionDenied
        return page

    @property
    def title(self) -> str:
        """What its rows are called."""
        return str(self.page.model._meta.verbose_name_plural)

    @property
    def address(self) -> str:
        """Where it is shown."""
        meta = self.page.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")

    @property
    def holds_health_data(self) -> bool:
        """Whether a read of it is put on record."""
        return isinstance(self.page, RecordedAdmin)

    def rows(self) -> QuerySet[Any]:
        """All rows that match, on every page. Raises BadRequest for an address that is none."""
        changelist = self.page.get_changelist_instance(self._request())
        rows: QuerySet[Any] = changelist.queryset
        return rows

    def chunks(self) -> Iterator[list[Any]]:
        """The same, the newest first, so many at a time and without a transaction around all."""
        rows, last = self.rows().order_by("-pk"), None
        while chunk := list((rows if last is None else rows.filter(pk__lt=last))[:CHUNK]):
            last = chunk[-1].pk
            yield chunk

    def cells(self, row: Any) -> list[str]:
        """The columns of a row, as text."""
        return [written(_value(row, source)) for source in self.page.export_columns.values()]

    def filters(self) -> str:
        """What narrows it, without what somebody typed: that may be a name."""
        asked = QueryDict(self.query)
        named = [f"{name}={asked[name]}" for name in asked if name not in NOT_FILTERS]
        return ", ".join([*named, *(["a search"] if asked.get(SEARCH_VAR) else [])])[:300]

    def _request(self) -> Any:
        request: Any = HttpRequest()
        request.method, request.path, request.user = "GET", self.address, self.user
        asked = QueryDict(self.query, mutable=True)
        for name in (PAGE_VAR, "of"):
            asked.pop(name, None)
        request.GET, request.session = asked, {}
        return request


def may_export(user: Any, page: Any) -> bool:
    """Whether this person may take the page's list along: a right of its own, and to see it."""
    request = HttpRequest()
    request.user = user
    return bool(user.has_perm(MAY_EXPORT) and page.has_view_permission(request))


def written(value: Any) -> str:
    """A value as the files have it: dates by ISO 8601, times in UTC, yes and no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)


def _value(row: Any, source: Any) -> Any:
    """What a column shows: by a function of the row, or the names of attributes with dots."""
    if callable(source):
        return source(row)
    return reduce(
        lambda at, name: None if at is None else getattr(at, name), source.split("."), row
    )
