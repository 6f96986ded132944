"""Bearer tokens for DRF: RFC 6750, with the tokens of RFC 9068."""

import re
from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from identity.models import ServiceClient
from identity.rights.smart import SmartGrants, grants
from identity.tokens.callers import Caller, authenticate_caller
from identity.tokens.errors import InvalidRequestError
from identity.tokens.reader import AccessToken, read

CLINICAL = "clinical:read"
B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750, 2.1


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """`request.auth`: the scopes of this request, the token's capped by caller and program."""

    scopes: frozenset[str]
    smart: SmartGrants = frozenset()


class BearerAuthentication(BaseAuthentication):
    """Lets in who has an access token of a trusted issuer, and is known here."""

    def authenticate(self, request: Request) -> tuple[Caller, TokenGrant] | None:
        """The caller and what the token grants; None without a token. Raises the refusals."""
        text = _token(request)
        if text is None:
            return None
        token = read(text)
        caller, allowed = authenticate_caller(token)
        return caller, TokenGrant(token.scopes & allowed, _smart(token, caller, allowed))

    def authenticate_header(self, request: Request) -> str:
        """The challenge to who sent no token: bare, without an error (RFC 6750, 3.1)."""
        return "Bearer"


def _smart(token: AccessToken, caller: Caller, allowed: frozenset[str]) -> SmartGrants:
    """What SMART's scopes add at /fhir/, for who may read health data at all."""
    if not token.smart or CLINICAL not in allowed:
        return frozenset()
    return grants(token.smart, "system" if isinstance(caller, ServiceClient) else "user")


def _token(request: Request) -> str | None:
    """The token as sent. Other schemes, and tokens in the address, are as none at all."""
    sent: str = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = sent.partition(" ")
    if scheme.lower() != "bearer":
        return None
    token = token.strip(" ")
    if not B64TOKEN.fullmatch(token) or "access_token" in request.GET:
        raise InvalidRequestError
    return token
