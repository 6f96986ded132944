"""CSV bytes to records (RFC 4180), whatever the bytes are.

Nothing here raises for a bad file but `CSVFormatError`, and nothing grows with it: a line, and a
record of several lines, are capped. What spreadsheets leave behind is passed over: rows without a
value, columns without a name, and the line `sep=,` before the header.
"""

import csv
import re
from collections.abc import Iterator, Sequence, Set
from typing import BinaryIO

from core.imports.columns import Column, readable
from core.imports.report import Problem
from core.values.text import visible

LONGEST_RECORD = 1_000_000  # bytes; a row of ours has a few hundred
BOM = b"\xef\xbb\xbf"
NOT_CSV = "This is not a CSV file in UTF-8. Save it as “CSV UTF-8” and try again."
# How a file begins that is something else, and what to do with it.
OTHERS = {
    b"\xff\xfe": "This file is in UTF-16, as “Unicode Text” is. Save it as “CSV UTF-8”.",
    b"\xfe\xff": "This file is in UTF-16. Save it as “CSV UTF-8”.",
    b"\xd0\xcf\x11\xe0": (
        "This is a workbook of an old Excel, or one with a password. Save it as .xlsx without one."
    ),
}
SEPARATORS = {b";": "semicolons", b"\t": "tabs", b"|": "vertical bars"}
SEPARATED = "The columns are separated by {}. Save it as “CSV UTF-8 (comma delimited)”."
_SEP = re.compile(rb'"?sep=(.)"?[,;\t\s]*', re.IGNORECASE | re.DOTALL)
_SEEN = re.compile("[!-~]")
# What a spreadsheet takes for a formula: our exports put an apostrophe before it, and so do people.
LOOKS_LIKE_FORMULA = re.compile("'*[=+\\-@\t\r]").match
# What the csv module says, and what to say instead.
PLAIN = {
    "unexpected end of data": "A quote is opened here and never closed.",
    "field larger than field limit": (
        "A value has more than 131,072 characters. Perhaps a quote is opened here and never closed."
    ),
    "expected after": "A closing quote must be followed by a comma.",
    "new-line character seen": "A carriage return inside a line needs quotes around the value.",
}

Record = tuple[int, list[str]]


class CSVFormatError(Exception):
    """From this line on the file cannot be read."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.problem = Problem(line, "", reason)


class Reader:
    """The records of a CSV file, each with the number of the line it begins on.

    A record that is no CSV comes as a Problem, and reading goes on behind it.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.bytes_read = 0
        self._stream = stream
        self._line = 0
        self._record_size = 0
        self._is_before_header = True

    def records(self) -> Iterator[Record | Problem]:
        """Every record that is not blank. Raises CSVFormatError."""
        parsed = csv.reader(self._lines(), skipinitialspace=True, strict=True)
        while True:
            start, self._record_size = self._line + 1, 0
            try:
                cells = next(parsed)
            except StopIteration:
                return
            except csv.Error as error:
                yield Problem(start, "", _plain(error))
            else:
                if not is_blank(cells):
                    yield start, [_without_mark(cell) for cell in cells]

    def _lines(self) -> Iterator[str]:
        """The lines; bytes that are no UTF-8 become surrogates, which no cell may hold.

        Raises CSVFormatError for a file of another kind, and for a line without an end.
        """
        read = self._stream.readline
        while raw := read(LONGEST_RECORD + 1):
            self._line += 1
            self.bytes_read += len(raw)
            self._record_size += len(raw)
            if self._record_size > LONGEST_RECORD:
                raise CSVFormatError(
                    self._line,
                    f"A row is longer than {LONGEST_RECORD:,} bytes: this does not look like CSV. "
                    "Nothing behind it was read.",
                )
            if self._line == 1:
                _refuse_others(raw)
                raw = raw.removeprefix(BOM)
            if self._is_before_header:
                raw = self._checked(raw)
            yield raw.decode("utf-8", "surrogateescape")

    def _checked(self, raw: bytes) -> bytes:
        """A line up to the header; a blank one for `sep=,`. Raises CSVFormatError."""
        if match := _SEP.fullmatch(raw) if self._line == 1 else None:
            _refuse_separator(match[1])
            return b"\n"
        self._is_before_header = not raw.strip(b' \t\r\n,;"')
        _refuse_separator(_only_separator(raw))
        return raw


def _without_mark(cell: str) -> str:
    """A cell without the apostrophe by which an export keeps it from being a formula."""
    return cell[1:] if cell[:1] == "'" and LOOKS_LIKE_FORMULA(cell) else cell


def is_blank(cells: list[str]) -> bool:
    """Whether a row shows nothing: a spreadsheet's row that was emptied, or never filled."""
    row = "".join(cells)
    return not _SEEN.search(row) and not visible(row)


def _refuse_others(raw: bytes) -> None:
    for start, reason in OTHERS.items():
        if raw.startswith(start):
            raise CSVFormatError(1, reason)
    zeros = sorted((raw[::2].count(0), raw[1::2].count(0)))
    if not zeros[0] and zeros[1] > len(raw) // 3:  # every other byte
        raise CSVFormatError(1, OTHERS[b"\xfe\xff"])


def _only_separator(header: bytes) -> bytes:
    """What separates the columns of a header, or a comma: no import has a single column."""
    signs = [sign for sign in SEPARATORS if sign in header]
    return signs[0] if signs and b"," not in header and b"\0" not in header else b","


def _refuse_separator(sign: bytes) -> None:
    if sign in SEPARATORS:
        raise CSVFormatError(1, SEPARATED.format(SEPARATORS[sign]))


def _plain(error: csv.Error) -> str:
    message = str(error)
    plain = (text for part, text in PLAIN.items() if part in message)
    return next(plain, f"This is not CSV: {message}.")


def positions(
    header: Record | Problem | None, columns: Sequence[Column], passed_over: Set[str] = frozenset()
) -> tuple[list[int | None], list[Problem]]:
    """Where each column stands in the file (None: an optional one that is not there).

    Problems name the columns that are missing, unknown or there twice. Raises CSVFormatError when
    the header is no text at all.
    """
    if header is None:
        named = ", ".join(column.name for column in columns)
        raise CSVFormatError(
            1, f"The file is empty. Its first line must name the columns: {named}."
        )
    if isinstance(header, Problem):
        raise CSVFormatError(header.line, header.reason)
    if not all(readable(cell) for cell in header[1]):
        raise CSVFormatError(header[0], NOT_CSV)
    line = header[0]
    names = column_names(header[1])
    plain = [name.lower() for name in names]
    positions = [plain.index(column.name) if column.name in plain else None for column in columns]
    return positions, _header_problems(line, names, columns, passed_over)


def column_names(cells: Sequence[str]) -> list[str]:
    """The names in a header; empty columns at its end have none."""
    names = [visible(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _header_problems(
    line: int, names: list[str], columns: Sequence[Column], passed_over: Set[str]
) -> list[Problem]:
    known, plain = {column.name for column in columns}, [name.lower() for name in names]
    missing = [c.name for c in columns if c.required and c.name not in plain]
    unknown = [name for name in dict.fromkeys(names) if name.lower() not in known | passed_over]
    twice = [name for name in known if plain.count(name) > 1]
    problems = [Problem(line, name, "This column is missing.") for name in missing]
    problems += [Problem(line, _shown(name), "This column is unknown.") for name in unknown]
    problems += [Problem(line, name, "This column is there twice.") for name in sorted(twice)]
    return problems


def _shown(name: str) -> str:
    """An unknown column's name, fit for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in name[:50]) or "(no name)"
