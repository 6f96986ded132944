"""Small helpers to read requests and write answers."""

import hashlib
import hmac
import itertools
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

FORM = "application/x-www-form-urlencoded"


def json_answer(
    body: Any, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in constant time; header values may hold any bytes."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def bearer_of(request: web.Request) -> str:
    """The bearer token of a request, or an empty string."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def has_bearer(request: web.Request, expected: str) -> bool:
    """Whether the request carries exactly this bearer token."""
    return same(bearer_of(request), expected)


def json_object(raw: bytes) -> dict[str, Any] | None:
    """The JSON object in a body, or None when it is anything else."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def form_of(raw: bytes) -> dict[str, str]:
    """The fields of a form body. A field given twice raises ValueError."""
    pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a field is given more than once")
    return dict(pairs)


class Names:
    """Gives unique hexadecimal names: random ones, or with a seed the same in every run."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._count = itertools.count()

    def next(self, length: int = 32) -> str:
        """A name nobody had before."""
        if self._seed is None:
            return secrets.token_hex(length // 2)
        return digest(f"{self._seed}:{next(self._count)}")[:length]


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
