"""Default deny, over every address: a new endpoint is closed until it says otherwise."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from identity.bearer import BearerAuthentication
from identity.permissions import HasScope, scopes_needed
from identity.scopes import SCOPES

# What answers without a bearer token, and why.
OPEN = {
    "": "leads to the admin",
    "livez": "asked by the machine that runs us",
    "readyz": "asked by the machine that runs us",
    "metrics": "asked by the machine that measures us",
    "api/schema/": "says what there is, not what is in it",
    "api/docs/": "the same, for people",
    "admin/login/": "the way in",
    "admin/logout/": "the way out",
    "oidc/authenticate/": "the way in",
    "oidc/callback/": "the way in",
    "oidc/logout/": "the way out",
}
OPEN_BELOW = {"api/v1/webhooks/": "a secret of the provider's own instead (C2)"}
METHODS = ("get", "post", "put", "patch", "delete")


def endpoints(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every address as a route, with its view."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


ENDPOINTS = dict(endpoints(get_resolver().url_patterns))
API = {route: view for route, view in ENDPOINTS.items() if route.startswith("api/v1/")}
GUARDED = {route: view for route, view in API.items() if not route.startswith(tuple(OPEN_BELOW))}


def example(route: str) -> str:
    """An address of that route: every part of it is 1."""
    return "/" + re.sub(r"<(?:\w+:)?\w+>", "1", re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route))


def methods_of(view: Any) -> list[str]:
    """The methods that this endpoint answers."""
    actions = getattr(view, "actions", None)
    return [name for name in METHODS if (name in actions if actions else hasattr(view.cls, name))]


def test_there_is_an_api_to_look_at():
    assert len(GUARDED) > 5


@pytest.mark.parametrize("route", sorted(GUARDED))
def test_every_view_takes_bearer_tokens_only_and_names_its_scopes(route):
    view = GUARDED[route]
    built = view.cls(**getattr(view, "initkwargs", {}))
    assert built.authentication_classes == [BearerAuthentication]
    assert HasScope in built.permission_classes
    for method in methods_of(view):
        needed = scopes_needed(built, method.upper())
        assert needed, f"{method} {route} names no scope"
        assert set(needed) <= set(SCOPES)


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(GUARDED))
def test_nobody_gets_in_without_a_token(route):
    for method in methods_of(GUARDED[route]):
        answer = getattr(APIClient(), method)(example(route), {}, format="json")
        assert answer.status_code == 401, f"{method} {route}"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(GUARDED))
def test_nobody_gets_in_with_a_token_for_nothing(route, api):
    client = api("")
    for method in methods_of(GUARDED[route]):
        answer = getattr(client, method)(example(route), {}, format="json")
        assert answer.status_code == 403, f"{method} {route}"
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(set(API) - set(GUARDED)))
def test_webhooks_refuse_who_has_no_secret(route):
    answer = APIClient().post(example(route), {}, format="json")
    assert answer.status_code in (401, 403, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(set(ENDPOINTS) - set(API) - set(OPEN)))
def test_every_page_of_the_admin_asks_who_it_is(route, client):
    answer = client.get(example(route))
    assert answer.status_code in (302, 403, 404, 405), route
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith("/admin/login/")
