"""Where somebody is signed in, as a page: one's own, and that of a person whom one may change."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from unfold.decorators import action

from core.admin.pages import ModelAdmin
from core.values.keys import is_key
from identity.models import User
from identity.sessions import open_sessions

ALL = "all"


@method_decorator([never_cache, admin.site.admin_view], "dispatch")
class OwnSessions(View):
    """One's own sessions: ends one of them, or all but this one."""

    def get(self, request: Any) -> HttpResponse:
        """The list."""
        return _page(request, request.user)

    def post(self, request: Any) -> HttpResponse:
        """End what was chosen."""
        person = User.objects.get(pk=request.user.pk)
        if request.POST.get("end") == ALL:
            open_sessions.end_others(request, person)
            _noted(request, person, "Ended all other sessions.")
        else:
            _end_one(request, person)
        return redirect("own_sessions")


class SessionsOfPerson(ModelAdmin):
    """The sessions of somebody, on a page of theirs in the admin."""

    @action(description="Sessions", icon="devices", permissions=["sign_out"])
    def sessions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The list; a post ends one of them."""
        if not is_key(object_id):
            raise PermissionDenied
        person = get_object_or_404(User, pk=object_id)
        if request.method != "POST":
            return _page(request, person)
        _end_one(request, person)
        return redirect("admin:identity_user_sessions", object_id=object_id)


def _end_one(request: HttpRequest, person: User) -> None:
    chosen = request.POST.get("end", "")
    if is_key(chosen) and open_sessions.end(person, chosen):
        _noted(request, person, "Ended a session.")


def _noted(request: HttpRequest, person: User, what: str) -> None:
    """Say so here, and in the person's history."""
    admin.site.get_model_admin(User).log_change(request, person, what)
    messages.success(request, what)


@never_cache
def _page(request: HttpRequest, person: User) -> HttpResponse:
    is_own = person.pk == request.user.pk
    this = request.session.session_key
    context = admin.site.each_context(request) | {
        "title": "Where you are signed in" if is_own else f"Where {person} is signed in",
        "browsers": open_sessions.browsers_of(person, this=this),
        "is_own": is_own,
        "person": person,
    }
    return TemplateResponse(request, "admin/sessions.html", context)
