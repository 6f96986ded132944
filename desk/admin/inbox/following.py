"""Which case comes next, once somebody is done with one: within the list that they came from."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from core import cases
from core.cases.models import Case
from core.values.text import lenient
from desk.exceptions.rights import kinds_of

KEPT = "_changelist_filters"  # Django's name for the list's own address


def next_case(request: HttpRequest, case: Case) -> Case | None:
    """The next older one that nobody else has, which this person may act on; then from the top."""
    waiting = _waiting(request).exclude(pk=case.pk).order_by("opened_at", "id")
    behind = Q(opened_at__gt=case.opened_at) | Q(opened_at=case.opened_at, pk__gt=case.pk)
    return waiting.filter(behind).first() or waiting.first()


def address_of(request: HttpRequest, case: Case | None) -> str:
    """The page of a case, or the queue; it still knows the list."""
    if case is None:
        kept = request.GET.get(KEPT, "")
        queue = reverse("admin:core_case_changelist")
        return f"{queue}?{kept}" if kept else queue
    return reverse("admin:core_case_change", args=[case.pk]) + query_of(request)


def query_of(request: HttpRequest) -> str:
    """What is put behind the addresses of a case's pages, so that they know the list."""
    kept = request.GET.get(KEPT, "")
    return f"?{urlencode({KEPT: kept})}" if kept else ""


def _waiting(request: HttpRequest) -> QuerySet[Case]:
    user: Any = request.user
    rows = Case.objects.filter(cases.awake(), closed_at=None, assignee__in=("", user.actor))
    rows = rows.filter(kind__in=[kind.name for kind in kinds_of(request)])
    narrowed = parse_qs(request.GET.get(KEPT, ""))
    for name in ("kind", "source"):
        if values := narrowed.get(name):
            rows = rows.filter(**{name: lenient(values[0])})
    return rows
