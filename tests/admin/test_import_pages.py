"""Files as people upload them, through the page: what is taken, and the answer to what is not."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clinical.models import Patient, Study
from clinical.tests.factories import PatientFactory
from core.imports import csv_reader, own_ids, xlsx_reader
from customers.models import Customer
from identity.tests.factories import staff
from transfers.imports import work
from transfers.models import FilePart, Import

pytestmark = pytest.mark.django_db
ADD = "/admin/transfers/import/add/"
H = "first_name,last_name,birth_date,email,id\n"
ROW = "Asa,Berg,1985-04-10,,d1\n"
ASA = ["Asa", "Berg", date(1985, 4, 10), "", "d1"]


@pytest.fixture
def clara(client: Client) -> Client:
    """A browser of somebody who may import health data."""
    client.force_login(staff("clinician"), "django.contrib.auth.backends.ModelBackend")
    return client


def answer_to(client: Client, data: bytes, kind: str = "patients") -> str:
    """What the page says once the file was checked."""
    client.post(ADD, {"kind": kind, "upload": SimpleUploadedFile("file", data)})
    job = Import.objects.latest("id")
    work.run(job.pk)
    page = client.get(f"/admin/transfers/import/{job.pk}/change/").content.decode()
    shown = page.partition('id="import-progress"')[2].partition("transfers_importevent")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", shown)))


def apply_last(client: Client) -> None:
    job = Import.objects.latest("id")
    client.post(f"/admin/transfers/import/{job.pk}/apply/", {"_form_submitted": "on"})
    work.run(job.pk)
    job.refresh_from_db()
    assert job.state == "applied"


def workbook(*rows: Any, change: Callable[[Any], None] = lambda sheet: None) -> bytes:
    """A workbook of these rows."""
    book: Any = openpyxl.Workbook()
    for row in [H.strip().split(","), *rows]:
        book.active.append(row)
    change(book.active)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def bomb() -> bytes:
    """A workbook of some kilobytes whose sheet unpacks to 300 MB."""
    data = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(ASA))) as source,
        zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            with target.open(part.filename, "w") as written:
                written.write(source.read(part))
                if part.filename.endswith("sheet1.xml"):
                    for _ in range(300):
                        written.write(b" " * 1_000_000)
    return data.getvalue()


@pytest.mark.parametrize(
    "file",
    [
        (H + ROW).replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + (H + ROW).encode(),
        ("sep=,\n" + H + ROW).encode(),
        (H.upper() + ROW).encode(),
        (H + ROW).replace("\n", ",,\n").encode(),
        (H + ROW + ",,,,\r\n ,,,,\n" + '"","",,,\n').encode(),
        (H + "Suharto,,1985-04-10,,d1\n").encode(),
        (H + "Asa,Berg,1985,,d1\n").encode(),
        workbook(ASA, [], ["", " ", None, "", ""]),
    ],
    ids=[
        *("CRLF", "mark", "sep", "capitals", "empty columns", "blank rows", "one name", "year"),
        "workbook",
    ],
)
def test_what_programs_save_is_taken(clara, file):
    assert "Of 1 rows 1 are new" in answer_to(clara, file)
    apply_last(clara)
    assert Patient.objects.get().external_id == "d1"
    assert "1 are there already" in answer_to(clara, file)


SEMICOLONS = csv_reader.SEPARATED.format("semicolons")
ABOVE = "The names of the columns are here. Remove what is above them: they come first."
SPREADSHEET = "A spreadsheet made this of an id."


def merged(sheet: Any) -> None:
    sheet.merge_cells("A2:A3")


def refused() -> Iterator[Any]:
    """A name, the file, and what the page says of it."""
    text = H + ROW
    yield "UTF-16", text.replace("\n", "\r\n").encode("utf-16"), "in UTF-16, as “Unicode Text”"
    yield "semicolons", text.replace(",", ";").encode(), SEMICOLONS
    yield "sep=;", b"sep=;\n" + text.replace(",", ";").encode(), SEMICOLONS
    yield "tabs", text.replace(",", "\t").encode(), csv_reader.SEPARATED.format("tabs")
    yield "bars", text.replace(",", "|").encode(), csv_reader.SEPARATED.format("vertical bars")
    yield "latin-1", text.replace("Asa", "Åsa").encode("latin-1"), "not text in UTF-8"
    yield "a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "This is not a CSV file in UTF-8."
    yield "empty", b"\n", "The file is empty."
    yield "a title", b"Patients of 2026\n" + text.encode(), f"2 the whole line {ABOVE}"
    yield "two headers", (H + H + ROW).encode(), "2 the whole line The names of the columns"
    yield "a quote", text.replace("Asa", '"Asa').encode(), "A quote is opened here and never"
    yield "an old Excel", b"\xd0\xcf\x11\xe0" * 9, "a workbook of an old Excel, or one with a"
    for value in ("1.23457E+11", "#N/A"):
        yield value, text.replace("d1", value).encode(), f"2 id {SPREADSHEET}"
    yield "formula as an id", text.replace("d1", '"=""0341"""').encode(), "2 id This is a formula"
    for sign in ("\u200b", "\u200e"):
        yield f"U+{ord(sign):X}", (H + ROW.replace("d1", f"d1{sign}")).encode(), "cannot be seen"
    yield "BEL", text.replace("d1", "d1\a").encode(), "2 id"
    yield "nobody", text.replace("Asa,Berg", ",").encode(), "Give at least one of the two names."
    yield "day first", text.replace("1985-04-10", "10/04/1985").encode(), "2 birth_date Give a"
    other = text.replace("email,id", "email,id,dosette_id").replace("d1", ",patient-1-0123456789ab")
    yield "another Dosette", other.encode(), own_ids.REFUSED
    yield "bomb", bomb, xlsx_reader.TOO_LARGE
    yield "formula", workbook([*ASA[:4], "=1+1"]), f"2 id {xlsx_reader.FORMULA}"
    yield "merged", workbook(ASA, ASA, change=merged), xlsx_reader.MERGED
    yield "date as a number", workbook([*ASA[:2], 31147, *ASA[3:]]), xlsx_reader.SERIAL
    yield "number of 16 digits", workbook([*ASA[:4], 1234567890123456]), xlsx_reader.ROUNDED
    yield "date as an id", workbook([*ASA[:4], date(2026, 3, 1)]), xlsx_reader.NO_DATE
    yield "two header rows", workbook(H.strip().split(","), ASA), "are here again. Remove this row."
    yield "half a workbook", workbook(ASA)[:-30], xlsx_reader.DAMAGED


REFUSED = [pytest.param(*given, id=name) for name, *given in refused()]


@pytest.mark.parametrize(("file", "reason"), REFUSED)
def test_what_is_refused_says_where_and_why(clara, file, reason):
    said = answer_to(clara, file() if callable(file) else file)
    assert reason in said, said
    assert "Nothing was written" in said
    assert Import.objects.get().state == "refused"
    assert not Patient.objects.exists()
    assert not FilePart.objects.exists()


def rows_of(*rows: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("fell down\nswollen", "fell down\r\nswollen"),
        ("Knöchel", "Kno\u0308chel"),
        ("fell down", "fell\u00a0down"),
    ],
    ids=["line breaks", "NFD", "no-break blank"],
)
def test_the_same_studies_saved_by_another_program_are_there_already(clara, before, after):
    PatientFactory.create(external_id="p1")
    header = ["urgency_level", "body_part", "description", "type", "patient_id"]
    for text, said in ((before, "1 are new"), (after, "1 are there already")):
        file = rows_of(header, ["HIGH", "KNEE", text, "XRAY", "p1"])
        assert said in answer_to(clara, file, "studies")
        apply_last(clara)
    assert Study.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("José K", "JOK@EXAMPLE.COM"),
        ("Jose\u0301 K", "jok@example.com"),
        ("José\u00a0K", "jok@example.com"),
        ("\u200eJosé K", "jok@example.com"),
    ],
    ids=["capitals", "NFD", "no-break blank", "mark of direction"],
)
def test_the_same_customer_saved_by_another_program_is_there_already(client, name, email):
    client.force_login(staff("manager"), "django.contrib.auth.backends.ModelBackend")
    header = ["name", "phone_number", "email"]
    for row, said in (
        (["José K", "+447451277972", "jok@example.com"], "1 are new"),
        ([name, "+447451277972", email], "1 are there already"),
    ):
        assert said in answer_to(client, rows_of(header, row), "customers")
        apply_last(client)
    assert Customer.objects.count() == 1


def test_an_empty_cell_keeps_the_value_and_the_word_for_none_empties_it(clara):
    PatientFactory.create(external_id="d1", first_name="Asa", last_name="Berg", email="a@b.com")
    assert "1 are there already" in answer_to(clara, (H + ",,,,d1\n").encode())
    answer = answer_to(clara, (H + ",,,(none),d1\n").encode())
    assert "1 changed" in answer
    apply_last(clara)
    assert Patient.objects.get().email == ""
