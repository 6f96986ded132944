"""An OpenID issuer on loopback, for tests: real HTTP, real keys, and faults to order."""

import base64
import json
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.conf import settings
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """An RSA key per name: making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(kid: str, key: PrivateKey, **more: Any) -> dict[str, Any]:
    """The public half as a JWK."""
    algorithm: Any = {"RSA": RSAAlgorithm, "EC ": ECAlgorithm, "Ed2": OKPAlgorithm}[_kind(key)]
    jwk: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return {name: value for name, value in jwk.items() if name != "key_ops"} | {
        "kid": kid,
        "use": "sig",
        **more,
    }


def _kind(key: PrivateKey) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    return "EC " if isinstance(key, ec.EllipticCurvePrivateKey) else "Ed2"


def algorithm_of(key: PrivateKey) -> str:
    """The algorithm that tests sign with."""
    return {"RSA": "RS256", "EC ": "ES256", "Ed2": "EdDSA"}[_kind(key)]


def _part(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class LoopbackIssuer:
    """Publishes `keys` (kid -> private key) and counts who asks. `mode`: up, failing, hanging."""

    def __init__(self, **keys: PrivateKey) -> None:
        self.keys: dict[str, PrivateKey] = keys
        self.mode = "up"
        self.discovery: dict[str, Any] = {}
        self.jwks: Any = None
        self.token_answer: tuple[int, Any] = (200, {})
        self.userinfo: dict[str, Any] = {}
        self.asked: list[str] = []
        self._lock = Lock()
        self._release = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/oidc"
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def fetches(self) -> int:
        """How often its discovery document was asked for: once per fetch of the keys."""
        return sum(path.endswith("openid-configuration") for path in self.asked)

    def stop(self) -> None:
        """Close the port: connections are refused from now on."""
        self._release.set()
        self._server.shutdown()
        self._server.server_close()

    def sign(self, kid: str = "", *, typ: str | None = "at+jwt", **claims: Any) -> str:
        """An access token of the client `test`; claims given replace the usual ones, None drops."""
        kid = kid or next(iter(self.keys))
        header = {"kid": kid, "typ": typ}
        return self.sign_with(self.keys[kid], header, **claims)

    def sign_with(
        self, key: Any, header: dict[str, Any], *, algorithm: str | None = None, **claims: Any
    ) -> str:
        """A token with this very key and header, however wrong: PyJWT would refuse to make some."""
        usual = self.usual_claims() | claims
        # The claim `typ` (Keycloak's) goes by another name here: `typ` is the header.
        usual = {name.removesuffix("_claim"): value for name, value in usual.items()}
        kept = {name: value for name, value in usual.items() if value is not None}
        algorithm = algorithm or algorithm_of(key)
        head = {name: value for name, value in header.items() if value is not None}
        text = f"{_part({'alg': algorithm, **head})}.{_part(kept)}"
        signature = jwt.get_algorithm_by_name(algorithm).sign(text.encode(), key)
        return f"{text}.{_base64(signature)}"

    def usual_claims(self) -> dict[str, Any]:
        """The claims of a good token."""
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": settings.OIDC_AUDIENCE,
            "sub": "test",
            "client_id": "test",
            "iat": now,
            "exp": now + 600,
            "jti": "test",
            "scope": "",
        }

    def _answer(self, path: str) -> tuple[int, Any]:
        with self._lock:
            self.asked.append(path)
        if self.mode == "hanging":
            self._release.wait(30)
        if self.mode != "up":
            return 503, {"error": "down"}
        if path.endswith("openid-configuration"):
            return 200, self._document()
        if path.endswith("/token"):
            return self.token_answer
        if path.endswith("/userinfo"):
            return 200, self.userinfo
        listed = [public_jwk(kid, key) for kid, key in self.keys.items()]
        return 200, {"keys": listed} if self.jwks is None else self.jwks

    def _document(self) -> dict[str, Any]:
        names = ("authorization", "token", "userinfo", "end_session")
        addresses = {f"{name}_endpoint": f"{self.url}/{name}" for name in names}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **addresses, **self.discovery}

    def _handler(issuer: "LoopbackIssuer") -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has a self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = issuer._answer(self.path)
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


@cache
def shared_issuer() -> LoopbackIssuer:
    """The one whose tokens `api` uses; started once per test process (conftest.py)."""
    return LoopbackIssuer(shared=ed25519.Ed25519PrivateKey.generate())
