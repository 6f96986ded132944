"""A session lives as long as the issuer vouches for it: it is asked every quarter of an hour."""

from typing import Any

from django.contrib import auth
from django.contrib.auth import BACKEND_SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from mozilla_django_oidc.middleware import SessionRefresh

from core.database import clock
from identity.sign_in.provider import endpoint, provider, setting
from identity.sign_in.views import EXPIRES, TOO_LONG, date_of_beginning, to_login

BACKEND = "identity.sign_in.backend.StaffSignIn"
# Somebody who only ever posts, or a stolen cookie in a script, comes by no page to renew on.
LONGEST_OVERDUE = 3600.0


class RenewSession(SessionRefresh):
    """Renews silently (`prompt=none`) when a page is opened; the roles come with it.

    The library's own would also send scripts away, lose the session while the issuer is down, and
    let one live on that never opens a page.
    """

    get_settings = staticmethod(setting)

    def __init__(self, get_response: Any) -> None:
        # Not the library's, which needs the issuer when the server starts.
        MiddlewareMixin.__init__(self, get_response)
        self.OIDC_EXEMPT_URLS: list[str] = ["admin:login", "admin:logout"]
        self.OIDC_STATE_SIZE = self.OIDC_NONCE_SIZE = 32
        self.OIDC_AUTHENTICATION_CALLBACK_URL = "oidc_authentication_callback"
        self.OIDC_USE_NONCE = True

    @property
    def OIDC_RP_CLIENT_ID(self) -> str:  # noqa: N802 - the library's name
        """Our name at the issuer."""
        return str(setting("OIDC_RP_CLIENT_ID"))

    @property
    def OIDC_RP_SCOPES(self) -> str:  # noqa: N802 - the library's name
        """What is asked of the issuer."""
        return str(setting("OIDC_RP_SCOPES"))

    @property
    def OIDC_OP_AUTHORIZATION_ENDPOINT(self) -> str:  # noqa: N802 - the library's name
        """Where to send the browser."""
        return endpoint("authorization_endpoint")

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """None to go on, a redirect to the issuer, or the login page."""
        if not request.path_info.startswith("/admin/"):
            return None
        if request.session.get(BACKEND_SESSION_KEY) != BACKEND:
            return None
        overdue = clock.seconds() - request.session.get(EXPIRES, 0.0)
        if overdue <= 0 or not provider().answers():
            return None
        if _opens_a_page(request):
            return self._renew(request)
        if overdue > LONGEST_OVERDUE:
            auth.logout(request)
            return to_login(request, TOO_LONG)
        return None

    def _renew(self, request: HttpRequest) -> HttpResponse | None:
        """Off to the issuer. The library looks at this process's clock: here it is overdue."""
        expired = request.session.get(EXPIRES, 0.0)
        request.session[EXPIRES] = 0.0
        answer: HttpResponse | None = super().process_request(request)
        request.session[EXPIRES] = expired
        if answer is not None:
            date_of_beginning(request)
        return answer


def _opens_a_page(request: HttpRequest) -> bool:
    """Whether the browser shows the answer as a page: only then can it follow to the issuer."""
    if request.method != "GET" or request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return False
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
