"""The OpenID issuer: discovery, keys, staff sign-in, userinfo, sign-out. Tokens: ``tokens.py``."""

import asyncio
import re
import secrets
import time
from html import escape
from urllib.parse import urlencode, urlsplit

import jwt
from aiohttp import web

from sandbox.config import Config
from sandbox.issuer.keys import Keys
from sandbox.issuer.people import API_SCOPES, OPENID_SCOPES, PEOPLE, Client, Person, clients_of
from sandbox.issuer.tokens import Grant, OAuthError, Tokens
from sandbox.pages import page
from sandbox.wire import bearer_of, json_answer

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256


class Issuer:
    """The issuer's addresses and its sessions, which are kept in memory only."""

    def __init__(self, config: Config, keys: Keys) -> None:
        self._config = config
        self._keys = keys
        self._clients = clients_of(config)
        self._tokens = Tokens(config, keys, self._clients)
        self._sessions: dict[str, tuple[Person, int]] = {}
        # Cookies ignore the port: two sandboxes on one machine need two names.
        self._cookie = f"sandbox-{config.port}"

    def routes(self) -> list[web.RouteDef]:
        """The issuer's addresses."""
        return [
            web.get("/oidc/.well-known/openid-configuration", self.discovery),
            web.get("/oidc/jwks", self.jwks),
            web.post("/oidc/rotate", self.rotate),
            web.get("/oidc/authorize", self.ask),
            web.post("/oidc/authorize", self.chosen),
            web.post("/oidc/token", self._tokens.token),
            web.get("/oidc/userinfo", self.userinfo),
            web.post("/oidc/userinfo", self.userinfo),
            web.get("/oidc/logout", self.logout),
            web.post("/oidc/logout", self.logout),
        ]

    async def discovery(self, _: web.Request) -> web.Response:
        """``GET /oidc/.well-known/openid-configuration``."""
        at = self._config.issuer
        document = {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "userinfo_endpoint": f"{at}/userinfo",
            "jwks_uri": f"{at}/jwks",
            "end_session_endpoint": f"{at}/logout",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": [*OPENID_SCOPES, *API_SCOPES],
            "claims_supported": ["auth_time", "nonce", *PEOPLE["sara"].claims()],
            "authorization_response_iss_parameter_supported": True,
        }
        return json_answer(document)

    async def jwks(self, _: web.Request) -> web.Response:
        """``GET /oidc/jwks``."""
        return json_answer(self._keys.jwks())

    async def rotate(self, _: web.Request) -> web.Response:
        """``POST /oidc/rotate``: a new signing key."""
        return json_answer({"kid": await asyncio.to_thread(self._keys.rotate)})

    async def ask(self, request: web.Request) -> web.Response:
        """``GET /oidc/authorize``: asks who signs in; ``prompt=none`` asks nobody."""
        asked = dict(request.query)
        problem = self._problem(asked)
        if problem:
            return problem
        if asked.get("prompt") != "none":
            return _people_page(asked)
        session = self._sessions.get(request.cookies.get(self._cookie, ""))
        if session is None:
            return self._back(asked, error="login_required")
        return self._back(asked, code=self._code(asked, *session))

    async def chosen(self, request: web.Request) -> web.Response:
        """``POST /oidc/authorize``: somebody was picked on that page."""
        asked = {name: str(value) for name, value in (await request.post()).items()}
        problem = self._problem(asked)
        if problem:
            return problem
        person = PEOPLE.get(asked.get("person", ""))
        if person is None:
            return self._back(asked, error="access_denied")
        session = person, int(time.time())
        name = secrets.token_urlsafe(24)
        self._sessions[name] = session
        answer = self._back(asked, code=self._code(asked, *session))
        answer.set_cookie(self._cookie, name, path="/oidc", httponly=True, samesite="Lax")
        return answer

    def _problem(self, asked: dict[str, str]) -> web.Response | None:
        """Why nobody may sign in: a page when the client is in doubt, else sent back to it."""
        client = self._clients.get(asked.get("client_id", ""))
        if client is None or "authorization_code" not in client.grants:
            return _refusal("This client is not known, or may not sign people in.")
        if not self._is_ours(asked.get("redirect_uri", "")):
            return _refusal("redirect_uri is not an address of the web.")
        error = _error_in(asked, client)
        if error is None:
            return None
        return self._back(asked, error=error.error, error_description=error.description)

    def _is_ours(self, address: str) -> bool:
        """Whether an address lies under the web's; 127.0.0.1 and localhost are the same."""
        web_url = self._config.web_url.rstrip("/")
        allowed = {f"{web_url}/", f"{web_url}/".replace("//127.0.0.1", "//localhost")}
        clean = re.fullmatch(r"[\x21-\x7e]+", address) and "\\" not in address
        return bool(clean) and not urlsplit(address).fragment and address.startswith(tuple(allowed))

    def _code(self, asked: dict[str, str], person: Person, auth_time: int) -> str:
        client = self._clients[asked["client_id"]]
        return self._tokens.codes.keep(
            Grant(
                client_id=client.id,
                person=person,
                scope=client.granted(asked["scope"]) or "",
                auth_time=auth_time,
                redirect_uri=asked["redirect_uri"],
                challenge=asked["code_challenge"],
                nonce=asked.get("nonce", ""),
            )
        )

    def _back(self, asked: dict[str, str], **answer: str) -> web.Response:
        """To the client's address, with the answer, its state and our name (RFC 9207)."""
        if "state" in asked:
            answer["state"] = asked["state"]
        return _redirect(asked["redirect_uri"], {**answer, "iss": self._config.issuer})

    async def userinfo(self, request: web.Request) -> web.Response:
        """``/oidc/userinfo``: who the bearer of an access token is."""
        try:
            claims = self._keys.claims_of(bearer_of(request), self._config.issuer)
        except jwt.InvalidTokenError:
            return _challenged(401, "invalid_token")
        person = PEOPLE.get(claims.get("sub", ""))
        if person is None or "openid" not in claims.get("scope", "").split():
            return _challenged(403, "insufficient_scope")
        return json_answer(person.claims(), headers={"Cache-Control": "no-store"})

    async def logout(self, request: web.Request) -> web.Response:
        """``/oidc/logout``: ends the session here, then back to the web if it asks."""
        asked = {**request.query, **await request.post()}
        hint, address = str(asked.get("id_token_hint", "")), asked.get("post_logout_redirect_uri")
        if hint and not self._is_our_token(hint):
            return _refusal("id_token_hint is not a token of this issuer.")
        if address is not None and not self._is_ours(str(address)):
            return _refusal("post_logout_redirect_uri is not an address of the web.")
        self._sessions.pop(request.cookies.get(self._cookie, ""), None)
        state = {"state": str(asked["state"])} if "state" in asked else {}
        answer = (
            page("Signed out", "<p>You are signed out of the sandbox.</p>")
            if address is None
            else _redirect(str(address), state)
        )
        answer.del_cookie(self._cookie, path="/oidc")
        return answer

    def _is_our_token(self, token: str) -> bool:
        try:
            self._keys.claims_of(token, self._config.issuer, expiry=False)
        except jwt.InvalidTokenError:
            return False
        return True


def _error_in(asked: dict[str, str], client: Client) -> OAuthError | None:
    """What is wrong with a sign-in request of a known client."""
    if asked.get("response_type") != "code":
        return OAuthError("unsupported_response_type", "response_type must be code.")
    if "openid" not in asked.get("scope", "").split() or client.granted(asked["scope"]) is None:
        return OAuthError("invalid_scope", "scope must hold openid and only this client's scopes.")
    if asked.get("code_challenge_method") != "S256":
        return OAuthError("invalid_request", "PKCE with S256 is required.")
    if not CHALLENGE.fullmatch(asked.get("code_challenge", "")):
        return OAuthError("invalid_request", "code_challenge is not a SHA-256 in base64url.")
    return None


def _people_page(asked: dict[str, str]) -> web.Response:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
        if name != "person"
    )
    buttons = "".join(
        f'<button name="person" value="{escape(person.sub)}"><strong>{escape(person.name)}</strong>'
        f"<br><span class=quiet>{escape(_described(person))}</span></button>"
        for person in PEOPLE.values()
    )
    body = (
        "<p>This is the sandbox's sign-in. Pick a demo person; there are no passwords.</p>"
        f'<form method="post" action="/oidc/authorize">{kept}{buttons}'
        '<button name="person" value="">Cancel</button></form>'
    )
    return page("Sign in to Dosette", body)


def _described(person: Person) -> str:
    groups = ", ".join(person.groups) or "no staff group"
    return f"{groups} · {person.email}{'' if person.email_verified else ', not verified'}"


def _redirect(address: str, query: dict[str, str]) -> web.Response:
    # Written by hand: aiohttp's own redirect would normalise the client's address.
    joint = "&" if urlsplit(address).query else "?"
    location = address + (joint + urlencode(query) if query else "")
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})


def _refusal(sentence: str) -> web.Response:
    return page("This cannot go on", f"<p>{escape(sentence)}</p>", status=400)


def _challenged(status: int, error: str) -> web.Response:
    return json_answer(
        {"error": error}, status, headers={"WWW-Authenticate": f'Bearer error="{error}"'}
    )
