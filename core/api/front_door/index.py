"""What the API begins with: what there is, where it is described, and where a token comes from."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import get_resolver, reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

ROOT = "api/v1/"
TOKENS = (
    "Get an access token from the OpenID Connect issuer, with your program's client credentials, "
    "and send it as “Authorization: Bearer …”. On your own machine: make -s token."
)
_LIST = re.compile("[a-z-]+/")


@cache
def resources() -> tuple[str, ...]:
    """The names of all lists, in alphabetical order."""
    return tuple(sorted(set(_lists())))


def _lists() -> Iterator[str]:
    patterns: list[Any] = get_resolver().url_patterns
    for app in patterns:
        if str(app.pattern) == ROOT and hasattr(app, "url_patterns"):
            routes = (str(route.pattern) for route in app.url_patterns)
            yield from (route.rstrip("/") for route in routes if _LIST.fullmatch(route))


@require_safe
@cache_control(public=True, max_age=300)
def index(request: HttpRequest) -> JsonResponse:
    """Says what there is; what is in it is for those who have a token."""
    root = request.build_absolute_uri(f"/{ROOT}")
    return JsonResponse(
        {
            "documentation": request.build_absolute_uri(reverse("docs")),
            "schema": request.build_absolute_uri(reverse("schema")),
            "issuer": settings.OIDC_ISSUER,
            "tokens": TOKENS,
            "resources": {name: f"{root}{name}/" for name in resources()},
        }
    )
