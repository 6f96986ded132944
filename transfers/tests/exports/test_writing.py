"""What a spreadsheet is given it shows as text, and an import reads it as it was."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.imports import Column
from core.imports.readers import reader_of
from transfers.exports.writing import LONGEST_CELL, SheetLimitError, write_csv, write_xlsx

FORMULAS = ["=1+1", "+44", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''+1", "=cmd|' /C calc'!A0"]
PLAIN = ["Ada", "", "1e5", "a=b", "'x", "O'Neill", '"x"', "a,b", "a\nb", "é", "_x0041_", "0341"]


def csv_bytes(rows):
    data = io.BytesIO()
    write_csv(rows, data)
    return data.getvalue()


def xlsx_bytes(rows):
    data = io.BytesIO()
    write_xlsx(rows, data)
    return data.getvalue()


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_file_begins_as_a_formula_does(text):
    [row] = csv.reader(io.StringIO(csv_bytes([[text, "x"]]).decode("utf-8-sig"), newline=""))
    assert row == [f"'{text}", "x"]


@pytest.mark.parametrize("text", [*FORMULAS, *PLAIN])
def test_every_cell_of_a_workbook_is_text(text):
    workbook: Any = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([[text, "x"]])))
    cell = workbook.active["A1"]
    assert cell.data_type in ("s", "inlineStr")


def test_a_csv_file_says_that_it_is_utf_8_and_ends_its_lines_as_the_rfc_does():
    assert csv_bytes([["é", "b"]]) == b"\xef\xbb\xbf\xc3\xa9,b\r\n"


def test_what_does_not_fit_into_a_workbook_is_refused_and_not_cut():
    with pytest.raises(SheetLimitError, match="CSV"):
        xlsx_bytes([["x" * (LONGEST_CELL + 1)]])


def _read(data: bytes) -> list[str]:
    columns = [Column("a", str), Column("b", str)]
    records: list[Any] = list(reader_of(io.BytesIO(data), columns).records())
    assert len(records) == 2
    cells: list[str] = records[1][1]
    return cells


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)


@pytest.mark.parametrize("write", [csv_bytes, xlsx_bytes])
@given(text=TEXT | st.sampled_from([t for t in FORMULAS if t[0] not in "\t\r"] + PLAIN))
def test_what_was_written_is_read_again(write, text):
    """Blanks at the ends are no part of a value in any import."""
    kept = [cell.strip(" ") for cell in _read(write([["a", "b"], [text, "x"]]))]
    assert kept == [text.strip(" "), "x"]
