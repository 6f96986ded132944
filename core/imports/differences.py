"""What an import would create and change: every staged row beside what is there, as text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.imports.columns import CLEARED

PAGE = 5_000  # staged rows in memory at a time
StagedRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Present:
    """What is there of a staged row: its values as a file would hold them, by column.

    A column that is not among them is as the file has it. `patient`: whose health data was read.
    """

    values: Mapping[str, str]
    patient: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is new, or by column what is there and what would stand there then."""

    line: int
    is_new: bool
    cells: Mapping[str, tuple[str, str]]
    patient: int | None = None


def pages(cursor: Any) -> Iterator[Sequence[StagedRow]]:
    """The staged rows in the order of their lines, so many at a time."""
    line = 0
    while True:
        cursor.execute(
            f"SELECT * FROM import_rows WHERE line > %s ORDER BY line LIMIT {PAGE}",  # noqa: S608 - a number of ours
            [line],
        )
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if not rows:
            return
        line = rows[-1]["line"]
        yield rows


def difference(
    row: StagedRow, columns: Sequence[str], present: Present | None, any_case: frozenset[str]
) -> Difference | None:
    """What the row would create or change; None when all is there just so.

    Columns in `any_case` hold the same in other capitals.
    """
    if present is None:
        cells = {name: ("", _filled(row[name], "")) for name in columns}
        return Difference(row["line"], True, cells)
    changed = {}
    for name in columns:
        before = present.values.get(name)
        after = before if before is None else _filled(row[name], before)
        if before is None or after is None or before == after:
            continue
        if name not in any_case or before.upper() != after.upper():
            changed[name] = (before, after)
    return Difference(row["line"], False, changed, present.patient) if changed else None


def _filled(cell: str, before: str) -> str:
    """What stands there after the import: an empty cell keeps it, `(none)` empties it."""
    return "" if cell == CLEARED else cell or before
