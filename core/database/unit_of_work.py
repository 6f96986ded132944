"""A unit of work: rows that belong together, collected and then written in one round trip.

    with unit_of_work() as unit:
        unit.add(event)  # its receivers add theirs

`add` stands where `save()` would, `add_many` where `bulk_create()` would. A unit inside another
joins it, so the outermost one writes, at its end: in its own transaction, or in that of its caller.
Nobody reads past a row that waits: any other statement on this connection writes it first. So the
result never depends on the unit, only the number of statements does.
"""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models.signals import post_save

Row = TypeVar("Row", bound=models.Model)
Handle = Callable[[list[Any]], None]


@dataclass(slots=True)
class _Insert:
    """Rows of one model. Once: one that is there already stays as it is."""

    rows: Sequence[models.Model]
    once: bool = False
    # Rows with a field that names another row, whose key was not known yet.
    named: list[tuple[models.Model, Any]] = field(default_factory=list)

    @property
    def table(self) -> str:
        """Where they go."""
        return self.rows[0]._meta.db_table

    def give_keys(self, keys: list[Any]) -> None:
        """Give the rows their keys, which come in their order, and those of the rows they name;
        which of those that may be there already are new, nobody can tell."""
        for row, key in zip(self.rows, keys, strict=False):
            row._state.adding, row._state.db = False, connection.alias
            if not self.once:
                row.pk = key
        for row, column in self.named:
            setattr(row, column.attname, column.get_cached_value(row).pk)


@dataclass(slots=True)
class _Statement:
    """SQL that returns an `id`, its values, and who is given what it returned."""

    table: str
    sql: str
    values: Sequence[Any]
    handle: Handle | None = None


class UnitOfWork:
    """What is to be written. `mark` is that of the reference data, once somebody has read it, and
    `mark_is_of` are the tables whose change makes it void (core/database/reference.py)."""

    def __init__(self) -> None:
        self.mark: Any = None
        self.mark_is_of: Sequence[str] = ()
        self._parts: list[_Insert | _Statement] = []

    def add(self, row: Row, *, once: bool = False) -> Row:
        """Have a new row written, and let the receivers of `post_save` hear of it now.

        Its key comes with the writing: rows that name it may be added before, and who needs the key
        itself calls `write`. `once`: what its unique constraints know already is left as it is, and
        it is given no key.
        """
        self._collect(_Insert([row], once))
        post_save.send(
            type(row),
            instance=row,
            created=True,
            raw=False,
            using=connection.alias,
            update_fields=None,
        )
        return row

    def add_many(self, rows: Sequence[Row], *, once: bool = False) -> Sequence[Row]:
        """Have new rows of one model written; as with `bulk_create`, no receiver hears of them."""
        if rows:
            self._collect(_Insert(rows, once))
        return rows

    def execute(
        self, table: str, sql: str, values: Sequence[Any], handle: Handle | None = None
    ) -> None:
        """Have a statement that changes rows of a table run with the writing.

        Its RETURNING names `id` alone; `handle` gets the ids. A value that is a row of this unit
        stands for its key. It does not see the other rows of this unit.
        """
        self._collect(_Statement(table, sql, values, handle))

    def write(self) -> None:
        """Write what has been added, in one statement."""
        if not self._parts:
            return
        parts, self._parts = self._parts, []
        texts, values = _text(parts)
        with connection.cursor() as cursor:
            cursor.execute(texts, values)
            keys = cursor.fetchone()
        for part, ids in zip(parts, keys, strict=True):
            if isinstance(part, _Insert):
                part.give_keys(ids)
            elif part.handle:
                part.handle(ids)

    def _collect(self, part: _Insert | _Statement) -> None:
        self._parts.append(part)
        if part.table in self.mark_is_of:
            self.write()

    def before(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        """Write what waits ahead of another statement, unless that only reads other tables."""
        text = str(sql)
        reads = _CHANGES.search(text) is None
        if text.startswith("ROLLBACK TO SAVEPOINT"):
            # All of it came after the savepoint, which wrote what was before; perhaps the mark too.
            self._parts, self.mark = [], None
        elif self._parts and (not reads or any(part.table in text for part in self._parts)):
            self.write()
        if not reads and any(table in text for table in self.mark_is_of):
            self.mark = None
        return execute(sql, params, many, context)


# What a statement that may change something holds: keywords, SAVEPOINT and the like.
_CHANGES = re.compile(r"^(?!\s*(?:SELECT|WITH)\b)|\b(?:INSERT INTO|UPDATE|DELETE FROM)\b")
# Of each thread, as connections are.
_open = threading.local()


def current() -> UnitOfWork | None:
    """The unit that is open here, if one is."""
    return getattr(_open, "unit", None)


@contextmanager
def unit_of_work(*, savepoint: bool = False) -> Iterator[UnitOfWork]:
    """The unit that is open, or a new one, which is written at the end.

    Where something is raised, what waits is not written, and the transaction is rolled back; with a
    `savepoint` one that was open already can go on, and so can the unit that this one joined.
    """
    if joined := current():
        # It costs no statement without a savepoint, and lets nobody go on with half of it.
        with transaction.atomic(savepoint=savepoint):
            yield joined
        return
    # It is over before the commit: what that sets off has units of its own.
    with transaction.atomic(savepoint=savepoint):
        _open.unit = unit = UnitOfWork()
        try:
            with connection.execute_wrapper(unit.before):
                yield unit
                unit.write()
        finally:
            _open.unit = None


def _text(parts: Sequence[_Insert | _Statement]) -> tuple[str, list[Any]]:
    """One statement: each part a step of it, which returns its ids."""
    steps: list[str] = []
    results: list[str] = []
    values: list[Any] = []
    step_of: dict[int, str] = {}
    for number, part in enumerate(parts):
        name = f"step_{number}"
        if isinstance(part, _Insert):
            step = _insert_text(part, step_of, values)
            if len(part.rows) == 1:
                step_of[id(part.rows[0])] = name
        else:
            holes = [_hole(value, step_of, values) for value in part.values]
            step = part.sql % tuple(holes)
        steps.append(f"{name} AS ({step})")
        results.append(f"ARRAY(SELECT id FROM {name} ORDER BY id)")  # noqa: S608 - ours
    return f"WITH {', '.join(steps)} SELECT {', '.join(results)}", values


def _insert_text(part: _Insert, step_of: dict[int, str], values: list[Any]) -> str:
    model = type(part.rows[0])
    fields, begin = _columns(model)
    rows = []
    for row in part.rows:
        holes = []
        for column in fields:
            value = column.pre_save(row, True)
            if value is None and column.is_relation and column.is_cached(row):
                if value := column.get_cached_value(row):
                    part.named.append((row, column))
                holes.append(_hole(value, step_of, values))
            else:
                values.append(column.get_db_prep_save(value, connection))
                holes.append("%s")
        rows.append(f"({', '.join(holes)})")
    conflict = " ON CONFLICT DO NOTHING" if part.once else ""
    return f"{begin} VALUES {', '.join(rows)}{conflict} RETURNING id"


def _hole(value: Any, step_of: dict[int, str], values: list[Any]) -> str:
    """Where a value goes: into the values, or, of a row that is only being written, its key."""
    if isinstance(value, models.Model):
        if value.pk is None:
            return f"(SELECT id FROM {step_of[id(value)]})"  # noqa: S608 - ours
        value = value.pk
    values.append(value)
    return "%s"


@cache
def _columns(model: type[models.Model]) -> tuple[list[Any], str]:
    """The fields that are written, and the beginning of the INSERT."""
    fields = [
        each
        for each in model._meta.concrete_fields
        if not each.primary_key and not getattr(each, "generated", False)
    ]
    columns = ", ".join(f'"{each.column}"' for each in fields)
    return fields, f'INSERT INTO "{model._meta.db_table}" ({columns})'
