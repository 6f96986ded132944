"""The issuers' signing keys, kept here so that no request has to ask for them.

Tokens name their key by `kid`. A known one is answered from memory, whatever the issuer does; when
the set is older than half a minute it is fetched again behind the request's back. An unknown one
may be new (the issuer rotates) or invented (somebody plays), so it may start a fetch, but only one
per cool-down. An issuer that is down locks nobody out for a day.

All times are wall-clock: a clock that jumps makes the set old, whichever way it jumps. What other
processes are told goes by the database's clock.
"""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.db import connection

from core.http import ExchangeError, MalformedResponseError, Request, fetch
from identity.tokens.errors import KeysUnavailableError
from identity.tokens.key_cache import share, shared

# Asymmetric ones only: with HS256 in the list, the published key would do as a shared secret.
ALGORITHMS_BY_KEY = {
    ("RSA", ""): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ALGORITHMS = frozenset(name for names in ALGORITHMS_BY_KEY.values() for name in names)

FRESH_FOR = 30.0
STALE_FOR = 24 * 3600.0
COOL_DOWN = 5.0
TIME_OUT = 3.0
MOST_KEYS = 50


class UnknownKeyError(Exception):
    """The issuer publishes no such key."""


class _UnusableKeysError(Exception):
    """What the issuer published cannot be used."""


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A public key and the algorithms it may be used with; equal only to itself."""

    public: Any
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """What an issuer said of itself at a moment: its discovery document and its keys by `kid`."""

    document: Mapping[str, Any]
    jwks: Mapping[str, Any]
    keys: Mapping[str, Key]
    at: float = field(default_factory=time.time)

    def age(self) -> float:
        """Seconds since then."""
        return abs(time.time() - self.at)

    def key(self, kid: str | None) -> Key | None:
        """The key of that name; without a name, the only key there is."""
        if kid is None and len(self.keys) == 1:
            return next(iter(self.keys.values()))
        return self.keys.get(kid or "")


class Issuer:
    """An OpenID issuer, as far as we need it: one object for all threads of a process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._published: Published | None = None
        self._failed = False
        self._lock = threading.Lock()
        self._aside = threading.Lock()
        self._running: threading.Event | None = None
        self._tried: dict[str, float] = {}

    def key(self, kid: str | None) -> Key:
        """The key of that name. Raises UnknownKeyError or KeysUnavailableError; waits for 3 s at
        most."""
        key = self._find(kid) or self._find_aside(kid)
        # Twice, because a fetch that was under way may have begun before the key was published.
        while key is None and self._ask():
            key = self._find(kid)
        key = key or self._find(kid)  # while it fails: what other processes know
        if key is not None:
            return key
        if self._failed or self._usable() is None:
            raise KeysUnavailableError
        raise UnknownKeyError

    def document(self) -> Mapping[str, Any]:
        """The discovery document. Raises KeysUnavailableError; waits for 3 s at most."""
        if self._usable() is None:
            self._ask()
        usable = self._usable()
        if usable is None:
            raise KeysUnavailableError
        return usable.document

    def is_known(self) -> bool:
        """Whether its document and keys are at hand."""
        return self._usable() is not None

    def answers(self) -> bool:
        """Whether it answers: asked now, or in the last seconds; waits for 3 s at most.

        For what sends a browser there, which would be left standing at a dead address.
        """
        fetching, _ = self._begin("answers")
        if fetching:
            fetching.wait(TIME_OUT + 0.2)
        return not self._failed and self.is_known()

    def _usable(self) -> Published | None:
        published = self._published
        return published if published and published.age() < STALE_FOR else None

    def _find(self, kid: str | None) -> Key | None:
        """The key from memory; when the memory is not fresh, it is refreshed for the next one."""
        usable = self._usable()
        key = usable.key(kid) if usable else None
        if key and usable and usable.age() > FRESH_FOR:
            self._begin("refresh")
        return key

    def _find_aside(self, kid: str | None) -> Key | None:
        """The key as another process of ours knows it; asked for once per cool-down."""
        with self._aside:
            if abs(time.time() - self._tried.get("aside", 0.0)) >= COOL_DOWN:
                self._tried["aside"] = time.time()
                self._take_what_others_know(FRESH_FOR)
        return self._find(kid)

    def _ask(self) -> bool:
        """Fetch now, or wait for a fetch under way; whether something new may be known.

        While the issuer fails, only the request that tries it again waits: else a flood of
        invented keys would hold every thread until the time-out.
        """
        failing = self._failed
        fetching, is_mine = self._begin("unknown" if self._usable() else "nothing")
        if fetching is None or (failing and not is_mine):
            return False
        return fetching.wait(TIME_OUT + 0.5) and not self._failed

    def _begin(self, why: str) -> tuple[threading.Event | None, bool]:
        """The fetch under way and whether this call started it; none while it cools down.

        Each reason cools down by itself, so that a refresh does not delay a rotation.
        """
        with self._lock:
            if self._running:
                return self._running, False
            if abs(time.time() - self._tried.get(why, 0.0)) < COOL_DOWN:
                return None, False
            self._tried[why] = time.time()
            done = self._running = threading.Event()
        threading.Thread(target=self._fetch, args=(done,), daemon=True).start()
        return done, True

    def warm_up(self) -> None:
        """Fetch what is not known yet, behind the caller's back."""
        if self._usable() is None:
            self._begin("nothing")

    def _fetch(self, done: threading.Event) -> None:
        """The thread's work. Whatever goes wrong, what is known stays and the waiting go on."""
        try:
            self._published = published_by(self.name)
            self._failed = False
            _share(self.name, self._published)
        except (ExchangeError, MalformedResponseError, _UnusableKeysError, ValueError):
            self._failed = True
            self._take_what_others_know(STALE_FOR)
        finally:
            with self._lock:
                self._running = None
            done.set()
            connection.close()  # this thread's: the clock may have asked the database

    def _take_what_others_know(self, within: float) -> None:
        """Another process of ours may have asked the issuer later than this one, not long ago."""
        known = _shared(self.name)
        if (
            known
            and known.age() < within
            and (self._published is None or known.at > self._published.at)
        ):
            self._published = known


_issuers: dict[str, Issuer] = {}


def issuer(name: str) -> Issuer:
    """The issuer of that name, the same for all threads: two would each ask it, and cool down.

    Only for names that the settings trust: each is kept for good.
    """
    return _issuers.get(name) or _issuers.setdefault(name, Issuer(name))


def forget() -> None:
    """Know no issuer: in a child process, and in tests."""
    _issuers.clear()


# A thread that fetches does not survive a fork, and the child would wait for it for ever.
os.register_at_fork(after_in_child=forget)


def published_by(name: str) -> Published:
    """Ask the issuer, within 3 s. Raises ExchangeError, MalformedResponseError or
    _UnusableKeysError."""
    deadline = time.monotonic() + TIME_OUT
    address = f"{name.rstrip('/')}/.well-known/openid-configuration"
    document = _json(address, deadline)
    if document.get("issuer") != name:  # OpenID Connect Discovery 1.0, 4.3
        raise _UnusableKeysError("the discovery document names another issuer")
    return _published(document, _json(_jwks_uri(document), deadline))


def _published(document: Mapping[str, Any], jwks: Mapping[str, Any], **at: float) -> Published:
    keys = _keys(jwks)
    if not keys:
        raise _UnusableKeysError("no usable key")
    return Published(document, jwks, keys, **at)


def _share(name: str, published: Published) -> None:
    values = {"document": published.document, "jwks": published.jwks, "at": published.at}
    share(name, values, STALE_FOR)


def _shared(name: str) -> Published | None:
    values = shared(name)
    try:
        return _published(values["document"], values["jwks"], at=values["at"]) if values else None
    except _UnusableKeysError:
        return None


def _json(address: str, deadline: float) -> dict[str, Any]:
    left = max(deadline - time.monotonic(), 0.01)
    response = fetch(Request("GET", address, {"Accept": "application/json"}, timeout=left))
    if response.status != 200:
        raise _UnusableKeysError(f"answered {response.status}")
    return response.json_object()


def _jwks_uri(document: Mapping[str, Any]) -> str:
    """Where the keys are. An issuer on https does not publish them on http."""
    address = document.get("jwks_uri")
    if not isinstance(address, str):
        raise _UnusableKeysError("no jwks_uri")
    if urlsplit(address).scheme not in ("https", urlsplit(document["issuer"]).scheme):
        raise _UnusableKeysError("jwks_uri is not on https")
    return address


def _keys(jwks: Mapping[str, Any]) -> dict[str, Key]:
    """The usable keys by `kid`; a key we cannot use does not spoil the others."""
    listed = jwks.get("keys")
    keys: dict[str, Key] = {}
    for jwk in listed[:MOST_KEYS] if isinstance(listed, list) else []:
        key = _key(jwk) if isinstance(jwk, dict) else None
        if key:
            keys.setdefault(str(jwk.get("kid", "")), key)
    return keys


def _key(jwk: dict[str, Any]) -> Key | None:
    """The key, unless it is not for signatures, or not asymmetric."""
    allowed = ALGORITHMS_BY_KEY.get((str(jwk.get("kty")), str(jwk.get("crv", ""))), ())
    declared = jwk.get("alg")
    algorithms = tuple(name for name in allowed if declared in (None, name))
    if not algorithms or jwk.get("use", "sig") != "sig":
        return None
    try:
        return Key(jwt.PyJWK(jwk, algorithms[0]).key, algorithms)
    except jwt.PyJWTError:
        return None
