"""What every request passes through."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware import common
from django.utils.functional import SimpleLazyObject

from core.observability import logs
from core.observability.metrics import Counter, Histogram
from core.web import apis
from core.web.error_pages import page

access = logging.getLogger("core.access")
Next = Callable[[HttpRequest], HttpResponse]

RESPONSES = Histogram(
    "dosette_response_seconds",
    "How long an answer took, by the address's pattern",
    ("route", "method", "status"),
)
REFUSALS = Counter(
    "dosette_webhook_refusals", "Webhooks that were not taken", ("route", "provider", "status")
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
TOO_LARGE = "This file is too large."
TOO_LARGE_ADVICE = (
    "Nothing was read of it, and nothing was done. A file may have 32 MB: split it, or leave out "
    "what is not needed."
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OPEN_DOCUMENTS = ("/api/schema/", "/api/docs/")  # what there is, not what is in it


class RequestLogMiddleware:
    """Gives every request its id, and a line in the log: the address's pattern, never the address.

    The id comes from `X-Request-ID` if it looks like one, and goes back in the same header.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with the id in its header."""
        begun = time.perf_counter()
        request_id = logs.begin(request.META.get("HTTP_X_REQUEST_ID", ""))
        try:
            answer = self.get_response(request)
            answer.headers["X-Request-ID"] = request_id
            access.info("request", extra={"facts": _facts(request, answer, begun)})
            return answer
        finally:
            logs.end()


def _facts(request: HttpRequest, answer: HttpResponse, begun: float) -> dict[str, Any]:
    return {
        "method": request.method if request.method in METHODS else "other",
        "route": request.resolver_match.route if request.resolver_match else "",
        "status": answer.status_code,
        "ms": round((time.perf_counter() - begun) * 1000, 1),
        "who": _who(request),
    }


def _who(request: HttpRequest) -> str:
    """Whose request it was, by key: names are personal. Asks nobody who was not asked for yet."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    key = getattr(user, "pk", None)
    return f"{user._meta.model_name}:{key}" if user is not None and key else ""


class MeasureMiddleware:
    """Times every answer, and counts the webhooks that were refused.

    Only what we have named ourselves becomes a label: a pattern, and a provider that exists.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, as it is."""
        begun = time.perf_counter()
        answer = self.get_response(request)
        match = request.resolver_match
        route, status = match.route if match else "", str(answer.status_code)
        method = request.method if request.method in METHODS else "other"
        RESPONSES.observe(time.perf_counter() - begun, route=route, method=method, status=status)
        if match and "webhooks/" in route and answer.status_code >= 400:
            known = answer.status_code != 404
            provider = str(match.kwargs.get("provider", "")) if known else ""
            REFUSALS.add(route=route, provider=provider, status=status)
        return answer


class ContentSecurityPolicyMiddleware:
    """Says on every page what a browser may load and run there."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer with the header, unless its view has set one of its own."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        return response


class CommonMiddleware(common.CommonMiddleware):
    """Django's, which adds a missing slash by a redirect; but a write is done, never redirected.

    Clients may follow a 301 by a GET (RFC 9110, 15.4.2): it would then be answered like a success,
    and nothing be done.
    """

    def process_request(self, request: HttpRequest) -> Any:
        """Take a write to an address that lacks its last slash as one to the whole address."""
        if request.method not in SAFE and self.should_redirect_with_slash(request):
            request.path_info += "/"
            request.path += "/"
        return super().process_request(request)


class PermanentRedirectMiddleware:
    """Lets no redirect turn a write into a read: a 308 says what a 301 means, and keeps the method.

    For what Django itself redirects: http to https, and addresses of the admin without their slash.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        response = self.get_response(request)
        if response.status_code == 301 and request.method not in SAFE:
            response.status_code = 308
        return response


class NoStoreMiddleware:
    """Forbids keeping the APIs' answers anywhere on the way: they hold health and personal data."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer with the header."""
        response = self.get_response(request)
        if apis.is_api(request) and not request.path_info.startswith(OPEN_DOCUMENTS):
            response.headers["Cache-Control"] = "no-store"
        return response


class BodyLimitMiddleware:
    """Refuses request bodies above DATA_UPLOAD_MAX_MEMORY_SIZE before anything reads them.

    Addresses that take files have limits of their own: BODY_LIMITS, by a pattern of the address.
    Django checks that limit only where a view reads `request.body`; DRF's parsers read the stream
    and would take any size. Pages take files of up to LARGEST_UPLOAD.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """413 for a longer body, 411 for one that does not say its length."""
        if not apis.is_api(request):
            if _declared(request) > settings.LARGEST_UPLOAD:
                return page(request, 413, "body_too_large", TOO_LARGE, TOO_LARGE_ADVICE)
            return self.get_response(request)
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            return apis.error(request, 411, "length_required", "Send the body's Content-Length.")
        limit = _limit_of(request.path_info)
        if _declared(request) > limit:
            most = f"The body may have at most {max(limit // 1_000_000, 1)} MB."
            return apis.error(request, 413, "body_too_large", most)
        return self.get_response(request)


def _limit_of(path: str) -> int:
    """How many bytes a body may have at this address."""
    for pattern, limit in settings.BODY_LIMITS.items():
        if re.fullmatch(pattern, path):
            return int(limit)
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _declared(request: HttpRequest) -> int:
    """How many bytes the body is said to have; 0 where that is no number."""
    text = request.headers.get("Content-Length") or "0"
    return int(text[:20]) if text.isascii() and text.isdigit() else 0
