"""A fresh sign-in, before what would outlive a stolen session: passwords, people, API clients.

It is asked for when a form is opened, so that nothing typed is lost: who has opened one within five
minutes of signing in may send it for half an hour more. The signed token of the drawn form says so
(`core/admin/form_tokens.py`); a session that is stolen later can open none.
"""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import auth
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from core.admin.dialogs import go_to
from core.admin.form_tokens import token_of
from core.database import clock
from identity.models import User
from identity.sign_in.views import to_login

BEGUN = "signed_in_at"
FRESH_FOR = 300.0  # seconds, for opening a form
TIME_TO_ANSWER = 600.0  # seconds more, for sending what is short
TIME_TO_FILL = 1800.0  # seconds more, for sending a form that was opened in time
ASKS = "Sign in again first: this needs to be you, and not a session that was left open."
# Forms to be filled: whoever may send one is asked when it is opened. And all that may be sent.
_OPENED = re.compile(
    r"/admin/(?P<app>identity|auth)/(?P<model>user|serviceclient|linkedaccount|group)/"
    r"((?P<add>add)|[^/]+/(change|password))/\Z"
)
_SENT = re.compile(
    r"/admin/(identity/(user|serviceclient|linkedaccount)/.*|auth/group/.*|second-factor/"
    r"|password_change/)\Z"
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
        dialog = bool(request.headers.get("HX-Request"))
        after = f"{request.path.rsplit('/', 2)[0]}/change/" if dialog else request.path
        asked = to_login(request, ASKS, after)
        return go_to(request, asked.headers["Location"])

    return respond


def _is_due(request: HttpRequest) -> bool:
    opened = _OPENED.match(request.path_info)
    sent = request.method == "POST" and _SENT.match(request.path_info)
    if not (opened or sent) or not request.user.is_authenticated:
        return False
    begun = float(request.session.get(BEGUN, 0.0))
    if not sent:
        may = request.user.has_perm(_permission(opened)) if opened else False
        return may and clock.seconds() - begun > FRESH_FOR
    filled = bool(opened) and _was_opened_since(request, begun)
    return clock.seconds() - begun > FRESH_FOR + (TIME_TO_FILL if filled else TIME_TO_ANSWER)


def _permission(opened: re.Match[str]) -> str:
    return f"{opened['app']}.{opened['add'] or 'change'}_{opened['model']}"


def _was_opened_since(request: HttpRequest, begun: float) -> bool:
    """Whether this form was drawn for this person in this session; opening it was asked for."""
    token = token_of(request)
    return token is not None and token.drawn_at >= begun
