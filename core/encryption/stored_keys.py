"""The keys that the database needs must be there, and be the same ones: seen at every start.

Each key that has encrypted something has a row with a check value; `rotation` removes the row when
nothing is encrypted with it any more. A process reads them at its first connection.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper

from core.encryption import blind_index, keys
from core.encryption.cipher import DecryptionError, decrypt, encrypt

BLIND_INDEX = 0  # its row's number
CHECK = b"dosette"
ADD = """
INSERT INTO core_encryptionkey (number, check_value, since) VALUES (%s, %s, now())
ON CONFLICT (number) DO NOTHING
"""
WRONG = (
    "Key {0} of ENCRYPTION_KEYS is not the key {0} that this database was encrypted with. "
    "Put the right one back: nothing was changed."
)
MISSING = (
    "This database holds what is encrypted with key {0}, which is not in ENCRYPTION_KEYS. Put it "
    "back, and remove it when `manage.py rotate_encryption` says that it is used no more."
)
OTHER_INDEX_KEY = (
    "BLIND_INDEX_KEY is not the one that this database's indexes were made with: nothing would be "
    "found. Put it back, or run `manage.py rebuild_blind_indexes` while nothing else runs."
)


class _Checked:
    """Whether this process has looked, and whether it may work with another key for indexes."""

    done = False
    index_may_differ = False


def verify(connection: BaseDatabaseWrapper | None = None) -> None:
    """Compare the settings' keys with those that the database needs, and add the first one.

    Raises ImproperlyConfigured for a key that is missing, or is another one.
    """
    connection = connection or default_connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('core_encryptionkey')")
        if cursor.fetchone()[0] is None:  # before the first migration
            return
        stored = _stored(cursor)
        primary = keys.current().primary
        for number, value in ((primary, _check_value()), (BLIND_INDEX, blind_index.fingerprint())):
            if number not in stored:
                cursor.execute(ADD, [number, value])
        for number, value in _stored(cursor).items():
            _compare(number, value)
    _Checked.done = True


def verify_first_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """The same once in each process, at its first connection, which is closed where it fails."""
    if _Checked.done:
        return
    try:
        verify(connection)
    except ImproperlyConfigured:
        connection.close()
        raise


def verify_after_migrations(using: str = "default", **_: Any) -> None:
    """The same once the table is there."""
    verify()


def let_index_key_differ() -> None:
    """For the command that makes the indexes anew, before its first connection."""
    _Checked.index_may_differ = True


def replace_index_key() -> None:
    """Record that the indexes are made with the key of the settings."""
    with default_connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_encryptionkey WHERE number = %s", [BLIND_INDEX])
        cursor.execute(ADD, [BLIND_INDEX, blind_index.fingerprint()])


def forget(number: int) -> None:
    """Record that nothing is encrypted with this key any more."""
    with default_connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_encryptionkey WHERE number = %s", [number])


def _stored(cursor: Any) -> dict[int, bytes]:
    cursor.execute("SELECT number, check_value FROM core_encryptionkey ORDER BY number")
    return {number: bytes(value) for number, value in cursor.fetchall()}


def _context(number: int) -> str:
    return f"core_encryptionkey.{number}"


def _check_value() -> bytes:
    return encrypt(CHECK, _context(keys.current().primary))


def _compare(number: int, value: bytes) -> None:
    if number == BLIND_INDEX:
        if value != blind_index.fingerprint() and not _Checked.index_may_differ:
            raise ImproperlyConfigured(OTHER_INDEX_KEY)
        return
    if number not in keys.current().ciphers:
        raise ImproperlyConfigured(MISSING.format(number))
    try:
        decrypt(value, _context(number))
    except DecryptionError:
        raise ImproperlyConfigured(WRONG.format(number)) from None
