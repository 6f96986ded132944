"""CSV files and workbooks into tables: streamed, checked row by row, written all or nothing.

An import is a page (clinical/imports/patients.py is an example): its columns, the checks that need
the database, and the statement that writes. Everything else is here:

- `readers`: which of the two readers reads a file: `csv_reader`, `xlsx_reader`; bytes to records,
  bounded and with line numbers;
- `columns`: the limits of a cell, taken from the model field that the API uses too;
- `own_ids`: our own ids, which exports write and imports read;
- `differences`: what an import would create and change, to be looked at before;
- `registry`: the imports that the admin offers;
- `report`: what was wrong and what was done;
- `importer`: the one transaction around it;
- `command`: the management command.
"""

from core.imports.columns import (
    CLEARED,
    PLAIN_EMAIL,
    PLAIN_NUMBER,
    PLAIN_PHRASE,
    Clean,
    Column,
    identifier,
    limits_of,
    resolved,
)
from core.imports.command import ImportCommand
from core.imports.differences import Difference, Present, StagedRow, pages
from core.imports.importer import Check, Importer, Row, duplicates, emptied, run
from core.imports.report import Problem, Report

__all__ = [
    "CLEARED",
    "PLAIN_EMAIL",
    "PLAIN_NUMBER",
    "PLAIN_PHRASE",
    "Check",
    "Clean",
    "Column",
    "Difference",
    "ImportCommand",
    "Importer",
    "Present",
    "Problem",
    "Report",
    "Row",
    "StagedRow",
    "duplicates",
    "emptied",
    "identifier",
    "limits_of",
    "pages",
    "resolved",
    "run",
]
