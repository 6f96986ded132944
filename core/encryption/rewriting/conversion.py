"""For migrations: plain columns of a table made encrypted ones of the same names.

Nothing else may write the table meanwhile. It is done in batches of rows, each committed, so a
migration that was stopped goes on where it was; it must not be atomic. At the end the table is
written anew (VACUUM FULL, which locks it): else the plain values would stay in its file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import migrations
from psycopg2 import Binary
from psycopg2.extras import execute_values

from core.encryption.cipher import encrypt

BATCH = 1_000
TYPES = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""
Row = Mapping[str, Any]
Made = Callable[[Row], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is converted: the `required` columns are NOT NULL.

    `made` gives the values of other columns from a row's plain ones, such as a blind index. A
    history names the table that its rows are copied from.
    """

    table: str
    required: Sequence[str]
    optional: Sequence[str] = ()
    made: Made | None = None
    key: str = "id"
    copied_from: str = ""

    @property
    def columns(self) -> list[str]:
        """All of them."""
        return [*self.required, *self.optional]


def encrypt_columns(conversion: Conversion) -> list[Any]:
    """The operations."""
    table, required, columns = conversion.table, conversion.required, conversion.columns
    added = ", ".join(f"ADD COLUMN IF NOT EXISTS {name}_encrypted bytea" for name in columns)
    required_now = ", ".join(f"ALTER COLUMN {name}_encrypted SET NOT NULL" for name in required)
    dropped = ", ".join(f"DROP COLUMN {name}" for name in columns)
    renamed = [f"ALTER TABLE {table} RENAME COLUMN {c}_encrypted TO {c}" for c in columns]
    swapped = [
        f"-- squawk-ignore adding-not-nullable-field\nALTER TABLE {table} {required_now}",
        f"-- squawk-ignore ban-drop-column\nALTER TABLE {table} {dropped}",
        *(f"-- squawk-ignore renaming-column\n{statement}" for statement in renamed),
    ]

    def fill(apps: Any, schema_editor: Any) -> None:
        # Neither a guard of a history nor the trigger that writes one has a say in this.
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            while _fill_batch(cursor, conversion):
                pass
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return [
        migrations.RunSQL(f"ALTER TABLE {table} {added}"),
        migrations.RunPython(fill),
        migrations.RunSQL(";\n".join(["BEGIN", *swapped, "COMMIT"])),
        migrations.RunSQL(f"VACUUM (FULL, ANALYZE) {table}"),
    ]


def encrypted_value(value: Any, context: str) -> Any:
    """What an encrypted column keeps of a plain value."""
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, date) else value
    return Binary(encrypt(text.encode(), context) if text else b"")


def _fill_batch(cursor: Any, conversion: Conversion) -> int:
    """Encrypt some rows; how many there were."""
    table, first, key = conversion.table, conversion.required[0], conversion.key
    place = conversion.copied_from or table
    # Names of ours. SELECT * so that `made` may use columns that stay as they are.
    waiting = f"SELECT * FROM {table} WHERE {first}_encrypted IS NULL LIMIT {BATCH}"  # noqa: S608 - names of ours
    cursor.execute(waiting)
    names = [column.name for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if not rows:
        return 0
    values = []
    for row in rows:
        encrypted = {
            f"{name}_encrypted": encrypted_value(row[name], f"{place}.{name}")
            for name in conversion.columns
        }
        made = conversion.made(row) if conversion.made else {}
        values.append({key: row[key], **encrypted, **made})
    written = [name for name in values[0] if name != key]
    cursor.execute(TYPES, [table])
    types = dict(cursor.fetchall())  # of NULLs alone PostgreSQL would think that they are text
    assignments = ", ".join(f"{name} = v.{name}::{types[name]}" for name in written)
    execute_values(
        cursor.cursor,
        f"""
        UPDATE {table} t SET {assignments} FROM (VALUES %s) AS v ({key}, {", ".join(written)})
        WHERE t.{key} = v.{key}
        """,  # noqa: S608 - names of ours
        [list(row.values()) for row in values],
        page_size=BATCH,
    )
    return len(rows)
