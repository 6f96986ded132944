"""Reads access tokens: the RFC 9068 profile, checked here against the issuer's published keys."""

import base64
import binascii
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Any

import jwt
from django.conf import settings
from jwt.types import Options

from core.database import clock
from identity.rights.scopes import SCOPES
from identity.rights.smart import is_smart
from identity.tokens.errors import ExpiredTokenError, InvalidTokenError
from identity.tokens.issuer_keys import ALGORITHMS, Key, UnknownKeyError, issuer

LONGEST = 8192
LONGEST_NAME = 255
LEEWAY = 60
# PyJWT would check the times by this process's clock: `check_times` does.
OPTIONS: Options = {
    "enforce_minimum_key_length": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
REQUIRED = ("iss", "sub", "aud", "exp", "iat")
TYPES = frozenset({"at+jwt", "application/at+jwt"})
# What an ID, logout or refresh token carries and an access token does not.
FOREIGN_CLAIMS = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events"})


@dataclass(frozen=True, slots=True)
class AccessToken:
    """Who asks, by whose word, and for what; checked."""

    issuer: str
    subject: str
    client_id: str
    scopes: frozenset[str]
    smart: frozenset[str] = frozenset()  # SMART's own, for /fhir/ (identity/rights/smart.py)


@dataclass(frozen=True, slots=True)
class _VerifiedToken:
    """A token that was found good: under which settings, by which key, and from when to when."""

    settings: tuple[Any, ...]
    kid: str | None
    key: Key
    claims: Mapping[str, Any]
    token: AccessToken


# Clients send the same token for as long as it lives, and the same text under the same key and
# settings means the same: so that is looked at once. What passes with time is checked at every
# request. Only tokens that were found good are kept, so nobody can flood the memory.
_verified_tokens: dict[str, _VerifiedToken] = {}
MOST_KEPT = 512


def read(token: str) -> AccessToken:
    """The token, when all about it is right. Raises InvalidTokenError or KeysUnavailableError."""
    good = _verified_tokens.get(token)
    if good and good.settings == _settings() and _key(good.token.issuer, good.kid) is good.key:
        check_times(good.claims)
        return good.token
    if len(token) > LONGEST:
        raise InvalidTokenError(f"The token is longer than {LONGEST} characters.")
    return _keep(token, _read(token))


def _settings() -> tuple[Any, ...]:
    """All that decides on a token beside its issuer's keys and the time."""
    return (
        settings.OIDC_ISSUER,
        *settings.OIDC_TRUSTED_ISSUERS,
        settings.OIDC_AUDIENCE,
        settings.OIDC_CLIENT_ID,
        settings.OIDC_STRICT_TOKEN_TYPE,
    )


def _keep(text: str, good: _VerifiedToken) -> AccessToken:
    """Remember it in place of the oldest one."""
    with suppress(StopIteration, RuntimeError, KeyError):  # another thread was quicker
        while len(_verified_tokens) >= MOST_KEPT:
            del _verified_tokens[next(iter(_verified_tokens))]
    _verified_tokens[text] = good
    return good.token


def _read(token: str) -> _VerifiedToken:
    header, unchecked = _parts(token)
    _check_type(header)
    name = unchecked.get("iss")
    if name not in trusted_issuers():
        raise InvalidTokenError("The token's issuer is not trusted here.")
    kid, algorithm = header.get("kid"), str(header.get("alg"))
    if algorithm not in ALGORITHMS or not isinstance(kid, str | None):
        raise InvalidTokenError("The token is not signed in a way that is accepted here.")
    key = _key(name, kid)
    claims = _verified(token, key, name)
    check_times(claims)
    _check_is_no_id_token(header, claims)
    scopes = _scopes(claims)
    access = AccessToken(
        issuer=name,
        subject=_name(claims, "sub"),
        client_id=_client_id(claims),
        scopes=frozenset(scope for scope in scopes if scope in SCOPES),
        smart=frozenset(scope for scope in scopes if is_smart(scope)),
    )
    return _VerifiedToken(_settings(), kid, key, claims, access)


def trusted_issuers() -> list[str]:
    """Whose tokens are taken: the one that staff sign in at, and those the settings add."""
    return [settings.OIDC_ISSUER, *settings.OIDC_TRUSTED_ISSUERS]


def warm_up() -> None:
    """Fetch the issuers' keys behind the caller's back, before the first token comes."""
    for name in trusted_issuers():
        issuer(name).warm_up()


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, nothing of it checked yet."""
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidTokenError("The token is not a signed JWT.")
    return _json(parts[0]), _json(parts[1])


def _json(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidTokenError("The token is malformed.") from None
    if not isinstance(value, dict):
        raise InvalidTokenError("The token is malformed.")
    return value


def _check_type(header: Mapping[str, Any]) -> None:
    """RFC 9068, 2.1. Many issuers write `JWT` or nothing: the settings may let that pass."""
    typ = str(header.get("typ", "")).lower()
    if typ in TYPES or (typ in ("", "jwt") and not settings.OIDC_STRICT_TOKEN_TYPE):
        return
    raise InvalidTokenError("The token's type is not that of an access token (at+jwt).")


def _key(name: str, kid: str | None) -> Key:
    try:
        return issuer(name).key(kid)
    except UnknownKeyError:
        raise InvalidTokenError("The token's key is not one that its issuer publishes.") from None


def _verified(token: str, key: Key, name: str) -> Mapping[str, Any]:
    """The claims, once signature, issuer and audience are right."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            key.algorithms,
            options={**OPTIONS, "require": list(REQUIRED)},
            issuer=name,
            audience=settings.OIDC_AUDIENCE,
        )
    except jwt.PyJWTError as error:
        raise InvalidTokenError(_why(error)) from None
    return claims


def check_times(claims: Mapping[str, Any]) -> None:
    """RFC 7519, 4.1.4 to 4.1.6: `exp`, `nbf` and `iat` are seconds, by the database's clock.

    Raises ExpiredTokenError or InvalidTokenError.
    """
    if not all(_is_a_number(claims.get(name, 0)) for name in ("exp", "nbf", "iat")):
        raise InvalidTokenError("One of the token's times is not a number.")
    now = clock.seconds()
    if claims["exp"] <= now - LEEWAY:
        raise ExpiredTokenError
    if max(claims["iat"], claims.get("nbf", 0)) > now + LEEWAY:
        raise InvalidTokenError("The token is not valid yet.")


def _is_a_number(value: object) -> bool:
    """Python's JSON reads NaN and Infinity too, which would never expire."""
    return isinstance(value, int) or (isinstance(value, float) and isfinite(value))


_REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.InvalidAudienceError, "The token is for another audience."),
    (jwt.MissingRequiredClaimError, "The token lacks one of iss, sub, aud, exp, iat."),
    (jwt.InvalidSignatureError, "The token's signature is wrong."),
)


def _why(error: jwt.PyJWTError) -> str:
    reasons = (reason for kind, reason in _REASONS if isinstance(error, kind))
    return next(reasons, "The token is not valid.")


def _check_is_no_id_token(header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """An ID token proves to a program who signed in; it gives nobody the right to call us."""
    if str(header.get("typ", "")).lower() in TYPES:
        return
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    foreign = (
        not FOREIGN_CLAIMS.isdisjoint(claims)
        or str(claims.get("typ", "Bearer")).lower() not in ("bearer", "at+jwt")  # Keycloak
        or claims.get("token_use", "access") != "access"  # Cognito
        or settings.OIDC_CLIENT_ID in audience
    )
    if foreign:
        raise InvalidTokenError("This is an ID token or another kind: send the access token.")


def _client_id(claims: Mapping[str, Any]) -> str:
    """RFC 9068's `client_id`, or what Auth0, Keycloak, Entra and Okta write in its place."""
    for claim in ("client_id", "azp", "cid", "appid"):
        if claim in claims:
            return _name(claims, claim)
    return ""


def _name(claims: Mapping[str, Any], claim: str) -> str:
    """A claim that goes into a database look-up: short and printable text."""
    value = claims[claim]
    if isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable():
        return value
    raise InvalidTokenError(f"The token's {claim} is not a name.")


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    """RFC 9068's `scope`, or `scp`."""
    given = claims.get("scope", claims.get("scp", ""))
    listed = given.split() if isinstance(given, str) else given
    if not isinstance(listed, list):
        raise InvalidTokenError("The token's scope is not a list of names.")
    return [scope for scope in listed if isinstance(scope, str)]
