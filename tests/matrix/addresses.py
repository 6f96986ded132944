"""Every address there is, from the URL configuration and the registry of the admin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from identity.models import User
from identity.tokens.permissions import scopes_needed
from tests.matrix import expectations

API = "api/v1/"
FHIR = "fhir/"
ADMIN = "admin/"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one address of the API."""

    name: str  # "GET patients/{pk}/": its name in the expectations
    method: str
    route: str
    view: Any

    @property
    def model(self) -> Any:
        """The model that it is about."""
        if self.route.startswith(FHIR):
            return self.view.initkwargs["kind"].model
        return self.view.cls.queryset.model

    @property
    def scopes(self) -> str:
        """The scopes that the view itself names."""
        return " ".join(scopes_needed(self.view.cls(**self.view.initkwargs), self.method.upper()))


@cache
def routes() -> dict[str, Any]:
    """Route -> view, all of them."""
    return dict(_walk(get_resolver().url_patterns))


@cache
def endpoints() -> dict[str, Endpoint]:
    """The API and FHIR, by the names of the expectations."""
    found = [
        Endpoint(f"{method.upper()} {_plain(route)}", method, route, view)
        for route, view in routes().items()
        if _wants_token(route, view)
        for method in _methods(view)
    ]
    return {endpoint.name: endpoint for endpoint in found}


@cache
def pages() -> list[str]:
    """The admin's pages and dialogs, below /admin/, as the expectations name them."""
    below = (_plain(route) for route in routes() if route.startswith(ADMIN))
    # Django's own: any other address below /admin/, and an object's address without its page.
    return sorted(
        page for page in below if page != ".*" and not re.fullmatch(r"\w+/\w+/<id>/", page)
    )


@cache
def actions() -> list[str]:
    """The actions of the admin's lists: `orders.order cancel_selected`."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True)  # who is offered all that anybody is
    return sorted(
        f"{model._meta.label_lower} {name}"
        for model, page in admin.site._registry.items()
        for name in page.get_actions(request)
    )


@cache
def completions() -> list[str]:
    """The fields that complete what is typed: `clinical.study.patient`."""
    found = set()
    for model, page in admin.site._registry.items():
        fields: Any
        for owner, fields in [(model, page), *((i.model, i) for i in page.inlines)]:
            found |= {f"{owner._meta.label_lower}.{name}" for name in fields.autocomplete_fields}
    return sorted(found)


@cache
def others() -> list[str]:
    """What is neither API nor admin, and what of FHIR is open to all."""
    return [
        route
        for route, view in routes().items()
        if not route.startswith(ADMIN) and not _wants_token(route, view)
    ]


def _wants_token(route: str, view: Any) -> bool:
    return (route.startswith(API) and route != API) or (
        route.startswith(FHIR) and bool(view.cls.authentication_classes)
    )


def model_of(page: str) -> type[Model] | None:
    """The model that a page of the admin is about."""
    for model in admin.site._registry:
        if page.startswith(f"{model._meta.app_label}/{model._meta.model_name}/"):
            return model
    return None


def _walk(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def _plain(route: str) -> str:
    if route.startswith((API, FHIR)):
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.removeprefix(API))
    route = re.sub(r"\(\?P<app_label>[^)]*\)", "<app>", route.removeprefix(ADMIN))
    route = re.sub(r"\(\?P<\w+>([^)]*)\)", r"\1", route)
    return re.sub(r"<(?:path:)?(?:object_)?id>", "<id>", route)


def _methods(view: Any) -> list[str]:
    actions = getattr(view, "actions", None)
    if actions is None and not hasattr(view, "cls"):
        return ["post"]  # a plain function below /api/v1/: a webhook
    return [name for name in METHODS if (name in actions if actions else hasattr(view.cls, name))]


def _tables() -> dict[str, tuple[set[str], set[str]]]:
    """Table of the expectations -> what there is, what has a line."""
    closed = {name for name in pages() if name not in expectations.OPEN_PAGES}
    guarded = {"identity/user/", "auth/group/", "identity/serviceclient/"}
    mightier = {page for page in closed if page.startswith(tuple(guarded)) and "<id>" in page}
    webhooks = set(expectations.WEBHOOKS)
    return {
        "API": (set(endpoints()), set(expectations.API) | webhooks),
        "PAGES": (closed, set(expectations.PAGES)),
        "MIGHTIER": (mightier, set(expectations.MIGHTIER)),
        "ACTIONS": (set(actions()), set(expectations.ACTIONS)),
        "COMPLETIONS": (set(completions()), set(expectations.COMPLETIONS)),
        "OPEN": (set(others()), set(expectations.OPEN)),
    }


def without_line() -> list[tuple[str, str]]:
    """Table and name of each address that nobody said anything about."""
    return [(table, n) for table, (there, said) in _tables().items() for n in sorted(there - said)]


def without_address() -> list[str]:
    """Lines about something that is not there any more."""
    return [n for there, said in _tables().values() for n in sorted(said - there)]
