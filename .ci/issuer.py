"""A second OpenID issuer, built by other people: Authlib on Flask, with joserfc's signatures.

Nothing of it comes from Dosette or its sandbox, so a misreading of the standards that both share
shows here. Code flow with PKCE, client credentials, RFC 9068 access tokens, keys that rotate:
`POST /rotate` signs with a new key from then on and publishes the old one beside it.

Usage: .venv/bin/python .ci/issuer.py PORT --secret SECRET --redirect https://HOST/oidc/callback/
       --keys FILE [--certificate tls.crt --key tls.key --name https://issuer.test:PORT]
"""

import argparse
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector, current_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator, JWTBearerTokenValidator
from authlib.oidc.core import OpenIDCode as AuthlibCode
from flask import Blueprint, Flask, redirect, request
from issuer_world import PEOPLE, Client, Code, World, person_of
from joserfc.jwk import KeySet
from markupsafe import escape

AUDIENCE = "dosette"
LIVES_FOR = 600
SIGN_IN_SCOPES = "openid profile email groups"

world: World
server = AuthorizationServer()
protect = ResourceProtector()
pages = Blueprint("issuer", __name__)


class Tokens(JWTBearerTokenGenerator):
    def get_jwks(self) -> KeySet:
        return world.signing_keys()

    def get_audiences(self, client: Client, user: Any, scope: str) -> str:
        return AUDIENCE


class ByClient(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post", "client_secret_basic")


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post", "client_secret_basic")

    def save_authorization_code(self, code: str, request: Any) -> None:
        data = request.payload.data
        world.pkce.append(data.get("code_challenge_method", "none"))
        world.codes[code] = Code(
            code=code,
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=request.payload.scope,
            nonce=data.get("nonce"),
            person=request.user.key,
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        stored = world.codes.get(code)
        return stored if stored and stored.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del world.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> SimpleNamespace:
        return person_of(authorization_code.person)


class OpenIDCode(AuthlibCode):
    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in world.codes.values())

    def resolve_client_private_key(self, client: Client) -> KeySet:
        return world.signing_keys()

    def get_client_claims(self, client: Client) -> dict[str, str]:
        return {"iss": world.name}

    def generate_user_info(self, user: SimpleNamespace, scope: str) -> dict[str, Any]:
        return {"sub": user.key}  # the rest is asked of userinfo, as many issuers want it


class Validator(JWTBearerTokenValidator):
    def get_jwks(self) -> KeySet:
        return KeySet(world.keys)


@pages.get("/.well-known/openid-configuration")
def discovery() -> dict[str, Any]:
    names = ("authorize", "token", "userinfo", "logout")
    at = {name: f"{world.name}/{name}" for name in names}
    return {
        "issuer": world.name,
        "jwks_uri": f"{world.name}/jwks",
        "authorization_endpoint": at["authorize"],
        "token_endpoint": at["token"],
        "userinfo_endpoint": at["userinfo"],
        "end_session_endpoint": at["logout"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
    }


@pages.get("/jwks")
def jwks() -> dict[str, Any]:
    return dict(KeySet(world.keys).as_dict(private=False))


@pages.get("/authorize")
def choose() -> Any:
    try:
        server.get_consent_grant(end_user=person_of(request.cookies.get("person", "u-1001")))
    except OAuth2Error as error:
        return f"{escape(error.error)}: {escape(error.description)}", 400
    if request.args.get("prompt") == "none":
        known = request.cookies.get("person")
        return server.create_authorization_response(grant_user=person_of(known) if known else None)
    buttons = "".join(
        f'<p><button name="person" value="{key}">{escape(name)}</button></p>'
        for key, (name, _) in PEOPLE.items()
    )
    return f"<!doctype html><title>Who are you?</title><form method=post>{buttons}</form>"


@pages.post("/authorize")
def sign_in() -> Any:
    key = request.form["person"]
    answer = server.create_authorization_response(grant_user=person_of(key))
    answer.set_cookie("person", key, httponly=True)
    return answer


@pages.post("/token")
def token() -> Any:
    return server.create_token_response()


@pages.get("/userinfo")
@protect("openid")
def userinfo() -> dict[str, Any]:
    return world.claims(current_token["sub"])


@pages.get("/logout")
def logout() -> Any:
    back = request.args["post_logout_redirect_uri"]
    allowed = {
        uri.partition("/oidc/")[0] for c in world.clients.values() for uri in c.redirect_uris
    }
    if not any(back.startswith(f"{origin}/") for origin in allowed):
        return "That is not where you came from.", 400
    answer = redirect(f"{back}?{urlencode({'state': request.args.get('state', '')})}")
    answer.delete_cookie("person")
    return answer


@pages.post("/rotate")
def rotate() -> dict[str, str]:
    return {"kid": world.rotate()}


@pages.get("/seen")
def seen() -> dict[str, Any]:
    return {"pkce": world.pkce, "keys": [key.kid for key in world.keys]}


def application() -> Flask:
    """The issuer of this `world`, with what it can do."""
    app = Flask(__name__)
    app.register_blueprint(pages)
    server.init_app(app, world.clients.get, lambda token, request: None)
    server.register_token_generator(
        "default", Tokens(world.name, expires_generator=lambda client, grant: LIVES_FOR)
    )
    server.register_grant(CodeGrant, [OpenIDCode(require_nonce=True), CodeChallenge(required=True)])
    server.register_grant(ByClient)
    protect.register_token_validator(Validator(issuer=world.name, resource_server=AUDIENCE))
    return app


def main() -> None:
    """Serve until SIGTERM."""
    global world
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--redirect", required=True)
    parser.add_argument("--keys", type=Path, required=True, help="the file that keeps them")
    parser.add_argument("--name", default="", help="how it names itself, default its address")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    options = parser.parse_args()
    tls = (options.certificate, options.key) if options.certificate else None
    name = options.name or f"http{'s' if tls else ''}://127.0.0.1:{options.port}"
    admin = Client("dosette-admin", options.secret, "authorization_code", [options.redirect])
    program = Client("demo", options.secret, "client_credentials")
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback needs no TLS
    world = World(name, [admin, program], options.keys)
    application().run("127.0.0.1", options.port, ssl_context=tls, threaded=True)


if __name__ == "__main__":
    main()
