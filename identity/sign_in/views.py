"""The ways in and out: to the issuer, back from it, and out of both."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
)

from core.database import clock
from identity.sign_in.provider import (
    SignInRefusedError,
    UnreachableError,
    endpoint,
    provider,
    setting,
)

TOO_LONG = "Your session has ended. Sign in again."
EXPIRES = "oidc_id_token_expiration"  # the library's name
TIME_TO_SIGN_IN = 600.0
POSTPONED_BY = 60.0
STALE = "That sign-in was begun too long ago, or in another browser. Try again."
ERROR_TEXTS = {
    "access_denied": "Nobody was signed in.",
    "login_required": "Your session at the sign-in service has ended. Sign in again.",
}


def to_login(request: HttpRequest, reason: str, after: str = "") -> HttpResponse:
    """The login page, which says why; whoever signs in goes on to `after`, a path of ours."""
    messages.error(request, reason)
    query = f"?{urlencode({'next': after})}" if after else ""
    return HttpResponseRedirect(reverse("admin:login") + query)


@method_decorator(never_cache, "dispatch")
class Begin(OIDCAuthenticationRequestView):
    """Sends the browser to the issuer."""

    get_settings = staticmethod(setting)

    def __init__(self, **kwargs: Any) -> None:
        # Not the library's, which needs the issuer already here.
        View.__init__(self, **kwargs)
        self.OIDC_RP_CLIENT_ID = settings.OIDC_CLIENT_ID

    def get(self, request: HttpRequest) -> HttpResponse:
        """A redirect with state, nonce and PKCE challenge."""
        try:
            self.OIDC_OP_AUTH_ENDPOINT = endpoint("authorization_endpoint")
        except SignInRefusedError as refusal:
            return to_login(request, str(refusal))
        answer: HttpResponse = super().get(request)
        date_of_beginning(request)
        return answer


def date_of_beginning(request: HttpRequest) -> None:
    """Date the sign-in that the library has just begun by the database's clock."""
    states = request.session["oidc_states"]
    states[next(reversed(states))]["added_on"] = clock.seconds()
    request.session.modified = True


@method_decorator(never_cache, "dispatch")
class Callback(OIDCAuthenticationCallbackView):
    """Where the issuer sends the browser back to."""

    get_settings = staticmethod(setting)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Into the admin, or to the login page with the reason; never an error page.

        What does not answer a question of this browser changes nothing: a link from elsewhere can
        sign nobody in, and nobody out.
        """
        states = request.session.get("oidc_states", {})
        begun = states.get(request.GET.get("state", ""))
        if begun is None or abs(clock.seconds() - begun["added_on"]) > TIME_TO_SIGN_IN:
            return to_login(request, STALE)
        if not _is_from_our_issuer(request):
            return to_login(request, "Another service answered. Try again.")
        answer: HttpResponse = super().get(request)
        return answer

    def login_success(self) -> HttpResponse:
        """Signed in, to be renewed by the database's clock."""
        answer: HttpResponse = super().login_success()
        lasts = settings.OIDC_RENEW_AFTER
        self.request.session[EXPIRES] = clock.seconds() + lasts
        return answer

    def login_failure(self) -> HttpResponse:
        """The login page with the reason, and nobody signed in.

        But a renewal that only did not reach the issuer is tried again a little later.
        """
        request = self.request
        refusal = getattr(request, "sign_in_refused", None)
        if isinstance(refusal, UnreachableError) and request.user.is_authenticated:
            request.session[EXPIRES] = clock.seconds() + POSTPONED_BY
            return HttpResponseRedirect(self.success_url)
        auth.logout(request)
        text = ERROR_TEXTS.get(
            request.GET.get("error", ""), "The sign-in service refused. Try again."
        )
        return to_login(request, str(refusal or text))

    @property
    def success_url(self) -> str:
        """The page asked for before, or the admin's first one."""
        return self.request.session.get("oidc_login_next") or reverse("admin:index")


def _is_from_our_issuer(request: HttpRequest) -> bool:
    """RFC 9207: an issuer that names itself in its answers must be ours."""
    document = provider().document() if provider().is_known() else {}
    names_itself = document.get("authorization_response_iss_parameter_supported") is True
    ours: str = settings.OIDC_ISSUER
    return request.GET.get("iss", "" if names_itself else ours) == ours


@method_decorator(never_cache, "dispatch")
class SignOut(View):
    """Signs out here, and at the issuer if that is where the person signed in."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """To the issuer, which sends the browser back to the login page."""
        token = request.session.get("oidc_id_token")
        auth.logout(request)
        back = reverse("admin:login")
        address = _sign_out_address() if token else None
        if address is None:
            messages.success(request, "You are signed out.")
            return HttpResponseRedirect(back)
        query = {
            "id_token_hint": token,
            "client_id": settings.OIDC_CLIENT_ID,
            "post_logout_redirect_uri": request.build_absolute_uri(back),
        }
        return HttpResponseRedirect(f"{address}?{urlencode(query)}")


def _sign_out_address() -> str | None:
    """Where the issuer signs out; None when it does not, or is away."""
    try:
        return endpoint("end_session_endpoint")
    except SignInRefusedError:
        return None
