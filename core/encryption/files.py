"""Files encrypted in chunks: of any size in little memory, and readable from any place.

Each file has a random key of its own, used for nothing else, which a row keeps in an encrypted
column (`EncryptedCharField`): rotation encrypts that column anew and leaves files alone, and a file
whose row is gone can be read by nobody. Format: a byte for it, then chunks of 64 KiB, each followed
by its 16 bytes of AES-256-GCM. A nonce is the chunk's number and whether it is the last one: chunks
that are missing, doubled or in another order are found out (STREAM, https://eprint.iacr.org/2015/189).
"""

import base64
import io
import os
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files import File

from core.encryption.cipher import TAG_BYTES, DecryptionError
from core.encryption.keys import KEY_BYTES

FORMAT = b"\x01"
CHUNK = 65_536
STORED_CHUNK = CHUNK + TAG_BYTES
DAMAGED = "The stored file is damaged, was altered, or belongs to another row."


def new_key() -> str:
    """A key for one file, as an encrypted column keeps it."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def encrypted_file(source: IO[bytes], key: str, name: str = "file") -> "File[Any]":
    """What a storage saves: the file from where it stands, encrypted while it is read, once."""
    return _EncryptedFile(io.BufferedReader(_EncryptingReader(source, key), CHUNK), name)


def decrypted_file(source: IO[bytes], key: str) -> io.BufferedReader:
    """The content of a stored file, which must be able to seek; the reader can, too.

    Raises DecryptionError here for a file that was cut or is none of this key's, and while reading
    for one that was altered. Closing it closes the source.
    """
    return io.BufferedReader(_DecryptingReader(source, key), CHUNK)


def _cipher(key: str) -> AESGCM:
    return AESGCM(base64.b64decode(key))


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((is_last,))


class _EncryptedFile(File):  # type: ignore[type-arg]  # of bytes
    """Django's idea of a file over a reader that has no size beforehand."""

    def chunks(self, chunk_size: int | None = None) -> Any:
        """All of it, once."""
        while data := self.read(chunk_size or self.DEFAULT_CHUNK_SIZE):
            yield data


class _EncryptingReader(io.RawIOBase):
    """Reads a file and gives it encrypted."""

    def __init__(self, source: IO[bytes], key: str) -> None:
        self._source, self._cipher = source, _cipher(key)
        self._number = 0
        self._pending: bytes | None = _read_fully(source, CHUNK)
        self._ready = FORMAT

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As many bytes as fit and are ready; 0 at the end."""
        if not self._ready and self._pending is not None:
            self._ready = self._encrypt_next(self._pending)
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _encrypt_next(self, chunk: bytes) -> bytes:
        """The chunk encrypted: the last one, where nothing comes behind it."""
        after = _read_fully(self._source, CHUNK) if len(chunk) == CHUNK else b""
        nonce = _nonce(self._number, is_last=not after)
        self._number, self._pending = self._number + 1, after or None
        return self._cipher.encrypt(nonce, chunk, FORMAT)


class _DecryptingReader(io.RawIOBase):
    """Reads an encrypted file from any place, a chunk at a time."""

    def __init__(self, source: IO[bytes], key: str) -> None:
        self._source, self._cipher = source, _cipher(key)
        stored = source.seek(0, io.SEEK_END) - len(FORMAT)
        source.seek(0)
        if source.read(len(FORMAT)) != FORMAT or stored < TAG_BYTES:
            raise DecryptionError(DAMAGED)
        self._last = (stored - 1) // STORED_CHUNK
        self._size = stored - (self._last + 1) * TAG_BYTES
        self._at = 0
        self._number, self._chunk = -1, b""
        self._load(self._last)

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; the place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("There is nothing before the beginning.")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """The rest of the chunk, as far as it fits; 0 at the end. Raises DecryptionError."""
        if self._at >= self._size:
            return 0
        number, within = divmod(self._at, CHUNK)
        self._load(number)
        data = self._chunk[within : within + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Close the stored file too."""
        if not self.closed:
            self._source.close()
        super().close()

    def _load(self, number: int) -> None:
        if number == self._number:
            return
        self._source.seek(len(FORMAT) + number * STORED_CHUNK)
        stored = _read_fully(self._source, STORED_CHUNK)
        nonce = _nonce(number, is_last=number == self._last)
        try:
            self._chunk = self._cipher.decrypt(nonce, stored, FORMAT)
        except (InvalidTag, ValueError):
            raise DecryptionError(DAMAGED) from None
        self._number = number


def _read_fully(source: IO[bytes], size: int) -> bytes:
    """So many bytes, or what is left: a file may give less at a time."""
    data = source.read(size)
    while len(data) < size and (more := source.read(size - len(data))):
        data += more
    return data
