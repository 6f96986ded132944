"""How soon exceptions are due, by their kind: set by staff, or as it comes with Dosette."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from core import cases
from core.admin.pages import ModelAdmin
from desk.admin.filters import visible_kinds
from desk.models import CaseDueTime


@admin.register(CaseDueTime)
class DueTimeAdmin(ModelAdmin):
    """A row for each kind that this person may see."""

    list_display = ["shown_kind", "within", "as_it_comes"]
    list_display_links = ["shown_kind"]
    sortable_by: list[str] = []
    actions = None
    fields = ["shown_kind", "hours", "as_it_comes"]
    readonly_fields = ["shown_kind", "as_it_comes"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CaseDueTime]:
        """Those of the kinds that this person may see."""
        names = [kind.name for kind in visible_kinds(request)]
        rows: QuerySet[CaseDueTime] = super().get_queryset(request).filter(kind__in=names)
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with a row for each kind."""
        if self.has_view_permission(request):
            known = set(CaseDueTime.objects.values_list("kind", flat=True))
            new = [CaseDueTime(kind=kind.name) for kind in cases.kinds() if kind.name not in known]
            CaseDueTime.objects.bulk_create(new, ignore_conflicts=True)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    @display(description="kind")
    def shown_kind(self, row: CaseDueTime) -> str:
        """The kind, in words."""
        return cases.kind(row.kind).label

    @display(description="due within")
    def within(self, row: CaseDueTime) -> str:
        """What holds now."""
        return f"{row.hours} h" if row.hours else f"{_default(row)} h"

    @display(description="as it comes with Dosette")
    def as_it_comes(self, row: CaseDueTime) -> str:
        """What holds as long as nobody sets another time."""
        return f"{_default(row)} h"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Each kind has one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An empty one is as it comes."""
        return False


def _default(row: CaseDueTime) -> int:
    return int(cases.kind(row.kind).due_within.total_seconds() // 3600)
