"""The page of the search, and its lines alone for the box that every page has."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from core.admin.overview.panels import MOST_LINES, Line
from core.values.text import lenient
from customers.search.customers import LONGEST_SEARCH
from desk.search.asked import Asked
from desk.search.kinds import KINDS, Kind
from identity.access_log import reasons
from identity.access_log.records import record
from identity.models import How

MOST_OF_ONE = 50
TOO_LONG = f"That is too long: search for at most {LONGEST_SEARCH} characters."
TOO_SHORT = "For names and postcodes, type a word of three letters or more."


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind. `more` leads to more of it; empty when that is all."""

    title: str
    lines: list[Line]
    more: str


@never_cache
@admin.site.admin_view
def search(request: HttpRequest) -> HttpResponse:
    """What was found, by kind; of one kind alone where `in` names it.

    Raises Http404 for a kind that this person does not see. What is shown of patients is on record;
    who must say why is asked first.
    """
    given = request.GET.get("s", "")
    text = "" if len(given) > LONGEST_SEARCH else lenient(given)
    most = MOST_OF_ONE if request.GET.get("in") else MOST_LINES
    asked = Asked(request, text, most + 1)
    seen = _kinds(request)
    kinds = [kind for kind in seen if not (kind.is_health and asked.reason_is_due)]
    groups = [_group(kind, asked, most) for kind in kinds] if text else []
    if asked.patients:
        record(request, asked.patients, How.SEARCH, reason=asked.reason)
    context: dict[str, Any] = {
        "typed": given if len(given) <= LONGEST_SEARCH else "",
        "groups": [group for group in groups if group.lines],
        "looked_in": [f"{kind.title.lower()} ({kind.by})" for kind in kinds],
        "is_asked": bool(text),
        "hint": _hint(given, asked),
        "reason_link": _reason_link(request) if len(kinds) < len(seen) else "",
    }
    if "HX-Request" in request.headers:
        return TemplateResponse(request, "admin/desk/search_results.html", context)
    frame = admin.site.each_context(request) | {"title": "Search"}
    return TemplateResponse(request, "admin/desk/search.html", frame | context)


def _kinds(request: HttpRequest) -> list[Kind]:
    """Those that this person may see; the one that the address names."""
    name = request.GET.get("in", "")
    user = request.user
    seen = [kind for kind in KINDS if not kind.permission or user.has_perm(kind.permission)]
    chosen = [kind for kind in seen if name in ("", kind.name)]
    if not chosen:
        raise Http404("There is no such kind.")
    return chosen


def _group(kind: Kind, asked: Asked, most: int) -> Group:
    lines = list(kind.lines(asked))
    more = urlencode({"s": asked.text, "in": kind.name}) if len(lines) > most else ""
    return Group(kind.title, lines[:most], more)


def _reason_link(request: HttpRequest) -> str:
    """To the page that asks why, and back to this search."""
    where = f"{request.path}?{request.GET.urlencode()}"
    return f"{reverse('access_reason')}?{urlencode({'for': reasons.LISTS, 'next': where})}"


def _hint(given: str, asked: Asked) -> str:
    if len(given) > LONGEST_SEARCH:
        return TOO_LONG
    return TOO_SHORT if asked.text and not asked.is_name else ""
