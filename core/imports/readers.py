"""Which reader reads a file: told by how it begins, never by its name."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Protocol

from core.imports.columns import Column
from core.imports.csv_reader import Reader, Record
from core.imports.report import Problem

ZIP = b"PK\x03\x04"


class RecordReader(Protocol):
    """Reads a file, record by record."""

    bytes_read: int

    def records(self) -> Iterator[Record | Problem]:
        """Every record that is not blank. Raises CSVFormatError."""


def reader_of(stream: BinaryIO, columns: Sequence[Column]) -> RecordReader:
    """The reader for this file, a workbook or else CSV. The stream is at its beginning."""
    if _begins(stream) == ZIP:
        # openpyxl takes 10 MB: web processes import this module, and read no workbook.
        from core.imports.xlsx_reader import XLSXReader  # noqa: PLC0415 - as above

        return XLSXReader(stream, columns)
    return Reader(stream)


def _begins(stream: Any) -> bytes:
    if hasattr(stream, "peek"):  # standard input cannot be read twice
        return bytes(stream.peek(len(ZIP))[: len(ZIP)])
    start = bytes(stream.read(len(ZIP)))
    stream.seek(0)
    return start
