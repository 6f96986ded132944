"""The shared CSV importer (requirement B4), shown on a table of core's own."""

import io
import tracemalloc
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.imports import (
    Column,
    Importer,
    Present,
    Problem,
    Report,
    StagedRow,
    duplicates,
    limits_of,
    run,
)
from core.imports.csv_reader import LONGEST_RECORD, CSVFormatError, Reader
from core.imports.importer import CHUNK
from core.models import Circuit

pytestmark = pytest.mark.django_db


class CircuitImporter(Importer):
    """Circuits by name."""

    noun = "circuits"
    model = Circuit
    columns = (
        Column("name", limits_of(Circuit, "name")),
        Column("note", lambda text: text, required=False),
    )
    checks = (duplicates("name"),)

    def present(self, rows: Sequence[StagedRow]) -> Mapping[int, Present]:
        """Circuits by name."""
        known = set(Circuit.objects.values_list("name", flat=True))
        return {row["line"]: Present({}) for row in rows if row["name"] in known}

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the new ones."""
        cursor.execute(
            "INSERT INTO core_circuit (name, failures)"
            " SELECT name, 0 FROM import_rows ORDER BY line ON CONFLICT (name) DO NOTHING"
        )
        return cursor.rowcount, 0


def run_bytes(data: bytes, **options: Any) -> Report:
    return run(CircuitImporter(), io.BytesIO(data), by="user:test", **options)


def problems(data: bytes) -> list[str]:
    return [str(problem) for problem in run_bytes(data).problems]


def names() -> set[str]:
    return set(Circuit.objects.values_list("name", flat=True))


@pytest.mark.parametrize(
    "data",
    [
        b"name\na\nb\n",
        b"name\r\na\r\nb\r\n",
        b"\xef\xbb\xbfname\na\nb",
        b" name , note\n a , x\n b ,\n",
        b'note, name\n, "a"\n"x, y", b\n\n  \n',
    ],
    ids=["plain", "crlf", "bom and no end of line", "blanks", "order, quotes and blank lines"],
)
def test_files_are_read_as_programs_write_them(data: bytes) -> None:
    report = run_bytes(data)
    assert (report.rows, report.created) == (2, 2)
    assert names() == {"a", "b"}


def test_values_are_stored_exactly_as_they_are_written() -> None:
    values = ["\\N", "\\.", 'quo"te', "Łukasz Zoë", "one\\two", "a,b", "NULL", "' OR 1=1 --"]
    quoted = "\n".join('"' + value.replace('"', '""') + '"' for value in values)
    assert run_bytes(f"name\n{quoted}\n".encode()).ok
    assert names() == set(values)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ["line 1: The file is empty. Its first line must name the columns: name, note."]),
        (b"note\nx\n", ["line 1, name: This column is missing."]),
        (b"name,nme\na,b\n", ["line 1, nme: This column is unknown."]),
        (b"name,name\na,b\n", ["line 1, name: This column is there twice."]),
        (b"name,\x1b[2J\n", ["line 1, ?[2J: This column is unknown."]),
        (b"name\na,b\n", ["line 2: This row has 2 values, the header 1."]),
        (b"name\n\na\nb\na\n", ["line 5, name: This is on line 3 already."]),
        (b'name,note\n"",x\n', ["line 2, name: This may not be empty."]),
        (b"name\n" + b"x" * 61, ["line 2, name: This has 61 characters; at most 60 fit."]),
        (b'name\n"a\nb\n', ["line 2: A quote is opened here and never closed."]),
        (b'name\n"a"b\nc\n', ["line 2: A closing quote must be followed by a comma."]),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(data: bytes, expected: list[str]) -> None:
    assert problems(data) == expected
    assert not names()


@pytest.mark.parametrize(
    "junk", [b"a\0b", b"caf\xe9", b"\xed\xa0\x80"], ids=["NUL", "latin", "lone"]
)
def test_bytes_that_are_no_text_are_named(junk: bytes) -> None:
    """A value of another encoding is a problem of its cell, not of the whole file."""
    said = problems(b"name\nfine\n" + junk + b"\n")
    assert said == ["line 3, name: This is not text in UTF-8, or it holds a NUL character."]


@pytest.mark.parametrize("junk", [b"\x89PNG\r\n\x1a\n\0\0", b"\x89;PNG\0", b"\0" * 99])
def test_a_file_that_is_no_text_at_all_is_refused_in_one_sentence(junk: bytes) -> None:
    assert problems(junk) == [
        "line 1: This is not a CSV file in UTF-8. Save it as “CSV UTF-8” and try again."
    ]


@pytest.mark.parametrize("start", [b"", b"name\n", b"name\na\n"])
def test_a_line_of_ten_megabytes_is_refused_without_reading_it_all(start: bytes) -> None:
    stream = io.BytesIO(start + b"x" * 10_000_000)
    report = run(CircuitImporter(), stream, by="user:test")
    assert "longer than 1,000,000 bytes" in report.problems[0].reason
    assert stream.tell() < 2_000_000


def test_a_record_of_many_lines_is_capped_too() -> None:
    """Quoted line breaks, each line and each value short, must not add up without end."""
    record = (b'"' + b"x\n" * 50_000 + b'",') * 30
    with pytest.raises(CSVFormatError, match="longer than"):
        list(Reader(io.BytesIO(record)).records())


def test_only_the_first_hundred_problems_are_kept_but_all_are_counted() -> None:
    report = run_bytes(b"name\n" + b"x" * 61 + (b"\n" + b"x" * 61) * 4_999)
    assert (report.problem_count, len(report.problems)) == (5_000, 100)
    assert [problem.line for problem in report.problems] == list(range(2, 102))


def test_a_hundred_thousand_problems_take_no_more_memory_than_a_hundred() -> None:
    report = Report()
    tracemalloc.start()
    for line in range(1_000_000, 0, -10):
        report.add(Problem(line, "name", "Bad."))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000
    assert [problem.line for problem in report.problems] == list(range(10, 1_010, 10))


def test_one_bad_row_and_nothing_is_written() -> None:
    assert not run_bytes(b"name\na\n" + b"x" * 61 + b"\nc\n").ok
    assert not names()


def test_a_dry_run_counts_and_writes_nothing() -> None:
    report = run_bytes(b"name\na\nb\n", dry_run=True)
    assert (report.created, report.ok) == (2, True)
    assert not names()


def test_progress_tells_rows_and_bytes() -> None:
    told: list[tuple[str, int, int]] = []
    rows = 2 * CHUNK + 1
    run_bytes(
        b"name\n" + b"".join(b"n%05d\n" % n for n in range(rows)),
        progress=lambda *a: told.append(a),
    )
    assert [stage for stage, _, _ in told] == ["reading", "reading", "reading", "writing"]
    assert told[2][1:] == told[3][1:] == (rows, 5 + rows * 7)


@given(st.binary(max_size=400))
def test_the_reader_takes_any_bytes(data: bytes) -> None:
    """Never an error but CSVFormatError, whatever the bytes; and every line number is in the
    file."""
    try:
        lines = [
            item[0] if isinstance(item, tuple) else item.line
            for item in Reader(io.BytesIO(data)).records()
        ]
    except CSVFormatError as error:
        lines = [error.problem.line]
    assert all(1 <= line <= data.count(b"\n") + 1 for line in lines)


CELLS = st.text(st.characters(codec="utf-8"), max_size=70) | st.sampled_from(
    ['"', "\0", "\r", ",", "\n"]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(CELLS | st.binary(max_size=20), max_size=6))
def test_a_file_of_anything_is_imported_or_refused(rows: list[str | bytes]) -> None:
    body = b"\n".join(row if isinstance(row, bytes) else row.encode() for row in rows)
    Circuit.objects.all().delete()
    report = run_bytes(b"name\n" + body)
    assert Circuit.objects.count() == (report.created if report.ok else 0)
    assert len(report.problems) == min(report.problem_count, 100)


def test_the_longest_record_is_longer_than_any_row_we_take() -> None:
    assert LONGEST_RECORD > 100 * 2_000
