"""What the independent issuer (.ci/issuer.py) knows: its people, its clients, codes and keys."""

import hmac
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.util import list_to_scope, scope_to_list
from joserfc.jwk import KeySet, RSAKey

PEOPLE = {
    "u-1001": ("Ines Independent", ["support", "somebody-elses-group"]),
    "u-1002": ("Max Mighty", ["manager"]),
    "u-1003": ("Nils Nobody", []),
}


@dataclass
class Client(ClientMixin):
    """A program that this issuer knows."""

    client_id: str
    secret: str
    grant: str
    redirect_uris: list[str] = field(default_factory=list)

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope: str | None) -> str:
        return list_to_scope(scope_to_list(scope or "")) or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(client_secret, self.secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_post", "client_secret_basic")

    def check_response_type(self, response_type: str) -> bool:
        return self.grant == "authorization_code" and response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == self.grant


@dataclass
class Code(AuthorizationCodeMixin):
    """A sign-in that the browser carries back."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    person: str
    code_challenge: str | None
    code_challenge_method: str | None
    auth_time: int = field(default_factory=lambda: int(time.time()))

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class World:
    """What the issuer knows; gone when it stops, but for its keys."""

    def __init__(self, name: str, clients: list[Client], kept: Path) -> None:
        self.name = name
        self.clients = {client.client_id: client for client in clients}
        self.codes: dict[str, Code] = {}
        self.pkce: list[str] = []
        self.kept = kept
        self.keys: list[Any] = []
        if kept.exists():
            self.keys = KeySet.import_key_set(json.loads(kept.read_text())).keys
        else:
            self.rotate()

    def rotate(self) -> str:
        """Sign with a new key; the three latest are published. Its `kid`."""
        key = RSAKey.generate_key(2048, {"kid": f"key-{time.time_ns()}", "use": "sig"})
        self.keys = [key, *self.keys][:3]
        self.kept.write_text(json.dumps(KeySet(self.keys).as_dict(private=True)))
        return str(key.kid)

    def signing_keys(self) -> KeySet:
        """The one that signs, with its name: a set makes joserfc write `kid`."""
        return KeySet(self.keys[:1])

    def claims(self, person: str) -> dict[str, Any]:
        """What is said of somebody who signed in."""
        name, groups = PEOPLE[person]
        mail = f"{name.split()[0].lower()}@independent.example"
        claims = {"sub": person, "name": name, "email": mail, "email_verified": True}
        return claims | {"groups": groups}


def person_of(key: str) -> SimpleNamespace:
    return SimpleNamespace(key=key, get_user_id=lambda: key)
