"""A fresh sign-in, before what would outlive a stolen session: passwords, people, API clients."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import auth
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from core import clock
from identity.models import User
from identity.sign_in.views import to_login

BEGUN = "signed_in_at"
FRESH_FOR = 300.0  # seconds, for opening a form
TIME_TO_FILL = 600.0  # seconds more, for sending it
ASKS = "Sign in again first: this needs to be you, and not a session that was left open."
# Opened for nothing else; and all that may be sent.
_OPENED = re.compile(r"/admin/identity/(user/add|user/[^/]+/password|serviceclient/add)/\Z")
_SENT = re.compile(
    r"/admin/(identity/(user|serviceclient|linkedaccount)/.*|auth/group/.*|second-factor/)\Z"
)


@receiver(user_logged_in, dispatch_uid="identity.fresh")
def remember(request: HttpRequest, user: User, **_: Any) -> None:
    """When the session began. What the issuer renews without asking anybody begins nothing."""
    request.session.setdefault(BEGUN, clock.seconds())


def require_fresh_sign_in(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: ends a session of more than five minutes where it asks for such a page."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not _is_due(request):
            return get_response(request)
        auth.logout(request)
        return to_login(request, ASKS, request.path)

    return respond


def _is_due(request: HttpRequest) -> bool:
    path = request.path_info
    limit = FRESH_FOR if _OPENED.match(path) else None
    if request.method == "POST" and _SENT.match(path):
        limit = FRESH_FOR + TIME_TO_FILL
    if limit is None or not request.user.is_authenticated:
        return False
    return clock.seconds() - float(request.session.get(BEGUN, 0.0)) > limit
