"""Where attachments are: Django's storage of that name, a folder or a bucket (STORAGES).

Each file is encrypted with a key of its own, which its row keeps; its name is random, below the day
on which it came, so that the sweeper finds what a broken upload left without looking at all.
"""

import io
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import IO, Any

from django.core.files.storage import Storage, storages

from core.database import clock
from core.encryption.files import decrypted_file, encrypted_file


def storage() -> Storage:
    """The storage of attachments."""
    return storages["attachments"]


def save(file: IO[Any], key: str) -> str:
    """Store a file, encrypted; the name under which it is found."""
    file.seek(0)
    name = f"{_folder(clock.now().date())}/{uuid.uuid4().hex}"
    return storage().save(name, encrypted_file(file, key))


def open_stored(name: str, key: str) -> io.BufferedReader:
    """The content of a stored file. Raises FileNotFoundError, DecryptionError."""
    return decrypted_file(storage().open(name), key)


def delete(name: str) -> None:
    """Remove a file that no row names."""
    storage().delete(name)


def names_of_last_days(days: int = 2) -> Iterator[str]:
    """The names of all files that came in so many days, until today (UTC)."""
    today = clock.now().date()
    for back in range(days):
        folder = _folder(today - timedelta(days=back))
        try:
            _, files = storage().listdir(folder)
        except FileNotFoundError:
            continue
        yield from (f"{folder}/{name}" for name in files)


def _folder(day: date) -> str:
    return f"{day:%Y/%m/%d}"
