"""One import: read, check, stage, write, in a single transaction."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, ClassVar

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from core.history import origin
from core.imports.columns import CLEARED, Column
from core.imports.csv_reader import CSVFormatError, Record, column_names, positions
from core.imports.differences import Difference, Present, StagedRow, difference, pages
from core.imports.readers import RecordReader, reader_of
from core.imports.report import SHOWN, Problem, Report
from core.values.text import visible

CHUNK = 1_000  # rows in memory at a time
LONGEST_STATEMENT = "30min"
EMPTY = "This may not be empty."
Row = list[Any]
Progress = Callable[[str, int, int], None]
Review = Callable[[Iterator[Difference]], None]


@dataclass(frozen=True, slots=True)
class Check:
    """A check of all rows together: SQL over `import_rows` for the bad ones' `line, reason`."""

    column: str
    sql: str


class Importer(ABC):
    """What one import has of its own. Its rows are staged in the table `import_rows`: the line, the
    columns by name, and what `derive` adds; all text. One whose rows must not lie readable in the
    table names other columns in `staged`, with their types, and fills them in `stage`.
    """

    noun: ClassVar[str]
    # Whose rows it writes: who may add and change them may import them.
    model: ClassVar[type[models.Model]]
    holds_health_data: ClassVar[bool] = False
    columns: ClassVar[Sequence[Column]]
    # Columns that only an export has: they are passed over.
    passed_over: ClassVar[frozenset[str]] = frozenset()
    # Columns of which one has to be filled in: each tells which record it is.
    identified_by: ClassVar[Sequence[str]] = ()
    derived: ClassVar[Sequence[str]] = ()
    staged: ClassVar[Mapping[str, str]] = {}
    checks: ClassVar[Sequence[Check]] = ()
    # Columns whose values are the same in other capitals.
    any_case: ClassVar[frozenset[str]] = frozenset()
    # Whether what is there stays as it is from the comparison until the end of the transaction.
    is_locking = False

    def derive(self, values: Row, cells: Row) -> Row:
        """The values of the `derived` columns for a good row; `cells` are as they were written."""
        return []

    def stage(self, rows: list[Row], report: Report) -> list[Row]:
        """What the table gets of some good rows: the line, and a value for each staged column.

        Rows that turn out to be bad are left out, and added to the report.
        """
        return rows

    def present(self, rows: Sequence[StagedRow]) -> Mapping[int, Present]:
        """By line, what is there already of these staged rows, which come a page at a time.

        For imports whose rows are staged as plain text; others have their own `differences`.
        """
        return {}

    def problems(self, rows: Sequence[StagedRow]) -> Iterator[Problem]:
        """What is wrong with staged rows that SQL cannot tell; a page at a time."""
        return iter(())

    def read(self, rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
        """The rows that are compared with the file, locked where they are about to be written."""
        return rows.select_for_update(no_key=True) if self.is_locking else rows

    def differences(self, cursor: Any) -> Iterator[Difference]:
        """What the staged rows would create and change, in the order of their lines."""
        names = [column.name for column in self.columns]
        for rows in pages(cursor):
            there = self.present(rows)
            for row in rows:
                each = difference(row, names, there.get(row["line"]), self.any_case)
                if each is not None:
                    yield each

    @abstractmethod
    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Write the staged rows; how many were created and how many updated."""


def duplicates(column: str) -> Check:
    """The check that no value of the column, empty ones apart, is in the file twice."""
    return Check(
        column,
        f"""
        SELECT r.line, 'This is on line ' || twice.first_line || ' already.' AS reason
        FROM import_rows r JOIN (
            SELECT {column}, min(line) AS first_line FROM import_rows
            WHERE {column} <> '' GROUP BY {column} HAVING count(*) > 1
        ) twice USING ({column})
        WHERE r.line > twice.first_line
        """,  # noqa: S608 - a column name of ours
    )


def emptied(column: str, table: str, key: str, by: str) -> Check:
    """The check that a column is filled in: in the row, or in the one of `table` that is there,
    whose `key` is the row's column `by`."""
    return Check(
        column,
        f"""
        SELECT r.line, 'This may not be empty.' AS reason
        FROM import_rows r LEFT JOIN {table} p ON p.{key} = r.{by}
        WHERE r.{column} = '{CLEARED}' OR (r.{column} = '' AND p.{key} IS NULL)
        """,  # noqa: S608 - names of ours
    )


def run(
    importer: Importer,
    stream: BinaryIO,
    *,
    by: str,
    dry_run: bool = False,
    progress: Progress = lambda stage, rows, size: None,
    review: Review | None = None,
) -> Report:
    """Import a CSV file or a workbook; the report says what was wrong, or what was written.

    One bad row, or `dry_run`, and nothing is written. `progress` is told the stage, the rows and
    the bytes so far, once per chunk. `review` is shown the differences of a good file before they
    are written, or in place of that in a dry run; what it raises ends the import. Memory does not
    grow with the file.
    """
    report = Report(dry_run=dry_run)
    with origin.acting(by), transaction.atomic(), connection.cursor() as cursor:
        # A large file is written by one statement, which the usual minute is too short for.
        cursor.execute("SET LOCAL statement_timeout = %s", [LONGEST_STATEMENT])
        reader = reader_of(stream, importer.columns)
        # One import of a kind at a time: two would wait for each other's rows in any order.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import {importer.noun}"])
        _stage(importer, reader, cursor, report, progress)
        for check in importer.checks:
            _apply(check, cursor, report)
        if type(importer).problems is not Importer.problems:
            for rows in pages(cursor):
                for problem in importer.problems(rows):
                    report.add(problem)
        if report.ok and review is not None:
            progress("comparing", report.rows, 0)
            review(importer.differences(cursor))
        if report.ok and not (dry_run and review):
            progress("writing", report.rows, reader.bytes_read)
            report.created, report.updated = importer.write(cursor, by)
        if dry_run or not report.ok:
            transaction.set_rollback(True)
    return report


def _stage(
    importer: Importer, reader: RecordReader, cursor: Any, report: Report, progress: Progress
) -> None:
    plain = (*(column.name for column in importer.columns), *importer.derived)
    staged = {"line": "bigint"} | dict(importer.staged or dict.fromkeys(plain, "text"))
    typed = ", ".join(f"{name} {kind}" for name, kind in staged.items())
    cursor.execute("DROP TABLE IF EXISTS pg_temp.import_rows")
    cursor.execute(f"CREATE TEMPORARY TABLE import_rows ({typed}) ON COMMIT DROP")
    rows = _good_rows(importer, reader, report)
    while chunk := list(islice(rows, CHUNK)):
        _copy(cursor, importer.stage(chunk, report))
        progress("reading", report.rows, reader.bytes_read)
    cursor.execute("ANALYZE import_rows")


def _copy(cursor: Any, rows: Iterable[Row]) -> None:
    """Every value in quotes, so that none of them reads as NULL or as the end of the data."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(rows)
    buffer.seek(0)
    cursor.cursor.copy_expert("COPY import_rows FROM STDIN (FORMAT csv)", buffer, 65_536)


def _good_rows(importer: Importer, reader: RecordReader, report: Report) -> Iterator[Row]:
    records = reader.records()
    try:
        header = next(records, None)
        places, problems = positions(header, importer.columns, importer.passed_over)
        if problems:
            problems = _below(records, importer) or problems
            report.add_many(problems, len(problems))
            return
        width = len(column_names(header[1])) if isinstance(header, tuple) else 0
        yield from _clean_rows(importer, records, places, width, report)
    except CSVFormatError as error:
        report.add(error.problem)


def _below(records: Iterator[Record | Problem], importer: Importer) -> list[Problem]:
    """The problem that the names of the columns are on the second row; nothing if they are not."""
    second = next(records, None)
    if (
        not isinstance(second, tuple)
        or positions(second, importer.columns, importer.passed_over)[1]
    ):
        return []
    reason = "The names of the columns are here. Remove what is above them: they come first."
    return [Problem(second[0], "", reason)]


def _clean_rows(
    importer: Importer,
    records: Iterator[Record | Problem],
    places: Sequence[int | None],
    width: int,
    report: Report,
) -> Iterator[Row]:
    # A column that is not in the file reads the empty cell added behind the last one.
    plan = [
        (column.clean, width if at is None else at)
        for column, at in zip(importer.columns, places, strict=True)
    ]
    checks = [(column.plain.fullmatch, column.clean) for column in importer.columns]
    names = [column.name for column in importer.columns]
    ids = [names.index(name) for name in importer.identified_by]
    for record in records:
        report.rows += 1
        if isinstance(record, Problem):
            report.add(record)
            continue
        line, cells = record
        if not _fits(cells, width):
            reason = f"This row has {len(cells)} values, the header {width}."
            report.add(Problem(line, "", reason))
            continue
        cells.append("")
        stripped = [cells[at].strip() for _, at in plan]
        try:
            values = [
                cell if is_plain(cell) else clean(cell)
                for (is_plain, clean), cell in zip(checks, stripped, strict=True)
            ]
        except ValidationError:
            _name_problems(importer, plan, line, cells, report)
        else:
            if ids and not any(values[at] for at in ids):
                report.add(Problem(line, names[ids[0]], EMPTY))
            else:
                yield [line, *values, *importer.derive(values, stripped)]


def _fits(cells: list[str], width: int) -> bool:
    """Whether a row has as many cells as the header, those apart that have no name and no value."""
    if len(cells) > width and not visible("".join(cells[width:])):
        del cells[width:]
    return len(cells) == width


def _name_problems(
    importer: Importer, plan: Sequence[Any], line: int, cells: list[str], report: Report
) -> None:
    """Check a bad row again, cell by cell, to name all that is wrong with it."""
    columns, ids = importer.columns, importer.identified_by
    named = zip(columns, plan, strict=True)
    if all(cells[at].strip().lower() == column.name for column, (_, at) in named if cells[at]):
        report.add(Problem(line, "", "The names of the columns are here again. Remove this row."))
        return
    filled = set()
    for column, (clean, at) in zip(columns, plan, strict=True):
        try:
            if clean(cells[at].strip()):
                filled.add(column.name)
        except ValidationError as error:
            report.add(Problem(line, column.name, " ".join(error.messages)))
            filled.add(column.name)
    if ids and filled.isdisjoint(ids):
        report.add(Problem(line, ids[0], EMPTY))


def _apply(check: Check, cursor: Any, report: Report) -> None:
    cursor.execute(f"SELECT count(*) FROM ({check.sql}) AS bad")  # noqa: S608 - SQL of ours
    count = cursor.fetchone()[0]
    if count:
        cursor.execute(f"{check.sql} ORDER BY 1 LIMIT {SHOWN}")
        first = [Problem(line, check.column, reason) for line, reason in cursor.fetchall()]
        report.add_many(first, count)
