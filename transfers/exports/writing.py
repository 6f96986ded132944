"""Files that a spreadsheet shows as the text that they hold, and that an import reads again.

A spreadsheet takes a cell of a CSV file for a formula where it begins with one of =, +, -, @, a tab
or a carriage return, so such a cell begins with an apostrophe (OWASP, CSV injection); an import
takes it off again (core/imports/csv_reader.py). In a workbook every cell is typed as text.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from core.imports.csv_reader import BOM, LOOKS_LIKE_FORMULA

LONGEST_CELL = 32_767
MOST_ROWS = 1_048_575
TOO_LONG = "A text is longer than a cell of a workbook can hold. Export it as CSV."
TOO_MANY = "A workbook holds 1,048,575 rows, and these are more. Export them as CSV."
# What a workbook would take for one of its own escapes, and what XML cannot hold.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Rows = Iterable[Sequence[str]]


class SheetLimitError(Exception):
    """A workbook cannot hold it; the text says what to do."""


def write_csv(rows: Rows, to: Any) -> None:
    """Write a CSV file (RFC 4180) in UTF-8, with the mark by which Excel knows that it is."""
    to.write(BOM)
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([f"'{cell}" if LOOKS_LIKE_FORMULA(cell) else cell for cell in row])
        if text.tell() > 65_536:
            to.write(text.getvalue().encode())
            text.seek(0)
            text.truncate()
    to.write(text.getvalue().encode())


def write_xlsx(rows: Rows, to: Any) -> None:
    """Write a workbook of one sheet. Raises SheetLimitError for what does not fit into one."""
    from openpyxl import Workbook  # noqa: PLC0415 - web processes write none, and it takes 10 MB
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - likewise

    workbook = Workbook(write_only=True)
    sheet: Any = workbook.create_sheet("Export")
    try:
        for texts in _fitting(rows):
            sheet.append(_typed(WriteOnlyCell(sheet, text)) for text in texts)
    except BaseException:
        workbook.save(io.BytesIO())  # it removes the file in which it keeps the sheet
        raise
    workbook.save(to)


def _typed(cell: Any) -> Any:
    """The cell, as text: openpyxl would make a formula of what begins as one."""
    cell.data_type = "s"
    return cell


def _fitting(rows: Rows) -> Iterator[list[str]]:
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise SheetLimitError(TOO_MANY)
        yield [_fit(text) for text in row]


def _fit(text: str) -> str:
    if len(text) > LONGEST_CELL:
        raise SheetLimitError(TOO_LONG)
    return _ESCAPE.sub("_x005F_", _NO_XML.sub("\ufffd", text))


WRITERS = {"csv": write_csv, "xlsx": write_xlsx}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
