"""A workbook's one sheet (XLSX, ECMA-376) to the records that a CSV file would give.

Read row by row, with a cap on what it unpacks to that is checked before anything is unpacked.
What a cell shows and what it holds must be the same, else it is refused by cell: formulas, numbers
that lost digits, dates in a column of other values. Merged cells and a second sheet with something
on it are refused, for they would be left out.
"""

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, BinaryIO

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.escape import unescape

from core.imports.columns import Column
from core.imports.csv_reader import CSVFormatError, Record, column_names, is_blank
from core.imports.report import Problem

LARGEST = 20 * 1024 * 1024  # bytes of the workbook
LARGEST_UNPACKED = 200 * 1024 * 1024
LARGEST_TEXTS = 50 * 1024 * 1024  # of the table of texts, which is held in memory
MOST_PARTS = 1_000
MOST_COLUMNS = 200
EXACT = 10**15  # a spreadsheet keeps 15 digits of a number
_LONGEST_TAG = 200
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z]+)([0-9]+)')
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)[\s>]")
_ZEROS = re.compile("0+")
_SERIAL_DATE = range(10_000, 60_000)  # 1927 to 2064, as days since 1900

DAMAGED = "This workbook is damaged, or it is no workbook. Open it, and save it as .xlsx again."
TOO_LARGE = (
    "This workbook is too large, or unpacks to far more than it holds. Save its sheet as “CSV "
    "UTF-8”, or split it."
)
LOCKED = "This workbook is encrypted. Save it without a password."
SHEETS = "{} sheets of this workbook hold something. Leave one, and remove the others."
MERGED = "Cells are merged here. Unmerge them, and write each value into its own cell."
FORMULA = "This is a formula. Write its value instead (copy, paste special: values)."
NO_DATE = "A spreadsheet made a date of this. Format the column as text, and write it anew."
SERIAL = "This is a date as a number. Format the column as a date, or write it as 1985-04-10."
ROUNDED = (
    "A spreadsheet keeps 15 digits of a number, and this has more. Format the column as text, and "
    "write it anew."
)

warnings.filterwarnings("ignore", module=r"openpyxl\.")  # they quote values


class XLSXReader:
    """The records of a workbook, each with the number of its row.

    A cell that is refused comes as a Problem in place of its row. `bytes_read` stays 0: how far a
    packed file is read tells nothing.
    """

    def __init__(self, stream: BinaryIO, columns: Sequence[Column]) -> None:
        self.bytes_read = 0
        self._data = stream
        self._with_dates = {column.name for column in columns if column.is_date}
        self._names: list[str] = []

    def records(self) -> Iterator[Record | Problem]:
        """Every row that holds something. Raises CSVFormatError for a workbook that is refused."""
        data = BytesIO(self._data.read(LARGEST + 1))
        if data.getbuffer().nbytes > LARGEST:
            raise CSVFormatError(1, TOO_LARGE)
        rows = self._rows(data)
        while True:
            try:
                line, cells = next(rows)
            except StopIteration:
                return
            except CSVFormatError:
                raise
            except Exception as error:  # whatever a damaged file brings out
                raise CSVFormatError(1, DAMAGED) from error
            yield from self._record(line, cells)

    def _rows(self, data: BytesIO) -> Iterator[tuple[int, Sequence[Any]]]:
        with zipfile.ZipFile(data) as archive:
            _check_size(archive)
            workbook = openpyxl.load_workbook(data, read_only=True, keep_links=False)
            sheet = _only_sheet(archive, workbook.worksheets)
            _refuse_merged(archive, _path(sheet))
        sheet.reset_dimensions()  # what it says of its size need not be so
        yield from enumerate(sheet.iter_rows(min_row=1, max_col=MOST_COLUMNS), start=1)

    def _record(self, line: int, cells: Sequence[Any]) -> Iterator[Record | Problem]:
        """The row; or the problems of its cells; nothing for a row without a value."""
        cells = list(cells)
        while cells and cells[-1].value in (None, ""):
            cells.pop()
        if not cells:
            return
        if not self._names:
            texts = ["" if cell.value is None else str(cell.value) for cell in cells]
            self._names = column_names(texts)
            yield line, texts
            return
        texts, problems = [], []
        for at, cell in enumerate(cells):
            name = self._names[at] if at < len(self._names) else get_column_letter(at + 1)
            try:
                texts.append(_text(cell, name.lower() in self._with_dates))
            except ValueError as error:
                problems.append(Problem(line, name, str(error)))
        texts += [""] * (len(self._names) - len(texts))
        if problems:
            yield from problems
        elif not is_blank(texts):
            yield line, texts


def _text(cell: Any, is_date: bool) -> str:
    """What the cell shows. Raises ValueError, saying what to do, where that is another thing."""
    value = cell.value
    if cell.data_type == "f":
        raise ValueError(FORMULA)
    if isinstance(value, datetime | date | time):
        if not is_date:
            raise ValueError(NO_DATE)
        is_day = isinstance(value, datetime) and value.time() == time(0)
        return value.strftime("%Y-%m-%d") if is_day else value.isoformat()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, cell.number_format, is_date)
    return "" if value is None else unescape(str(value))


def _number(value: float, shown_as: str, is_date: bool) -> str:
    if abs(value) >= EXACT:
        raise ValueError(ROUNDED)
    if is_date and value in _SERIAL_DATE:
        raise ValueError(SERIAL)
    if not float(value).is_integer():
        return format(value, ".15g")
    return str(int(value)).zfill(len(shown_as) if _ZEROS.fullmatch(shown_as or "") else 1)


def _check_size(archive: zipfile.ZipFile) -> None:
    """Raise CSVFormatError for what unpacks to too much. No part unpacks to more than it says."""
    parts = archive.infolist()
    texts = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    total = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or total > LARGEST_UNPACKED or texts > LARGEST_TEXTS:
        raise CSVFormatError(1, TOO_LARGE)
    if any(part.flag_bits & 1 for part in parts):
        raise CSVFormatError(1, LOCKED)


def _only_sheet(archive: zipfile.ZipFile, sheets: Sequence[Any]) -> Any:
    """The sheet that holds something, or the first one; hidden ones count."""
    filled = [sheet for sheet in sheets if next(_matches(archive, _path(sheet), _VALUE), None)]
    if len(filled) > 1:
        raise CSVFormatError(1, SHEETS.format(len(filled)))
    return (filled or list(sheets))[0]


def _refuse_merged(archive: zipfile.ZipFile, path: str) -> None:
    first = next(_matches(archive, path, _MERGED), None)
    if first:
        raise CSVFormatError(int(first[2]), MERGED)


def _matches(
    archive: zipfile.ZipFile, path: str, pattern: re.Pattern[bytes]
) -> Iterator[re.Match[bytes]]:
    """Where a part holds such a tag, with a bounded part of it in memory."""
    with archive.open(path) as part:
        rest = b""
        while block := part.read(65_536):
            yield from pattern.finditer(rest + block)
            rest = block[-_LONGEST_TAG:]


def _path(sheet: Any) -> str:
    return str(sheet._worksheet_path)
