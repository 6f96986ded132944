"""Bytes encrypted for one place: AES-256-GCM, the place bound to them as associated data.

What is stored is: a byte for this format, the key's number, 12 random bytes, the cipher text, and
16 bytes by which an alteration is seen. A value copied to another column does not decrypt there.
"""

import os

from cryptography.exceptions import InvalidTag

from core.encryption import keys

FORMAT = 1
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD = 2 + NONCE_BYTES + TAG_BYTES  # bytes that a value grows by


class DecryptionError(Exception):
    """It cannot be read: its key is unknown, or it was altered or belongs to another place."""


def encrypt(plaintext: bytes, context: str) -> bytes:
    """The bytes, encrypted with the first key for this place, such as `clinical_patient.email`."""
    ring = keys.current()
    head = bytes((FORMAT, ring.primary))
    nonce = os.urandom(NONCE_BYTES)
    body = ring.ciphers[ring.primary].encrypt(nonce, plaintext, head + context.encode())
    return head + nonce + body


def decrypt(encrypted: bytes | memoryview, context: str) -> bytes:
    """The bytes. Raises DecryptionError, whose text holds the place and the key's number alone."""
    stored = bytes(encrypted)
    number = key_number(stored)
    cipher = keys.current().ciphers.get(number)
    if cipher is None:
        raise DecryptionError(
            f"{context} is encrypted with key {number}, which is not in ENCRYPTION_KEYS."
        )
    nonce, rest = stored[2 : 2 + NONCE_BYTES], stored[2 + NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, rest, stored[:2] + context.encode())
    except InvalidTag:
        raise DecryptionError(
            f"{context} does not decrypt with key {number}: the key is another one, or the value "
            "was altered or moved."
        ) from None


def key_number(encrypted: bytes | memoryview) -> int:
    """The number of the key that it was encrypted with. Raises DecryptionError for other bytes."""
    stored = bytes(encrypted)
    if len(stored) < OVERHEAD or stored[0] != FORMAT:
        raise DecryptionError("This is not what Dosette encrypts.")
    return stored[1]
