"""Files in the database, encrypted, written and read with one part in memory.

In the database, so that every process has them, a transaction takes them back, and what is thrown
away is gone: see docs/decisions/0039-import-and-export.md.
"""

import io
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F

from transfers.models import FilePart, StoredFile

PART = 1024 * 1024  # bytes


class Writer(io.RawIOBase):
    """A file that is being written: flush and close it, then `file` is whole."""

    def __init__(self) -> None:
        super().__init__()
        self.file = StoredFile.objects.create()
        self._kept, self._number = bytearray(), 0

    def writable(self) -> bool:
        """It is there to be written."""
        return True

    def write(self, data: Any) -> int:
        """Take the bytes; whole parts go to the database."""
        self._kept += data
        while len(self._kept) >= PART:
            self._store(PART)
        return len(data)

    def close(self) -> None:
        """Store the rest."""
        if not self.closed and self._kept:
            self._store(len(self._kept))
        super().close()

    def _store(self, size: int) -> None:
        content = b64encode(self._kept[:size]).decode()
        FilePart.objects.create(file=self.file, number=self._number, content=content)
        StoredFile.objects.filter(pk=self.file.pk).update(size=F("size") + size)
        self._number += 1
        del self._kept[:size]


def store(chunks: Iterable[bytes]) -> StoredFile:
    """Keep these bytes."""
    writer = Writer()
    for chunk in chunks:
        writer.write(chunk)
    writer.close()
    return writer.file


def parts(file: StoredFile) -> Iterator[bytes]:
    """What is in a file, part by part. Raises DecryptionError."""
    number = 0
    while True:
        part = FilePart.objects.filter(file=file, number=number).first()
        if part is None:
            return
        yield b64decode(part.content)
        number += 1


class _Reader(io.RawIOBase):
    def __init__(self, file: StoredFile) -> None:
        super().__init__()
        self._parts, self._rest = parts(file), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._parts, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def opened(file: StoredFile) -> io.BufferedReader:
    """The file, to be read from its beginning. Raises DecryptionError when it is read."""
    return io.BufferedReader(_Reader(file), 65_536)
