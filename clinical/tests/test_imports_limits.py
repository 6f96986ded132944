"""The importer refuses what the API refuses, and takes what it takes."""

import csv
import io
from datetime import date, timedelta

import pytest
import time_machine
from hypothesis import given

from clinical.imports.patients import PatientImporter
from clinical.imports.studies import StudyImporter
from clinical.models import Patient, Study
from clinical.tests.factories import PatientFactory
from core.imports import run
from core.tests.cells import plain_cells

PATIENT = {
    "first_name": "Jose",
    "last_name": "Villalobos",
    "birth_date": "1955-04-10",
    "email": "pepe@ejemplo.com",
}
STUDY = {"urgency_level": "HIGH", "body_part": "NECK", "description": "x", "type": "XRAY"}
TEXTS = ["", "  ", " x ", "x" * 100, "x" * 101, "é" * 100, "é" * 101, "a\0b", "a\nb", "a\x85b", "'"]
DATES = [
    "",
    "1899-12-31",
    "1900-01-01",
    "2020-02-29",
    "9999-12-31",
    "0000-01-01",
    "2001-02-29",
    "19550410",
    "1955",
    "1955-04",
    "1899-12",
    "2999",
    "1955-4-10",
    "1955-W15-7",
    "10/04/1955",
    "1955-04-10T00:00:00",
    "１９５５-04-10",
    "x",
]
EMAILS = ["", "a@b.co", "a@b", "a", "@b.co", "a b@c.co", "a@b.co\n", "a@b.co\0", "ä@b.co"]
LENGTHS = ["a" * 64 + "@" + "b" * 60 + ".co", "a@" + ".".join(["b" * 60] * 5) + ".co"]


def refused_by_import(importer, row):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([row.keys(), row.values()])
    stream = io.BytesIO(buffer.getvalue().encode())
    report = run(importer, stream, by="user:test", dry_run=True)
    return {problem.column for problem in report.problems}


def refused_by_api(client, address, row):
    answer = client.post(address, row, format="json")
    return {e["attr"] for e in answer.json()["errors"]} if answer.status_code == 400 else set()


@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", value) for value in TEXTS]
    + [("last_name", value) for value in TEXTS]
    + [("birth_date", value) for value in DATES]
    + [("email", value) for value in EMAILS + LENGTHS],
)
def test_B4_patients_have_the_same_limits_in_both(api, field, value):
    row = PATIENT | {field: value}
    by_import = refused_by_import(PatientImporter(), row | {"id": "1"})
    assert by_import == refused_by_api(api(), "/api/v1/patients/", row)
    assert by_import in (set(), {field})


@pytest.mark.parametrize(
    ("field", "value"),
    [("body_part", value) for value in TEXTS]
    + [("description", value) for value in ["", "x" * 2000, "x" * 2001, "a\0b", "a\nb"]]
    + [("urgency_level", value) for value in ["", "HIGH", "high", "URGENT", "LOW "]]
    + [("type", value) for value in ["", "DEXA", "xray", "X-ray"]],
)
def test_B4_studies_have_the_same_limits_in_both(api, field, value):
    patient = PatientFactory.create(external_id="1")
    row = STUDY | {field: value.strip() if field in ("urgency_level", "type") else value}
    by_import = refused_by_import(StudyImporter(), row | {"patient_id": "1"})
    assert by_import == refused_by_api(api(), f"/api/v1/patients/{patient.pk}/studies/", row)
    assert by_import in (set(), {field})


@pytest.mark.parametrize(("days", "refused"), [(0, set()), (1, {"birth_date"})])
def test_B4_today_ends_at_the_same_time_in_both(api, days, refused):
    with time_machine.travel("2026-06-30T23:30:00+00:00", tick=False):  # London is in July
        row = PATIENT | {"birth_date": str(date(2026, 7, 1) + timedelta(days=days))}
        assert refused_by_import(PatientImporter(), row | {"id": "1"}) == refused
        assert refused_by_api(api(), "/api/v1/patients/", row) == refused


@given(plain=plain_cells((*PatientImporter.columns, *StudyImporter.columns)))
def test_B4_what_is_plain_is_what_the_whole_check_gives_back(plain):
    column, cell = plain
    assert column.clean(cell) == cell


def test_B4_both_store_the_same(api):
    row = PATIENT | {"first_name": "  Zoë\u00a0", "email": " zoe@ejemplo.com "}
    api().post("/api/v1/patients/", row, format="json")
    text = "\n".join([",".join([*row, "id"]), ",".join([*row.values(), "7"])])
    run(PatientImporter(), io.BytesIO(text.encode()), by="user:test")
    one, other = Patient.objects.values(
        "first_name", "last_name", "birth_date", "birth_date_precision", "email"
    )
    assert one == other
    assert one["first_name"] == "Zoë"
    assert not Study.objects.exists()
