"""How the exceptions queue is filtered in the admin."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from core import cases
from core.cases import Kind
from core.database import clock
from desk.exceptions.due_times import overdue

AGES = {"1": "more than an hour", "24": "more than a day", "72": "more than three days"}


def visible_kinds(request: HttpRequest) -> list[Kind]:
    """The kinds that this person may see."""
    return [kind for kind in cases.kinds() if request.user.has_perm(kind.view_permission)]


class OpenFilter(admin.SimpleListFilter):
    """The open ones, unless others are asked for."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Beside the open ones."""
        return [("open", "open"), ("snoozed", "snoozed"), ("closed", "closed"), ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        """Without Django's own “All”: nothing chosen means the open ones."""
        for value, label in self.lookup_choices:
            chosen = (self.value() or "open") == str(value)
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": chosen, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The cases in this status."""
        if self.value() == "all":
            return queryset
        if self.value() == "closed":
            return queryset.filter(closed_at__isnull=False)
        waits = queryset.filter(closed_at=None)
        return (
            waits.exclude(cases.awake())
            if self.value() == "snoozed"
            else waits.filter(cases.awake())
        )


class AssigneeFilter(admin.SimpleListFilter):
    """By who sees to it, and by what is late."""

    title = "seen to by"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """In relation to who asks."""
        return [("me", "me"), ("nobody", "nobody"), ("others", "others"), ("late", "late ones")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The cases of these."""
        me = request.user.actor if request.user.is_authenticated else ""
        wanted = {
            "me": Q(assignee=me),
            "nobody": Q(assignee=""),
            "others": ~Q(assignee__in=["", me]),
            "late": overdue(),
        }
        return queryset.filter(wanted.get(self.value() or "", Q()))


class KindFilter(admin.SimpleListFilter):
    """By kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The kinds that this person may see."""
        return [(kind.name, kind.label) for kind in visible_kinds(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The cases of this kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class AgeFilter(admin.SimpleListFilter):
    """By how long ago it was opened."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """In hours."""
        return list(AGES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The cases of this age."""
        hours = self.value()
        if hours not in AGES:
            return queryset
        return queryset.filter(opened_at__lt=clock.now() - timedelta(hours=int(hours)))


class SourceFilter(admin.SimpleListFilter):
    """By provider or channel: those that have open cases."""

    title = "provider"
    parameter_name = "source"
    open_ended = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The sources of what is open."""
        open_ones = model_admin.get_queryset(request).filter(closed_at=None)
        names = open_ones.order_by("source").values_list("source", flat=True).distinct()
        return [(name, name) for name in names if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The cases from there."""
        return queryset.filter(source=self.value()) if self.value() else queryset
