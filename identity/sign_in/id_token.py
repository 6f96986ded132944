"""The ID token: OpenID Connect Core 1.0, 3.1.3.7, every step that the code flow needs."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import jwt
from django.conf import settings

from identity.sign_in.provider import SignInRefusedError, UnreachableError, provider
from identity.tokens.errors import ExpiredTokenError, InvalidTokenError, KeysUnavailableError
from identity.tokens.issuer_keys import ALGORITHMS, UnknownKeyError
from identity.tokens.reader import LONGEST, OPTIONS, check_times

REQUIRED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
WRONG = "The sign-in service sent something that is not right. Try again."


def read(token: object, *, nonce: str, access_token: str) -> dict[str, Any]:
    """The claims, checked. Raises SignInRefusedError."""
    if not isinstance(token, str) or len(token) > LONGEST:
        raise SignInRefusedError(WRONG)
    try:
        claims = _verified(token)
    except KeysUnavailableError:
        raise UnreachableError from None
    except ExpiredTokenError:
        raise SignInRefusedError("That sign-in took too long. Try again.") from None
    except (jwt.PyJWTError, InvalidTokenError, UnknownKeyError):
        raise SignInRefusedError(WRONG) from None
    if not (_is_for_us(claims) and _same(claims["nonce"], nonce)):
        raise SignInRefusedError(WRONG)
    if "at_hash" in claims and not _same(claims["at_hash"], _at_hash(token, access_token)):
        raise SignInRefusedError(WRONG)
    return claims


def _verified(token: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    if str(header.get("alg")) not in ALGORITHMS:
        raise jwt.InvalidAlgorithmError
    key = provider().key(header.get("kid"))
    claims: dict[str, Any] = jwt.decode(
        token,
        key.public,
        key.algorithms,
        options={**OPTIONS, "require": REQUIRED},
        issuer=settings.OIDC_ISSUER,
        audience=settings.OIDC_CLIENT_ID,
    )
    check_times(claims)
    return claims


def _is_for_us(claims: Mapping[str, Any]) -> bool:
    """With several audiences, or an `azp`, we must be the one it was made for."""
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    return not (others or "azp" in claims) or claims.get("azp") == settings.OIDC_CLIENT_ID


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())


def _at_hash(token: str, access_token: str) -> str:
    """3.1.3.6: the left half of the hash that the signature's algorithm uses."""
    algorithm = jwt.get_unverified_header(token)["alg"]
    bits = {"384": "sha384", "512": "sha512", "DSA": "sha512"}.get(algorithm[-3:], "sha256")
    digest = hashlib.new(bits, access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
