"""The issuer's token endpoint: client authentication, the three grants, the tokens made.

Access tokens follow RFC 9068, errors RFC 6749 section 5.2, PKCE RFC 7636.
"""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web

from sandbox.config import Config
from sandbox.issuer.keys import Keys
from sandbox.issuer.people import Client, Person
from sandbox.wire import FORM, form_of, json_answer, same

TOKEN_SECONDS = 3600
CODE_SECONDS = 60
REFRESH_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class Grant:
    """What a person allowed a client: behind a code, then behind a refresh token."""

    client_id: str
    person: Person
    scope: str
    auth_time: int
    redirect_uri: str = ""
    challenge: str = ""
    nonce: str = ""
    until: float = 0.0


class OAuthError(Exception):
    """An error in OAuth's shape. The description never holds what was sent."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def answer(self) -> web.Response:
        """The error as JSON."""
        headers = {"WWW-Authenticate": 'Basic realm="sandbox"'} if self.status == 401 else {}
        body = {"error": self.error, "error_description": self.description}
        return json_answer(body, self.status, {**headers, "Cache-Control": "no-store"})


class Grants:
    """Grants by code or refresh token, each to be taken once and in time."""

    def __init__(self, prefix: str, seconds: float) -> None:
        self._prefix = prefix
        self._seconds = seconds
        self._grants: dict[str, Grant] = {}

    def keep(self, grant: Grant) -> str:
        """The name under which the grant may be taken."""
        now = time.time()
        self._grants = {name: g for name, g in self._grants.items() if g.until > now}
        name = f"{self._prefix}_{secrets.token_urlsafe(24)}"
        self._grants[name] = replace(grant, until=now + self._seconds)
        return name

    def take(self, name: str, client: Client) -> Grant:
        """The grant; used up by any try. Raises OAuthError."""
        grant = self._grants.pop(name, None)
        if grant is None or grant.until <= time.time() or grant.client_id != client.id:
            raise OAuthError("invalid_grant", "It is unknown, used, expired or another client's.")
        return grant


class Tokens:
    """``POST /oidc/token``."""

    def __init__(self, config: Config, keys: Keys, clients: dict[str, Client]) -> None:
        self._config = config
        self._keys = keys
        self._clients = clients
        self.codes = Grants("code", CODE_SECONDS)
        self._refreshes = Grants("refresh", REFRESH_SECONDS)

    async def token(self, request: web.Request) -> web.Response:
        """Answers a token request, or why not."""
        try:
            form = _form(request, await request.read())
            client = self._client(request, form)
            body = self._grant(client, form)
        except OAuthError as error:
            return error.answer()
        return json_answer(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    def _client(self, request: web.Request, form: dict[str, str]) -> Client:
        client_id, secret = _credentials(request, form)
        client = self._clients.get(client_id)
        if client is None or not same(secret, client.secret):
            raise OAuthError("invalid_client", "Client authentication failed.", 401)
        return client

    def _grant(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        grants = {
            "client_credentials": self._client_credentials,
            "authorization_code": self._authorization_code,
            "refresh_token": self._refresh_token,
        }
        kind = form.get("grant_type", "")
        if not kind:
            raise OAuthError("invalid_request", "grant_type is missing.")
        if kind not in grants:
            raise OAuthError("unsupported_grant_type", "This grant_type is not supported.")
        if kind not in client.grants:
            raise OAuthError("unauthorized_client", "This client may not use this grant_type.")
        return grants[kind](client, form)

    def _client_credentials(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        scope = client.granted(form.get("scope", ""))
        if scope is None:
            raise OAuthError("invalid_scope", "A scope is unknown or not this client's.")
        return _answer(self._access(client, client.id, scope), scope)

    def _authorization_code(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        grant = self.codes.take(form.get("code", ""), client)
        if form.get("redirect_uri") != grant.redirect_uri:
            raise OAuthError("invalid_grant", "redirect_uri is not the one of the sign-in.")
        if not same(grant.challenge, _challenge(form.get("code_verifier", ""))):
            raise OAuthError("invalid_grant", "code_verifier does not fit.")
        return self._for_person(client, grant)

    def _refresh_token(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        grant = self._refreshes.take(form.get("refresh_token", ""), client)
        wanted = form.get("scope", "").split() or grant.scope.split()
        if not set(wanted) <= set(grant.scope.split()):
            raise OAuthError("invalid_scope", "More scope than was granted.")
        return self._for_person(client, replace(grant, scope=" ".join(wanted), nonce=""))

    def _for_person(self, client: Client, grant: Grant) -> dict[str, Any]:
        groups = list(grant.person.groups)
        access = self._access(client, grant.person.sub, grant.scope, groups=groups)
        answer = _answer(access, grant.scope)
        answer["id_token"] = self._identity(grant, access)
        if "offline_access" in grant.scope.split():
            answer["refresh_token"] = self._refreshes.keep(grant)
        return answer

    def _access(self, client: Client, sub: str, scope: str, **more: Any) -> str:
        claims = {
            **self._times(),
            "aud": self._config.oidc_audience,
            "sub": sub,
            "client_id": client.id,
            "jti": secrets.token_hex(16),
            "scope": scope,
            **more,
        }
        return self._keys.sign(claims, "at+jwt")

    def _identity(self, grant: Grant, access: str) -> str:
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            **self._times(),
            **grant.person.claims(),
            "aud": grant.client_id,
            "auth_time": grant.auth_time,
            "at_hash": _unpadded(half),
        }
        if grant.nonce:
            claims["nonce"] = grant.nonce
        return self._keys.sign(claims)

    def _times(self) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self._config.issuer, "iat": now, "nbf": now, "exp": now + TOKEN_SECONDS}


def _answer(access: str, scope: str) -> dict[str, Any]:
    return {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": scope,
    }


def _form(request: web.Request, raw: bytes) -> dict[str, str]:
    if request.content_type != FORM:
        raise OAuthError("invalid_request", f"The body must be {FORM}.")
    try:
        return form_of(raw)
    except ValueError as error:
        raise OAuthError("invalid_request", "A parameter is given twice.") from error


def _credentials(request: web.Request, form: dict[str, str]) -> tuple[str, str]:
    """Client id and secret, from the Basic header or the form, never both."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    if "client_secret" in form:
        raise OAuthError("invalid_request", "More than one way of client authentication.")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except ValueError as error:
        raise OAuthError("invalid_client", "Client authentication failed.", 401) from error
    client_id, _, secret = pair.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _challenge(verifier: str) -> str:
    return _unpadded(hashlib.sha256(verifier.encode()).digest())


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
