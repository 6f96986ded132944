"""Workbooks as people save them, in every import: what holds of CSV files holds of their sheets."""

import csv
import io
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from clinical.imports.patients import PatientImporter
from clinical.imports.studies import StudyImporter
from clinical.models import Patient
from clinical.tests.factories import PatientFactory
from core.imports import Importer, Report, run
from customers.imports import CustomerImporter
from tests.text.test_spreadsheets import CUSTOMERS, PATIENTS, STUDIES

pytestmark = pytest.mark.django_db
HEADERS: list[tuple[type[Importer], str, list[Any]]] = [
    (PatientImporter, PATIENTS, ["Asa", "Berg", date(1985, 4, 10), "asa@example.com", "d1"]),
    (StudyImporter, STUDIES, ["HIGH", "KNEE", "fell\ndown", "XRAY", "p1"]),
    (CustomerImporter, CUSTOMERS, ["José Berg", "+447451277972", "jo@example.com"]),
]


@pytest.fixture(autouse=True)
def patient() -> Patient:
    return PatientFactory.create(external_id="p1")


def saved(*rows: list[Any]) -> bytes:
    book: Any = openpyxl.Workbook()
    data = io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(data)
    return data.getvalue()


def imported(importer: type[Importer], *rows: list[Any]) -> Report:
    return run(importer(), io.BytesIO(saved(*rows)), by="user:test")


def figures(report: Report) -> tuple[int, int, int]:
    assert report.ok, report.problems
    return report.created, report.updated, report.unchanged


@pytest.mark.parametrize(("importer", "header", "row"), HEADERS)
def test_a_sheet_gives_what_its_csv_file_gives(importer, header, row):
    """F20, F21, F22: blank rows, other capitals in the header, another form of the same letters."""
    names = header.split(",")
    assert figures(imported(importer, names, [], row, [None, " "])) == (1, 0, 0)
    again = [unicodedata.normalize("NFD", v) if isinstance(v, str) else v for v in row]
    again = [v.replace("\n", "_x000D_\n") if isinstance(v, str) else v for v in again]
    assert figures(imported(importer, header.upper().split(","), again, [""])) == (0, 0, 1)
    text = io.StringIO()
    csv.writer(text).writerows([names, [str(value) for value in row]])
    report = run(importer(), io.BytesIO(text.getvalue().encode()), by="user:test")
    assert figures(report) == (0, 0, 1)


@pytest.mark.parametrize(
    "damaged",
    [1.23457e17, 123456789012345678, "1.23457E+11", "=A1", date(2026, 3, 1), "#N/A", "7\u200b"],
)
def test_an_id_that_a_spreadsheet_damaged_is_refused_by_its_column(damaged):
    """F23."""
    row = ["Sci", "Id", "1990-01-01", "", damaged]
    report = imported(PatientImporter, PATIENTS.split(","), row)
    assert [(problem.line, problem.column) for problem in report.problems] == [(2, "id")]
    assert Patient.objects.count() == 1


def test_a_birth_date_as_a_number_is_refused_and_a_year_taken():
    rows = [["A", "B", 1985, "", "d1"], ["A", "B", 31147, "", "d2"]]
    report = imported(PatientImporter, PATIENTS.split(","), *rows)
    assert [str(p)[:42] for p in report.problems] == [
        "line 3, birth_date: This is a date as a num"[:42]
    ]
    assert figures(imported(PatientImporter, PATIENTS.split(","), rows[0])) == (1, 0, 0)


def test_commands_take_a_workbook(tmp_path: Path):
    _, header, row = HEADERS[0]
    path = tmp_path / "patients.csv"  # the name says nothing
    path.write_bytes(saved(header.split(","), row))
    call_command("import_patients", str(path))
    assert Patient.objects.get(external_id="d1").born.written() == "1985-04-10"
    path.write_bytes(saved(header.split(","), ["=A1", *row[1:]]))
    with pytest.raises(CommandError, match="1 problem"):
        call_command("import_patients", str(path))
