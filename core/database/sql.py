"""Set-based statements that the ORM has no words for."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import OperationalError, connection, models

# lock_not_available, deadlock_detected, serialization_failure
_CONCURRENCY_CODES = frozenset({"55P03", "40P01", "40001"})


def is_concurrency_error(error: BaseException | None) -> bool:
    """Whether the database refused because of another session: the same may do in a moment."""
    code = getattr(error.__cause__, "pgcode", "") if isinstance(error, OperationalError) else ""
    return code in _CONCURRENCY_CODES


def columns_of(model: type[models.Model], alias: str) -> tuple[str, list[str]]:
    """The columns of a model for a SELECT of ours, and their names as `from_db` takes them.

    The ORM takes several times as long to word a statement as PostgreSQL takes to answer it: what
    every order asks is worded once.
    """
    fields = model._meta.concrete_fields
    columns = ", ".join(f'{alias}."{field.column}"' for field in fields)
    return columns, [field.attname for field in fields]


def update_each(  # noqa: PLR0913 - four of them have a default
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    where: str = "TRUE",
    expressions: dict[str, str] | None = None,
    casts: dict[str, str] | None = None,
    returning: str = "t.id",
) -> list[tuple[Any, ...]]:
    """Update many rows, each with values of its own, in one statement; what `returning` names.

    `columns[0]` is `id`. Every other column is set to its value `v.<column>`, or to the SQL in
    `expressions` (an empty expression leaves the column alone: the value serves `where` only).
    `where` and `expressions` are SQL of ours, never input. Bounded by the caller's chunk. Rows
    are locked in the order of their keys first, so that two such statements cannot deadlock.
    """
    if not rows:
        return []
    statement = _statement(model, columns, expressions or {}, casts or {}, where, returning)
    values = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [values[0], *values])
        return list(cursor.fetchall())


def _statement(
    model: type[models.Model],
    columns: Sequence[str],
    expressions: dict[str, str],
    casts: dict[str, str],
    where: str,
    returning: str,
) -> str:
    table = f'"{model._meta.db_table}"'
    types = {field.column: _plain(field.db_type(connection)) for field in _fields(model)} | casts
    arrays = ", ".join(f"%s::{types[column]}[]" for column in columns)
    settings = ", ".join(
        f'"{column}" = {expressions.get(column, "v." + column)}'
        for column in columns[1:]
        if expressions.get(column) != ""
    )
    return (
        f"WITH locked AS (SELECT id FROM {table} WHERE id = ANY(%s::{types['id']}[]) "  # noqa: S608 - SQL of ours
        f"ORDER BY id FOR NO KEY UPDATE) "
        f"UPDATE {table} AS t SET {settings} "
        f"FROM locked JOIN unnest({arrays}) AS v({', '.join(columns)}) USING (id) "
        f"WHERE t.id = locked.id AND ({where}) RETURNING {returning}"
    )


def _fields(model: type[models.Model]) -> Sequence[Any]:
    return model._meta.concrete_fields


def _plain(kind: str | None) -> str:
    """A column type without its length: a cast to varchar(35) would cut a longer value silently."""
    return re.sub(r"\(.*\)", "", kind or "text")
