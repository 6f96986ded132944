"""Workbooks as input of the shared importer, shown on a table of core's own."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest

from core.imports import Column, Importer, Present, Report, StagedRow, limits_of, run
from core.imports.xlsx_reader import DAMAGED, FORMULA, MERGED, NO_DATE, ROUNDED, SERIAL, TOO_LARGE
from core.models import Circuit

pytestmark = pytest.mark.django_db


class NoteImporter(Importer):
    """Circuits by name, with a day."""

    noun = "circuits"
    model = Circuit
    columns = (
        Column("name", limits_of(Circuit, "name")),
        Column("day", lambda text: text, required=False, is_date=True),
    )

    def present(self, rows: Sequence[StagedRow]) -> Mapping[int, Present]:
        """Circuits by name."""
        known = set(Circuit.objects.values_list("name", flat=True))
        return {row["line"]: Present({}) for row in rows if row["name"] in known}

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the new ones; the day stands in `halted`."""
        cursor.execute(
            "INSERT INTO core_circuit (name, failures, halted)"
            " SELECT name, 0, day FROM import_rows ORDER BY line ON CONFLICT (name) DO NOTHING"
        )
        return cursor.rowcount, 0


def workbook(*rows: Sequence[Any]) -> Any:
    book: Any = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


def saved(book: Any) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def run_bytes(data: bytes) -> Report:
    return run(NoteImporter(), io.BytesIO(data), by="user:test")


def problems(data: bytes) -> list[str]:
    assert not Circuit.objects.exists()
    return [str(problem) for problem in run_bytes(data).problems]


def test_a_workbook_is_read_as_the_csv_file_of_its_sheet_would_be() -> None:
    book = workbook(
        ["Day ", " name"],
        [date(1985, 4, 10), 'Zoë, "Z"'],
        [],
        ["", "  "],
        ["1985-04", "=1+1 as text"],
        [1985, 12345],
        [datetime(1985, 4, 10, 12, 30, tzinfo=UTC).replace(tzinfo=None), 0.1 + 0.2],
    )
    book.active["B5"].data_type = "s"
    report = run_bytes(saved(book))
    assert (report.problems, report.rows, report.created) == ([], 4, 4)
    assert dict(Circuit.objects.values_list("name", "halted")) == {
        'Zoë, "Z"': "1985-04-10",
        "=1+1 as text": "1985-04",
        "12345": "1985",
        "0.3": "1985-04-10T12:30:00",
    }


def test_a_number_that_is_shown_with_leading_zeros_keeps_them() -> None:
    book = workbook(["name"], [341])
    book.active["A2"].number_format = "00000"
    assert run_bytes(saved(book)).ok
    assert Circuit.objects.get().name == "00341"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["=A1"], f"line 2, name: {FORMULA}"),
        ([date(2026, 3, 1)], f"line 2, name: {NO_DATE}"),
        ([1234567890123456], f"line 2, name: {ROUNDED}"),
        ([1.23457e17], f"line 2, name: {ROUNDED}"),
        (["a", 31147], f"line 2, day: {SERIAL}"),
        (["a", None, "x"], "line 2: This row has 3 values, the header 2."),
        (["#N/A"], "line 2, name: This is an error of a spreadsheet, not a value."),
    ],
)
def test_a_cell_that_shows_another_thing_than_it_holds_is_named(
    cells: list[Any], expected: str
) -> None:
    assert problems(saved(workbook(["name", "day"], cells))) == [expected]
    assert not Circuit.objects.exists()


def test_all_cells_of_a_row_that_are_refused_are_named() -> None:
    said = problems(saved(workbook(["name", "day"], ["=A1", "=A2"], ["b", ""])))
    assert said == [f"line 2, day: {FORMULA}", f"line 2, name: {FORMULA}"]


@pytest.mark.parametrize("above", ["Circuits of 2026", "=1"])
def test_a_title_above_the_names_of_the_columns_is_pointed_at(above: str) -> None:
    reason = "The names of the columns are here. Remove what is above them: they come first."
    sheet = workbook([above], ["name", "day"], ["a", ""])
    assert problems(saved(sheet)) == [f"line 2: {reason}"]
    assert problems(b"Circuits\nname,day\na,\n") == [f"line 2: {reason}"]


def test_merged_cells_are_refused_before_any_row_is_read() -> None:
    book = workbook(["name"], ["a"], ["b"])
    book.active.merge_cells("A3:B4")
    assert problems(saved(book)) == [f"line 3: {MERGED}"]


def test_an_empty_second_sheet_is_passed_over_and_a_filled_one_refused() -> None:
    book = workbook(["name"], ["a"])
    other = book.create_sheet("More")
    assert run_bytes(saved(book)).created == 1
    other.sheet_state = "hidden"
    other["A1"] = "x"
    assert "2 sheets of this workbook" in run_bytes(saved(book)).problems[0].reason


def test_a_sheet_that_is_not_the_first_is_read_if_it_alone_holds_something() -> None:
    book = workbook()
    book.create_sheet("Data").append(["name"])
    book["Data"].append(["a"])
    assert run_bytes(saved(book)).created == 1


def _with_part(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = _with_part(saved(workbook(["name"])), "xl/media/x.bin", b"\0" * 210_000_000)
    assert len(bomb) < 300_000
    assert problems(bomb) == [f"line 1: {TOO_LARGE}"]


def test_a_workbook_of_more_than_20_megabytes_is_not_read_to_its_end() -> None:
    stream = io.BytesIO(saved(workbook(["name"])) + b"\0" * 60_000_000)
    report = run(NoteImporter(), stream, by="user:test")
    assert report.problems[0].reason == TOO_LARGE
    assert stream.tell() < 22_000_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<worksheet>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>',
    ],
)
def test_xml_that_is_broken_or_names_entities_is_refused(content: bytes) -> None:
    assert problems(_with_part(saved(workbook(["name"], ["a"])), SHEET, content)) == [
        f"line 1: {DAMAGED}"
    ]


@pytest.mark.parametrize("cut", [5, 100, -30, -1])
def test_half_a_workbook_and_an_archive_of_something_else_are_refused(cut: int) -> None:
    data = saved(workbook(["name"], ["a"]))
    assert problems(data[:cut]) == [f"line 1: {DAMAGED}"]
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "name\na\n")
    assert problems(other.getvalue()) == [f"line 1: {DAMAGED}"]


def test_the_workbook_of_an_old_excel_is_named() -> None:
    assert "old Excel" in problems(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)[0]


def test_a_sheet_that_lies_about_its_rows_and_columns_is_read_whole() -> None:
    data = saved(workbook(["name", "day"], ["a", "x"], ["b", "y"]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read(SHEET)
    lying = _with_part(data, SHEET, sheet.replace(b'ref="A1:B3"', b'ref="A1:A2"'))
    assert run_bytes(lying).created == 2
