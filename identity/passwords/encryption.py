"""Secrets in the database, readable only with the SECRET_KEY of this installation."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

PURPOSE = b"identity.passwords.encryption.1:"


class CannotOpen(Exception):  # noqa: N818 - says what happened
    """It was sealed with a key that is gone, or by somebody else."""


def seal(secret: bytes) -> str:
    """The secret, encrypted and signed."""
    return _box().encrypt(secret).decode()


def unseal(sealed: str) -> bytes:
    """The secret. Raises CannotOpen; a key in SECRET_KEY_FALLBACKS still opens."""
    try:
        return _box().decrypt(sealed)
    except InvalidToken:
        raise CannotOpen from None


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(PURPOSE + str(key).encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
