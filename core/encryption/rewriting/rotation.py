"""Everything encrypted anew with the first key, while the system runs.

Which columns there are is read from the models, so none can be forgotten. A value is replaced only
where it is still the one that was read: an edit that came between stays, and was encrypted with the
first key by itself. What was done is seen from the values, so a run that was stopped is gone on
with by the next one. Tables that are only added to let their owner do it, and nobody else
(core/database/append_only.py): there the command runs as `migrate` does.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from psycopg2 import Binary
from psycopg2.extras import execute_values

from core.encryption import keys, stored_keys
from core.encryption.cipher import decrypt, encrypt
from core.encryption.fields import EncryptedField

BATCH = 500
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Outcome:
    """How many values were encrypted anew, and the numbers of keys that are used no more.

    `remaining` counts the values of other keys that are left, by column.
    """

    encrypted: int = 0
    remaining: Counter[str] = field(default_factory=Counter)
    retired: list[int] = field(default_factory=list)
    stopped: bool = False


def allow(cursor: Any) -> None:
    """Let this transaction encrypt anew, which no history and no version counts.

    Raises PermissionError for whoever does not own the tables.
    """
    cursor.execute("SELECT set_config('dosette.reencrypting', 'on', true)")
    cursor.execute("SELECT core_is_reencrypting()")
    if not cursor.fetchone()[0]:
        raise PermissionError("Only the owner of the tables may do this: run it as `migrate` is.")


def encrypted_fields() -> Iterator[Any]:
    """Every encrypted column of every table."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            for column in model._meta.local_concrete_fields:
                if isinstance(column, EncryptedField):
                    yield column


def rotate(
    progress: Progress = lambda column, done: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Encrypt all that other keys encrypted with the first one, and forget keys used no more.

    Ends early, between two batches, when it should stop. Raises DecryptionError for a value that
    no key reads.
    """
    outcome = Outcome()
    for column in encrypted_fields():
        outcome.encrypted += _rotate_column(column, progress, should_stop)
        if should_stop():
            outcome.stopped = True
            return outcome
    outcome.remaining = remaining()
    if not outcome.remaining:
        outcome.retired = _retire()
    return outcome


def remaining() -> Counter[str]:
    """How many values are encrypted with another key than the first, by column."""
    counts: Counter[str] = Counter()
    with connection.cursor() as cursor:
        for column in encrypted_fields():
            cursor.execute(f"SELECT count(*) {_others(column)}", [keys.current().primary])
            if count := cursor.fetchone()[0]:
                counts[column.context] += count
    return counts


def _others(column: Any) -> str:
    """SQL: the rows whose value another key has encrypted."""
    name = f'"{column.column}"'
    table = f'"{column.model._meta.db_table}"'
    return f"FROM {table} WHERE length({name}) > 0 AND get_byte({name}, 1) <> %s"


def _rotate_column(column: Any, progress: Progress, should_stop: Callable[[], bool]) -> int:
    """Batch by batch, in the order of the rows' keys; how many values."""
    done, last = 0, None
    while not should_stop():
        with transaction.atomic(), connection.cursor() as cursor:
            allow(cursor)
            rows = _next(cursor, column, last)
            done += _replace(cursor, column, rows)
        if not rows:
            break
        last = rows[-1][0]
        progress(column.context, done)
    return done


def _next(cursor: Any, column: Any, last: Any) -> list[tuple[Any, memoryview]]:
    pk = f'"{column.model._meta.pk.column}"'
    behind = f" AND {pk} > %s" if last is not None else ""
    cursor.execute(
        f'SELECT {pk}, "{column.column}" {_others(column)}{behind} ORDER BY {pk} LIMIT {BATCH}',
        [keys.current().primary, *([last] if last is not None else [])],
    )
    rows: list[tuple[Any, memoryview]] = cursor.fetchall()
    return rows


def _replace(cursor: Any, column: Any, rows: list[tuple[Any, memoryview]]) -> int:
    """Write the values anew where they are still the ones that were read; how many."""
    if not rows:
        return 0
    table, pk = column.model._meta.db_table, column.model._meta.pk.column
    values = [
        (key, Binary(old), Binary(encrypt(decrypt(old, column.context), column.context)))
        for key, old in rows
    ]
    execute_values(
        cursor.cursor,
        f"""
        UPDATE "{table}" t SET "{column.column}" = v.new FROM (VALUES %s) AS v (key, old, new)
        WHERE t."{pk}" = v.key AND t."{column.column}" = v.old
        """,  # noqa: S608 - names of ours
        values,
        page_size=BATCH,
    )
    count: int = cursor.rowcount
    return count


def _retire() -> list[int]:
    """Forget the keys but the first: nothing is encrypted with them."""
    stored = apps.get_model("core.EncryptionKey").objects
    others = stored.exclude(number__in=(keys.current().primary, stored_keys.BLIND_INDEX))
    numbers = sorted(others.values_list("number", flat=True))
    for number in numbers:
        stored_keys.forget(number)
    return numbers
