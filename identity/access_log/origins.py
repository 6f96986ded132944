"""Who makes a request, by what and why: for the history of what it changes (core/history/)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from core.history.origin import origin
from core.web.middleware import METHODS
from identity.access_log.reasons import header_of

Next = Callable[[HttpRequest], HttpResponse]


class OriginMiddleware:
    """Lets every change in a request be recorded as its caller's."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        with origin(partial(facts_of, request)):
            return self.get_response(request)


def facts_of(request: HttpRequest) -> dict[str, str]:
    """The caller, once it is known; the address as its pattern, which names nobody; the reason
    that was given for looking, or by the header `Access-Reason`."""
    method = request.method if request.method in METHODS else "other"
    route = request.resolver_match.route if request.resolver_match else ""
    return {
        "actor": str(getattr(_caller(request), "actor", "")),
        "request": f"{method} {route}",
        "reason": getattr(request, "access_reason", "") or header_of(request),
    }


def _caller(request: HttpRequest) -> Any:
    """Whom a token names, or a session; asks nobody who was not asked for yet."""
    user = request.__dict__.get("user")
    return request.__dict__.get("_cached_user") if isinstance(user, SimpleLazyObject) else user
