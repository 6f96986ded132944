"""The keys of this installation: from the environment, and derived from nothing else.

`ENCRYPTION_KEYS` is a list such as `2:BASE64,1:BASE64`: the first encrypts, all decrypt. Numbers
are 1 to 255, each key is 32 random bytes. `BLIND_INDEX_KEY` is one such key without a number.
"""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
LARGEST_NUMBER = 255  # the number is one byte of what is stored
HOW_TO_MAKE = "Make one with: head -c 32 /dev/urandom | base64"
FORM = f"ENCRYPTION_KEYS: write each key as 1:BASE64. {HOW_TO_MAKE}"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys by number; `primary` is the number of the one that encrypts."""

    primary: int
    ciphers: dict[int, AESGCM]


def current() -> KeyRing:
    """The keys of the settings. Raises ImproperlyConfigured when there are none, or bad ones."""
    return _ring(settings.ENCRYPTION_KEYS)


def blind_index_key() -> bytes:
    """The key of the blind indexes, from the settings. Raises ImproperlyConfigured."""
    return _blind_index_key(settings.BLIND_INDEX_KEY)


def numbered(text: str) -> dict[int, bytes]:
    """The keys in `2:BASE64,1:BASE64`, in their order. Raises ImproperlyConfigured."""
    keys: dict[int, bytes] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        number, colon, key = part.partition(":")
        if not (colon and number.isascii() and number.isdecimal() and len(number) <= 3):
            raise ImproperlyConfigured(FORM)
        if not 1 <= int(number) <= LARGEST_NUMBER:
            raise ImproperlyConfigured(f"ENCRYPTION_KEYS: numbers are 1 to {LARGEST_NUMBER}.")
        if int(number) in keys:
            raise ImproperlyConfigured(f"ENCRYPTION_KEYS: there are two keys numbered {number}.")
        keys[int(number)] = decoded(key, f"ENCRYPTION_KEYS, key {int(number)}")
    if not keys:
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS is empty. {HOW_TO_MAKE}")
    if len(set(keys.values())) < len(keys):
        raise ImproperlyConfigured("ENCRYPTION_KEYS: two numbers have the same key.")
    return keys


def decoded(text: str, name: str) -> bytes:
    """The 32 bytes of a key in Base64. Raises ImproperlyConfigured, with the name, not the key."""
    try:
        key = base64.b64decode(text.strip().encode(), validate=True)
    except (binascii.Error, UnicodeError):
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < 8:
        raise ImproperlyConfigured(
            f"{name} is not the Base64 of {KEY_BYTES} random bytes. {HOW_TO_MAKE}"
        )
    return key


@lru_cache(maxsize=4)
def _ring(text: str) -> KeyRing:
    keys = numbered(text)
    return KeyRing(next(iter(keys)), {number: AESGCM(key) for number, key in keys.items()})


@lru_cache(maxsize=4)
def _blind_index_key(text: str) -> bytes:
    return decoded(text, "BLIND_INDEX_KEY")
