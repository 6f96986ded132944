"""Above a list: its saved views, what it comes to, and the form that saves a view."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core.admin.list_filters import UnreadableListError
from core.values.text import line
from desk.lists.asked import AdminList, kept
from desk.lists.totals import totals
from desk.models import SavedView
from identity.models import User

MOST_VIEWS = 30  # of one list and person
LONGEST_NAME, LONGEST_QUERY = 60, 1000


@never_cache
@admin.site.admin_view
@require_http_methods(["GET", "HEAD", "POST"])
def above(request: HttpRequest) -> HttpResponse:
    """What stands above the list that `of` names, narrowed as the rest of the address says.

    A POST saves a view of it. Raises Http404 and PermissionDenied as the list itself does.
    """
    if request.method == "POST":
        return _save(request)
    asked = request.GET.copy()
    of = AdminList(asked.pop("of", [""])[-1], request)
    query = asked.urlencode()
    context = {
        "views": list(_seen(request).filter(model=of.label).select_related("owner")),
        "totals": _totals(of, query),
        "of": of.label,
        "query": kept(query),
        "address": of.address(query),
    }
    if "HX-Request" in request.headers:
        return TemplateResponse(request, "admin/desk/above_list.html", context)
    frame = admin.site.each_context(request) | {"title": "Views and totals"}
    return TemplateResponse(request, "admin/desk/lists.html", frame | context)


@never_cache
@admin.site.admin_view
@require_http_methods(["GET", "HEAD", "POST"])
def saved_view(request: HttpRequest, view: int) -> HttpResponse:
    """To the list as it was saved; a POST removes the view, for whoever saved it.

    What the list cannot read any more is left out, with a sentence. Raises Http404 for a view that
    this person does not see.
    """
    row = get_object_or_404(_seen(request), pk=view)
    of = AdminList(row.model, request)
    if request.method == "POST":
        if row.owner_id != request.user.pk:
            raise PermissionDenied
        row.delete()
        messages.success(request, "The view is removed.")
        return HttpResponseRedirect(of.address())
    query, unknown = of.readable(row.query)
    if unknown:
        text = f"This view also asked for {', '.join(unknown)}, which this list does not know any "
        messages.warning(
            request, f"{text}more. That is left out: there may be more rows than before."
        )
    return HttpResponseRedirect(of.address(query))


def _seen(request: HttpRequest) -> QuerySet[SavedView]:
    """Their own, and those that others share."""
    return SavedView.objects.filter(Q(owner=cast(User, request.user)) | Q(is_shared=True))


def _totals(of: AdminList, query: str) -> str:
    """What a narrowed list comes to; nothing for health data, where a count may name somebody."""
    if of.holds_health_data:
        return ""
    try:
        changelist = of.changelist(query)
    except UnreadableListError:
        return ""
    is_narrowed = changelist.query or changelist.get_filters_params()
    return totals(changelist.queryset, of.page.list_sums) if is_narrowed else ""


def _save(request: HttpRequest) -> HttpResponse:
    given = request.POST
    of = AdminList(given.get("of", ""), request)
    query = kept(given.get("query", ""))
    try:
        _keep(request, of, query, line(given.get("name", "")))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        query, _ = of.readable(query)
    else:
        messages.success(request, "The view is saved.")
    return HttpResponseRedirect(of.address(query))


def _keep(request: HttpRequest, of: AdminList, query: str, name: str) -> None:
    """Keep the view; one of the same name is replaced. Raises ValidationError."""
    if not name or len(name) > LONGEST_NAME:
        raise ValidationError(f"Give the view a name of at most {LONGEST_NAME} characters.")
    if len(query) > LONGEST_QUERY or of.readable(query)[1]:
        raise ValidationError("These filters cannot be saved.")
    owned = SavedView.objects.filter(owner=cast(User, request.user), model=of.label)
    if owned.exclude(name=name).count() >= MOST_VIEWS:
        raise ValidationError(f"You have {MOST_VIEWS} views of this list: remove one first.")
    shown: dict[str, Any] = {"query": query, "is_shared": "is_shared" in request.POST}
    owned.update_or_create(
        owner=cast(User, request.user), model=of.label, name=name, defaults=shown
    )
