"""Secrets in the database, readable only with the SECRET_KEY of this installation."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

PURPOSE = b"identity.passwords.encryption.1:"


class DecryptionError(Exception):
    """It was encrypted with a key that is no longer known, or by somebody else."""


def encrypt(secret: bytes) -> str:
    """The secret, encrypted and signed."""
    return _box().encrypt(secret).decode()


def decrypt(encrypted: str) -> bytes:
    """The secret. Raises DecryptionError; a key in SECRET_KEY_FALLBACKS still opens."""
    try:
        return _box().decrypt(encrypted)
    except InvalidToken:
        raise DecryptionError from None


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(PURPOSE + str(key).encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
