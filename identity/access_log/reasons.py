"""Why somebody looks at health data: asked of those who treat nobody (`treats` in roles.py).

In the admin a page asks once per patient, and once for lists and searches, in each session; a
button answers it. API requests say it in the header `Access-Reason`.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from core.values import text
from identity.models import User
from identity.rights.roles import ROLES

LISTS = "lists"  # the key of a reason that is for lists and searches
LONGEST = 200
MOST_KEPT = 200
HEADER = "Access-Reason"
USUAL = (
    "Audit",
    "The patient asked for their data",
    "A complaint is looked into",
    "A technical fault is looked into",
)
TREATING = [name for name, role in ROLES.items() if role.treats]


def needs_access_reason(user: Any) -> bool:
    """Whether this person treats nobody. For programs it is voluntary: their name says it."""
    if not isinstance(user, User):
        return False
    known: Any = user  # asked once for each request
    if not hasattr(known, "treats_patients"):
        known.treats_patients = user.groups.filter(name__in=TREATING).exists()
    return not known.treats_patients


def header_of(request: Any) -> str:
    """The reason that an API request gives, fit to be kept."""
    return clean(text.header(request.headers.get(HEADER, "")))


def clean(given: str) -> str:
    """A reason on one line, cut to what is kept; empty when it shows nothing."""
    return text.lenient(given)[:LONGEST].strip()


def given_reason(request: HttpRequest, key: Any) -> str:
    """The reason that was given in this session, for a patient's key or LISTS; "" for none."""
    session = getattr(request, "session", {})
    return str(session.get("access_reasons", {}).get(str(key), ""))


def page_for(request: HttpRequest, key: Any) -> HttpResponse | None:
    """The page that asks for the reason, where one is due and was not given yet."""
    if not needs_access_reason(request.user) or given_reason(request, key):
        return None
    after = request.get_full_path() if request.method == "GET" else request.path
    query = urlencode({"for": key, "next": after})
    return HttpResponseRedirect(f"{reverse('access_reason')}?{query}")


@never_cache
@admin.site.admin_view
def ask(request: HttpRequest) -> HttpResponse:
    """Asks why, remembers it for this session, and goes on to where the person was going."""
    key, after = request.GET.get("for", "")[:20], request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure()):
        after = reverse("admin:index")
    reason = clean(request.POST.get("reason", "") or request.POST.get("other", ""))
    if request.method == "POST" and reason:
        kept = request.session.get("access_reasons", {}) | {key: reason}
        request.session["access_reasons"] = dict(list(kept.items())[-MOST_KEPT:])
        return HttpResponseRedirect(after)
    context = admin.site.each_context(request) | {
        "title": "Why are you looking?",
        "about": "these lists" if key == LISTS else "this patient",
        "usual": USUAL,
        "longest": LONGEST,
        "missing": request.method == "POST",
    }
    return TemplateResponse(request, "admin/access_reason.html", context)
