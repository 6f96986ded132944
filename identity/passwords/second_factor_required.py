"""Where a second factor is required, who has none comes no further than to its page."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from identity.models import User
from identity.passwords import second_factor

BACKEND = "django.contrib.auth.backends.ModelBackend"
OPEN = ("admin:login", "admin:logout", "admin:jsi18n", "second_factor")


def require_second_factor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: sends those who signed in with a password alone to set up a second factor."""

    def respond(request: HttpRequest) -> HttpResponse:
        if settings.SECOND_FACTOR == "optional" or not _lacks_one(request):
            return get_response(request)
        messages.warning(request, "Set up a second factor first: it is required here.")
        return redirect("second_factor")

    return respond


def _lacks_one(request: HttpRequest) -> bool:
    """Whether this request goes beyond the open pages, on a password alone."""
    if not request.path_info.startswith("/admin/") or request.path in map(reverse, OPEN):
        return False
    if request.session.get(BACKEND_SESSION_KEY) != BACKEND:
        return False
    return isinstance(request.user, User) and not second_factor.is_set_up(request.user)
