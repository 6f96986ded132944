"""Files as spreadsheets and other programs save them, in every import."""

import io
import unicodedata
from typing import Any

import pytest

from clinical.imports.patients import PatientImporter
from clinical.imports.studies import StudyImporter
from clinical.models import Patient, Study
from clinical.tests.factories import PatientFactory
from core.imports import Importer, Report, run
from customers.imports import CustomerImporter
from customers.models import Customer
from customers.tests.factories import CustomerFactory

PATIENTS = "first_name,last_name,birth_date,email,id"
STUDIES = "urgency_level,body_part,description,type,patient_id"
CUSTOMERS = "name,phone_number,email"
CODES = f"{CUSTOMERS},code"
ASA = "Asa,Berg,1985-04-10,asa@example.com,d1"
EACH = [
    (PatientImporter, PATIENTS, ASA),
    (StudyImporter, STUDIES, "HIGH,KNEE,fell,XRAY,p1"),
    (CustomerImporter, CUSTOMERS, "Asa Berg,+447451277972,asa@example.com"),
]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient() -> Patient:
    return PatientFactory.create(external_id="p1")


def imported(importer: type[Importer], data: str | bytes) -> Report:
    raw = data.encode() if isinstance(data, str) else data
    return run(importer(), io.BytesIO(raw), by="user:test")


def figures(importer: type[Importer], data: str | bytes) -> tuple[int, int, int]:
    report = imported(importer, data)
    assert report.ok, report.problems
    return report.created, report.updated, report.unchanged


def problems(importer: type[Importer], data: str | bytes) -> list[str]:
    return [str(problem) for problem in imported(importer, data).problems]


@pytest.mark.parametrize(("importer", "header", "row"), EACH)
@pytest.mark.parametrize(
    "blank", [",,,,", " , ,\t,,", '"",""', ",,,,,,,,", "\u00a0,\u200b", "\u3000"]
)
def test_rows_without_a_value_are_passed_over(importer, header, row, blank):
    """F20: rows that were emptied, or never filled."""
    text = f"{header}\r\n{blank}\r\n{row}\r\n{blank}\r\n{blank}\r\n"
    assert figures(importer, text) == (1, 0, 0)


@pytest.mark.parametrize(("importer", "header", "row"), EACH)
@pytest.mark.parametrize(
    "change",
    [
        lambda header, row: (header.upper(), row),
        lambda header, row: (header.title(), row),
        lambda header, row: (f"{header},", f"{row},"),
        lambda header, row: (f"{header},,", row),
        lambda header, row: (header, f"{row},,"),
        lambda header, row: (f"sep=,\n{header}", row),
        lambda header, row: (f'"SEP=,"\r\n{header}', row),
        lambda header, row: (f"\ufeffsep=,\n{header}", row),
        lambda header, row: (f"\u200b{header}\u200e", row),
    ],
    ids=[
        *("capitals", "title", "empty column", "empty columns", "empty cells"),
        *("sep", "quoted sep", "sep and mark", "marks"),
    ],
)
def test_what_spreadsheets_add_is_passed_over(importer, header, row, change):
    assert figures(importer, "\n".join(change(header, row))) == (1, 0, 0)


def test_a_value_in_a_column_without_a_name_is_an_error():
    said = problems(PatientImporter, f"{PATIENTS},\n{ASA},x\n")
    assert said == ["line 2: This row has 6 values, the header 5."]


def test_lines_are_counted_from_the_files_first():
    said = problems(PatientImporter, f"sep=,\n{PATIENTS},surname\n{ASA}\n")
    assert said == ["line 2, surname: This column is unknown."]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (f"{PATIENTS}\r\n{ASA}\r\n".encode("utf-16"), "UTF-16"),
        (f"{PATIENTS}\r\n{ASA}\r\n".replace(",", "\t").encode("utf-16"), "UTF-16"),
        (f"{PATIENTS}\r\n{ASA}\r\n".encode("utf-16-le"), "UTF-16"),
        (f"{PATIENTS}\r\n{ASA}\r\n".encode("utf-16-be"), "UTF-16"),
        (f"{PATIENTS}\n{ASA}\n".replace(",", ";").encode(), "separated by semicolons"),
        (f"\ufeff{PATIENTS}\n{ASA}\n".replace(",", ";").encode(), "separated by semicolons"),
        (f'"first_name";"last_name"\n{ASA}\n'.encode(), "separated by semicolons"),
        (f"{PATIENTS}\n{ASA}\n".replace(",", "\t").encode(), "separated by tabs"),
        (f"{PATIENTS}\n{ASA}\n".replace(",", "|").encode(), "separated by vertical bars"),
        (f"sep=;\n{PATIENTS}\n".encode(), "separated by semicolons"),
    ],
)
def test_the_reason_says_what_the_file_is_and_what_to_do(data, reason):
    """F29."""
    said = problems(PatientImporter, data)
    assert len(said) == 1
    assert reason in said[0]
    assert "Save it" in said[0] or "Save its sheet" in said[0]
    assert "CSV UTF-8" in said[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "This workbook is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook of an old Excel, or one with a password"),
    ],
)
def test_workbooks_that_cannot_be_read_are_named(data, reason):
    said = problems(PatientImporter, data)
    assert len(said) == 1
    assert reason in said[0]
    assert "as .xlsx" in said[0]


def saved_otherwise(text: str) -> list[str]:
    quoted = "\n".join(",".join(f'"{c}"' for c in row.split(",")) for row in text.split("\n"))
    return [
        text.replace("\n", "\r\n"),
        unicodedata.normalize("NFD", text),
        text.replace(" ", "\u00a0"),
        text.replace(" ", "\u2009 "),
        "\ufeff" + quoted,
        text.replace(",", "\u200b,\u200e"),
    ]


def test_the_same_patients_saved_by_another_program_are_unchanged():
    """F22."""
    text = f"{PATIENTS}\nJosé María,Núñez Ó,1985-04-10,jo@example.com,d1"
    assert figures(PatientImporter, text) == (1, 0, 0)
    for other in saved_otherwise(text)[:5]:
        assert figures(PatientImporter, other) == (0, 0, 1)
    assert figures(PatientImporter, text.replace("jo@ex", "JO@EX")) == (0, 0, 1)
    assert Patient.objects.get(external_id="d1").email == "jo@example.com"


def test_the_same_customers_saved_by_another_program_are_unchanged():
    text = f"{CUSTOMERS}\nJosé K Ö,+447451277972,JoK@example.com"
    assert figures(CustomerImporter, text) == (1, 0, 0)
    for other in [*saved_otherwise(text), text.replace("JoK@example.com", "JOK@EXAMPLE.COM")]:
        assert figures(CustomerImporter, other) == (0, 0, 1)
    with_code = f"{CODES}\nJosé K Ö,+447451277972,jok@EXAMPLE.com,"
    assert figures(CustomerImporter, with_code + "K-1") == (1, 0, 0)
    assert figures(CustomerImporter, with_code.upper() + "K-1") == (0, 1, 0)


def test_the_same_customer_in_other_capitals_twice_in_a_file_is_an_error():
    row = "Jo,,jo@example.com"
    said = problems(CustomerImporter, f"{CUSTOMERS}\n{row}\n{row.replace('jo@', 'JO@')}\n")
    assert said[0].startswith("line 3: This is the same customer as on line 2.")


def test_the_same_studies_saved_by_another_program_add_nothing():
    """F21: a line break in a description is CR LF where another program wrote it."""
    text = f'{STUDIES}\nHIGH,KNEE L,"fell dówn\nswollen",XRAY,p1\nHIGH,KNEE L,,CT,p1'
    assert figures(StudyImporter, text) == (2, 0, 0)
    broken = text.replace("down\nsw", "down\r\nsw")
    nfd = unicodedata.normalize("NFD", text)
    for other in (broken, text.replace("\n", "\r\n"), nfd, text.replace(" ", "\u00a0")):
        assert figures(StudyImporter, other) == (0, 0, 2)
    assert Study.objects.count() == 2


def test_a_file_that_was_imported_before_text_was_cleaned_adds_nothing_either(monkeypatch):
    """What it came to then is its key still."""
    from clinical.imports import studies

    cells = ["HIGH", "KNEE\u00a0L", "fell\r\ndown", "XRAY", "p1"]
    text = f'{STUDIES}\n{",".join(cells[:2])},"{cells[2]}",{",".join(cells[3:])}\n'
    old = Study.objects.create(
        patient=Patient.objects.get(), import_key=f"{studies._digest(cells)}-1", type="XRAY"
    )
    assert figures(StudyImporter, text) == (0, 0, 1)
    assert Study.objects.get() == old
    Customer.objects.create(name="Jo\u00a0K", email="jo@example.com")
    assert figures(CustomerImporter, f"{CUSTOMERS}\nJo\u00a0K,,JO@example.com\n") == (0, 0, 1)


DAMAGED = [
    *("1.23457E+11", "1,23457E+11", "1E+05", "1.23457e+11", "341.0", "########"),
    *("#N/A", "#REF!", "#NAME?", "#VALUE!", '="0341"', "=A1", "nan", "NULL"),
    *("#VALEUR!", "#VALOR!", "#WAARDE!", "#NOM?", "#NAAM?", "#N/D", "#ЗНАЧ!", "#¿NOMBRE?", "#Н/Д"),
    *("#GETTING_DATA", "#FIELD!", "#CONNECT!", "#ERROR!", "#SAYI/0!", "#YOK", "Err:502", "err:508"),
    *("'0341", "1.23457E-11", "-1.5E+10", "-1,5E-10", "+1.5E10", "1E-05", "341,0"),
    *("7\u00a08", "7\u30008", "７７", "٣٤", "Ｋ7", "7①"),
    *("7\u200b", "\u200e7", "7\u00ad8", "7\x07", "7\x1b", "\u202a7\u202c", "7\u2060"),
]


@pytest.mark.parametrize("value", DAMAGED)
def test_an_id_that_a_spreadsheet_damaged_is_refused_by_its_column(value):
    """F23: no such id was ever given out, and a wrong one is another person."""
    cell = '"' + value.replace('"', '""') + '"'
    rows: list[tuple[Any, str, str, str]] = [
        (PatientImporter, PATIENTS, f"Sci,Id,1990-01-01,,{cell}", "id"),
        (StudyImporter, STUDIES, f"HIGH,KNEE,,XRAY,{cell}", "patient_id"),
        (CustomerImporter, CODES, f"Sci Id,,,{cell}", "code"),
    ]
    for importer, header, row, column in rows:
        said = problems(importer, f"{header}\n{row}\n")
        assert [line.partition(":")[0] for line in said] == [f"line 2, {column}"]
    assert Patient.objects.count() + Customer.objects.count() + Study.objects.count() == 1


def test_an_unquoted_formula_is_refused_too():
    said = problems(PatientImporter, f'{PATIENTS}\nSci,Id,1990-01-01,,="0341"\n')
    assert said == ["line 2, id: This is a formula of a spreadsheet. Write the id alone."]


@pytest.mark.parametrize(
    "value", ["1", "0341", "x-17", "E11", "1E5X", "12E", "A.0", "7 K", "n-1.50", "#27", "1E5", "é7"]
)
def test_other_ids_are_taken(value):
    assert figures(PatientImporter, f"{PATIENTS}\nSci,Id,1990-01-01,,{value}\n") == (1, 0, 0)
    assert Patient.objects.filter(external_id=value).exists()


@pytest.mark.parametrize(
    "error", ["#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALEUR!", "#¿NOMBRE?", "#N/D", "Err:502"]
)
def test_an_error_of_a_spreadsheet_is_no_name(error):
    said = problems(PatientImporter, f"{PATIENTS}\n{error},Berg,1990-01-01,,1\n")
    assert said == ["line 2, first_name: This is an error of a spreadsheet, not a value."]


def test_an_empty_cell_keeps_the_value_and_the_word_for_none_empties_it():
    imported(PatientImporter, f"{PATIENTS}\n{ASA}\n")
    empty, word = ASA.replace("asa@example.com", ""), ASA.replace("asa@example.com", "(None)")
    assert figures(PatientImporter, f"{PATIENTS}\n{empty}\n") == (0, 0, 1)
    assert Patient.objects.get(external_id="d1").email == "asa@example.com"
    assert figures(PatientImporter, f"{PATIENTS}\n{word}\n") == (0, 1, 0)
    assert Patient.objects.get(external_id="d1").email == ""
    assert figures(PatientImporter, f"{PATIENTS}\n{word}\n{word[:-1]}2\n") == (1, 0, 1)


def test_names_are_kept_and_emptied_so_too_but_never_both():
    imported(PatientImporter, f"{PATIENTS}\n{ASA}\n")
    assert figures(PatientImporter, f"{PATIENTS}\n,,1985-04-10,,d1\n") == (0, 0, 1)
    assert figures(PatientImporter, f"{PATIENTS}\n(none),,1985-04-10,,d1\n") == (0, 1, 0)
    kept = Patient.objects.get(external_id="d1")
    assert (kept.first_name, kept.last_name) == ("", "Berg")
    for names in (",(none)", "(none),(none)"):
        said = problems(PatientImporter, f"{PATIENTS}\n{names},1985-04-10,,d1\n")
        assert [line.partition(":")[0] for line in said] == ["line 2, last_name"]


def test_the_same_of_customers():
    jo = CustomerFactory.create(
        name="Jo", phone_number="+447451277972", email="jo@e.example", code="K"
    )
    assert figures(CustomerImporter, f"{CODES}\nJo,,,K\n") == (0, 0, 1)
    assert figures(CustomerImporter, f"{CODES}\nJo,(none),,K\n") == (0, 1, 0)
    jo.refresh_from_db()
    assert (str(jo.phone_number), jo.email) == ("", "jo@e.example")
    assert figures(CustomerImporter, f"{CODES}\nAl,(none),(none),\nBo,(none),(none),B\n") == (
        2,
        0,
        0,
    )
    assert not Customer.objects.filter(email__contains="none").exists()
    assert not Customer.objects.filter(phone_number__contains="none").exists()


def test_an_empty_birth_date_keeps_the_known_one():
    imported(PatientImporter, f"{PATIENTS}\n{ASA}\n")
    assert figures(PatientImporter, f"{PATIENTS}\nAsa,Alm,,,d1\n") == (0, 1, 0)
    kept = Patient.objects.get(external_id="d1")
    assert (kept.last_name, str(kept.birth_date)) == ("Alm", "1985-04-10")
    said = problems(PatientImporter, f"{PATIENTS}\nAsa,Alm,,,d1\nNew,Alm,\u00a0,,d2\n")
    assert said == ["line 3, birth_date: This may not be empty."]
    assert not Patient.objects.filter(external_id="d2").exists()


def test_an_empty_name_of_a_customer_keeps_the_known_one():
    jo = CustomerFactory.create(name="Jo", phone_number="", email="jo@e.example", code="K")
    assert figures(CustomerImporter, f"{CODES}\n,,al@e.example,K\n") == (0, 1, 0)
    jo.refresh_from_db()
    assert (jo.name, jo.email) == ("Jo", "al@e.example")


def test_the_word_for_none_is_no_description_and_no_name():
    assert figures(StudyImporter, f"{STUDIES}\nHIGH,KNEE,(none),XRAY,p1\n") == (1, 0, 0)
    assert figures(StudyImporter, f"{STUDIES}\nHIGH,KNEE,,XRAY,p1\n") == (0, 0, 1)
    assert Study.objects.get().description == ""
