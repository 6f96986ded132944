"""How much a caller may ask: per client once it is known, per address while it is not.

A flood from an address never shuts out a valid token from there: only who is not let in anyway is
turned away by address.
"""

import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.web import apis
from core.web.error_pages import page
from core.web.rate_limits import Rate, RateLimitResult, hit, rate_of
from identity.access_log.records import address_of

WEBHOOKS = "/api/v1/webhooks/"
# What costs a slow hash or a row of a session, and is open to strangers.
SIGN_IN = {
    ("POST", "/admin/login/"),
    ("POST", "/admin/second-factor/"),
    ("POST", "/admin/password_change/"),
    ("GET", "/oidc/authenticate/"),
    ("GET", "/oidc/callback/"),
}
MOST_BLOCKED = 10_000


class ClientThrottle(BaseThrottle):
    """RATE_CLIENT for each API client and each person, at all endpoints together."""

    verdict: RateLimitResult | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether there is room; the answer's headers say how much."""
        rate = rate_of(settings.RATE_CLIENT)
        caller: Any = request.user
        if rate is None or getattr(caller, "pk", None) is None:
            return True
        self.verdict = hit(f"{caller._meta.model_name}:{caller.pk}", rate)
        request._request.rate_verdict = ("client", self.verdict)  # type: ignore[attr-defined]  # for the middleware
        return self.verdict.allowed

    def wait(self) -> float | None:
        """Seconds until there is room again."""
        return self.verdict.resets_in if self.verdict else None


class ThrottleMiddleware:
    """RATE_ADDRESS for what comes without a valid token; and the headers of whichever rate it is.
    RATE_SIGN_IN for those who sign in.

    Webhooks are counted after their proof, and count only without one: providers have rates of
    their own, and a neighbour's flood costs them nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._blocked: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, or a 429."""
        if (request.method, request.path_info) in SIGN_IN:
            return _refuse_sign_in(request) or self.get_response(request)
        rate = rate_of(settings.RATE_ADDRESS)
        if rate is None or not apis.is_api(request):
            return self.get_response(request)
        proves_nothing = "HTTP_AUTHORIZATION" not in request.META and not _is_webhook(request)
        if proves_nothing and self._is_blocked(request):
            return self._count(request, rate) or self.get_response(request)
        response = self.get_response(request)
        policy, verdict = getattr(request, "rate_verdict", ("", None))
        if verdict is not None:
            for name, value in verdict.headers(policy).items():
                response.headers.setdefault(name, value)
            return response
        return (self._counts(request, response) and self._count(request, rate)) or response

    def _counts(self, request: HttpRequest, response: HttpResponse) -> bool:
        """Whether this is one of those that a flood is made of."""
        if not _is_webhook(request):
            return True
        is_refused = response.status_code in (400, 401, 403, 404, 429)
        return is_refused and not getattr(request, "is_proven", False)

    def _count(self, request: HttpRequest, rate: Rate) -> HttpResponse | None:
        """Count it; a 429 when it is one too many."""
        name = network_of(request)
        verdict = hit(f"address:{name}", rate)
        if verdict.allowed:
            return None
        if len(self._blocked) >= MOST_BLOCKED:
            self._blocked.clear()
        self._blocked[name] = time.monotonic() + verdict.resets_in
        detail = f"Too many requests from this address. Try again in {verdict.resets_in} seconds."
        return apis.error(request, 429, "throttled", detail, verdict.headers("address"))

    def _is_blocked(self, request: HttpRequest) -> bool:
        """Whether this address was over its rate a moment ago: known without asking anybody."""
        return bool(self._blocked) and self._blocked.get(network_of(request), 0) > time.monotonic()


def _refuse_sign_in(request: HttpRequest) -> HttpResponse | None:
    """Count it; a page that says when to try again when it is one too many."""
    rate = rate_of(settings.RATE_SIGN_IN)
    verdict = hit(f"sign-in:{network_of(request)}", rate) if rate else None
    if verdict is None or verdict.allowed:
        return None
    advice = f"Wait {verdict.resets_in} seconds, then try again."
    answer = page(request, 429, "throttled", "Too many attempts from this address.", advice)
    answer["Retry-After"] = str(verdict.resets_in)
    return answer


def _is_webhook(request: HttpRequest) -> bool:
    return request.path_info.startswith(WEBHOOKS)


def note_proof(request: HttpRequest) -> None:
    """Write down that this webhook is its sender's own: whatever it is answered, it is no flood."""
    request.is_proven = True  # type: ignore[attr-defined]  # for the middleware


def network_of(request: HttpRequest) -> str:
    """Where it came from, IPv6 by /64 (what one line is given), as a code: it is personal data."""
    text = address_of(request) or "nowhere"
    if ":" in text:
        address = ip_address(text)
        mapped = getattr(address, "ipv4_mapped", None)
        text = str(mapped or ip_network((address, 64), strict=False))
    return salted_hmac("identity.throttles", text).hexdigest()[:16]
