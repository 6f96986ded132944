"""Our issuer's addresses, in the names that mozilla-django-oidc asks for them."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from mozilla_django_oidc.utils import import_from_settings

from core.http import ExchangeError, MalformedResponseError, Request, fetch
from identity.tokens.errors import KeysUnavailableError
from identity.tokens.issuer_keys import TIME_OUT, Issuer, issuer


class SignInRefusedError(Exception):
    """Nobody signs in. The text is for the person at the login page."""


class UnreachableError(SignInRefusedError):
    """The issuer cannot be asked just now."""

    def __init__(self) -> None:
        super().__init__("The sign-in service cannot be reached. Try again in a minute.")


OURS: dict[str, Callable[[], Any]] = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": lambda: endpoint("authorization_endpoint"),
    "OIDC_OP_TOKEN_ENDPOINT": lambda: endpoint("token_endpoint"),
    "OIDC_RP_CLIENT_ID": lambda: settings.OIDC_CLIENT_ID,
    "OIDC_RP_CLIENT_SECRET": lambda: settings.OIDC_CLIENT_SECRET,
    "OIDC_RP_SCOPES": lambda: settings.OIDC_SCOPES,
    "OIDC_USE_PKCE": lambda: True,
    "OIDC_USE_NONCE": lambda: True,
    "OIDC_STORE_ID_TOKEN": lambda: True,  # for signing out at the issuer
    "OIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS": lambda: settings.OIDC_RENEW_AFTER,
}


def setting(name: str, *default: Any) -> Any:
    """A setting of mozilla-django-oidc's. Raises SignInRefusedError when the issuer has to be
    asked."""
    return OURS[name]() if name in OURS else import_from_settings(name, *default)


def provider() -> Issuer:
    """The issuer that staff sign in at."""
    return issuer(settings.OIDC_ISSUER)


def endpoint(name: str) -> str:
    """An address of the issuer's. Raises SignInRefusedError."""
    try:
        address = provider().document().get(name)
    except KeysUnavailableError:
        raise UnreachableError from None
    if not isinstance(address, str):
        raise SignInRefusedError(
            "The sign-in service does not say where to go. Tell whoever runs it."
        )
    return address


def ask(request: Request) -> dict[str, Any]:
    """The issuer's answer. Raises SignInRefusedError; what it said goes nowhere, it may hold
    secrets."""
    try:
        response = fetch(request)
        if 400 <= response.status < 500:
            raise SignInRefusedError("The sign-in service refused. Try again.")
        if response.status != 200:
            raise UnreachableError
        return response.json_object()
    except (ExchangeError, MalformedResponseError):
        raise UnreachableError from None


def post_form(name: str, fields: dict[str, str]) -> dict[str, Any]:
    """Post a form to an address of the issuer's; the answer. Raises SignInRefusedError."""
    return ask(Request.form("POST", endpoint(name), fields, timeout=2 * TIME_OUT))


def get_as_bearer(name: str, token: str) -> dict[str, Any]:
    """Get from an address of the issuer's with this token; the answer. Raises
    SignInRefusedError."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return ask(Request("GET", endpoint(name), headers, timeout=2 * TIME_OUT))
