"""Where attachments are: Django's storage of that name, a folder or a bucket (STORAGES).

Each file is encrypted with a key of its own, which its row keeps; its name is random, below the day
on which it came, so that the sweeper finds what a broken upload left without looking at all.
"""

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import IO, Any

from django.core.files.storage import Storage, storages

from core.database import clock
from core.encryption.cipher import DecryptionError
from core.encryption.files import decrypted_file, encrypted_file


class BucketError(OSError):
    """What a bucket, or the way to it, is at fault for: as a folder's errors are."""


def storage() -> Storage:
    """The storage of attachments."""
    return storages["attachments"]


def save(file: IO[Any], key: str) -> str:
    """Store a file, encrypted; the name under which it is found. Raises OSError."""
    file.seek(0)
    name = f"{_folder(clock.now().date())}/{uuid.uuid4().hex}"
    with _bucket_errors():
        return storage().save(name, encrypted_file(file, key))


def open_stored(name: str, key: str) -> io.BufferedReader:
    """The content of a stored file. Raises OSError, DecryptionError.

    A bucket is asked for all of it here; it lies encrypted in a temporary file meanwhile.
    """
    with _bucket_errors():
        return decrypted_file(storage().open(name), key)


def delete(name: str) -> None:
    """Remove a file that no row names. Raises OSError."""
    with _bucket_errors():
        storage().delete(name)


def names_of_last_days(days: int = 2) -> Iterator[str]:
    """The names of all files that came in so many days, until today (UTC). Raises OSError."""
    today = clock.now().date()
    for back in range(days):
        folder = _folder(today - timedelta(days=back))
        try:
            with _bucket_errors():
                _, files = storage().listdir(folder)
        except FileNotFoundError:
            continue
        yield from (f"{folder}/{name}" for name in files)


def _folder(day: date) -> str:
    return f"{day:%Y/%m/%d}"


@contextmanager
def _bucket_errors() -> Iterator[None]:
    """Raise BucketError for what a bucket's client raises; it names no key and no address."""
    try:
        yield
    except (OSError, DecryptionError):
        raise
    except _errors_of_buckets() as error:
        answer: Any = getattr(error, "response", {})
        code = answer.get("Error", {}).get("Code", "no answer")
        raise BucketError(f"{type(error).__name__}, {code}") from error


def _errors_of_buckets() -> tuple[type[Exception], ...]:
    """Those of the client, which is loaded by then if a bucket is used."""
    from boto3.exceptions import Boto3Error  # noqa: PLC0415 - takes memory, and a folder needs none
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - likewise
    from s3transfer.exceptions import RetriesExceededError  # noqa: PLC0415 - likewise

    return Boto3Error, BotoCoreError, ClientError, RetriesExceededError
