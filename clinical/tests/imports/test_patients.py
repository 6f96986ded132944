"""`manage.py import_patients` (requirement B4)."""

import io
import os
import subprocess
import sys
from datetime import date
from io import StringIO
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from clinical.demo import DATA
from clinical.models import Patient
from clinical.tests.factories import PatientFactory, study_of
from core.imports import command, own_ids

pytestmark = pytest.mark.django_db
HEADER = "first_name, last_name, birth_date, email, id\n"


@pytest.fixture
def imported(tmp_path):
    """Import this text; what was printed, and the error if there was one."""

    def run(text, *options):
        path = tmp_path / "patients.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out, err = StringIO(), StringIO()
        try:
            call_command("import_patients", str(path), *options, stdout=out, stderr=err)
        except CommandError as error:
            return err.getvalue().splitlines(), str(error)
        return out.getvalue().strip(), None

    return run


def real():
    return (DATA / "patients.csv").read_bytes()


def test_B4_the_real_file_is_imported_as_it_is(imported):
    assert imported(real()) == ("Patients: 4 created, 0 updated, 0 unchanged.", None)
    diana = Patient.objects.get(external_id="3")
    assert (diana.first_name, diana.last_name) == ("Diana Laura", "Del Toro")
    assert (diana.birth_date, diana.email) == (date(1988, 8, 29), "diana@ejemplo.com")
    ids = Patient.objects.order_by("id").values_list("external_id", flat=True)
    assert list(ids) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b", ", b","),
        lambda data: data.rstrip(b"\n"),
        lambda data: b"\n".join(b", ".join(x.split(b", ")[::-1]) for x in data.splitlines()),
    ],
    ids=["crlf", "bom", "no blanks", "no end of line", "columns the other way round"],
)
def test_B4_it_is_the_same_file_however_it_was_saved(imported, change):
    imported(real())
    assert imported(change(real()))[0] == "Patients: 0 created, 0 updated, 4 unchanged."


def test_B4_a_repeated_import_adds_nothing_and_a_changed_row_is_an_update(imported):
    imported(real())
    mended = real().replace(b"Trevino", "Treviño".encode()) + b"Ana, Paz, 2001-01-01, , 9\n"
    assert imported(mended)[0] == "Patients: 1 created, 1 updated, 3 unchanged."
    assert imported(mended)[0] == "Patients: 0 created, 0 updated, 5 unchanged."
    assert Patient.objects.get(external_id="4").last_name == "Treviño"
    assert Patient.objects.get(external_id="9").email == ""


def test_an_update_keeps_the_patient_their_studies_and_their_customer(imported):
    imported(real())
    jose = Patient.objects.get(external_id="1")
    study = study_of(jose)
    imported(real().replace(b"Jose", b"Pepe"))
    study.patient.refresh_from_db()
    assert (study.patient.pk, study.patient.first_name) == (jose.pk, "Pepe")


def test_B4_every_bad_row_is_named_and_nothing_is_written(imported):
    bad = HEADER + (
        "Jose, Villalobos, 1955-04-10, pepe@ejemplo.com, 1\n"
        ", , 1899-12-31, pepe, \n"
        "Ana, Paz, 10/04/1955, ana@ejemplo.com\n"
        '"Ana\nMaria", Paz, 2999-01-01, ana@ejemplo.com, 5\n'
        "Eva, Paz, 1955-04-10, eva@ejemplo.com, 1\n"
    )
    lines, error = imported(bad)
    assert lines == [
        "line 3, birth_date: Give a birth date from 1900 until today.",
        "line 3, email: Enter a valid email address.",
        "line 3, id: This may not be empty.",
        "line 4: This row has 4 values, the header 5.",
        "line 5, birth_date: Give a birth date from 1900 until today.",
        "line 5, first_name: Write it on one line, without control characters.",
        "line 7, id: This is on line 2 already.",
    ]
    assert error == "7 problems. Nothing was written."
    assert not Patient.objects.exists()


def test_at_most_a_hundred_problems_are_printed_then_their_count(imported):
    lines, error = imported(HEADER + "Ana, Paz, never, , 1\n" * 250)
    assert len(lines) == 100
    assert lines[-1].startswith("line 101, birth_date: Give a date as YYYY-MM-DD; YYYY-MM or YYYY")
    assert error == "250 problems. 150 of them are not shown. Nothing was written."


def test_no_value_is_printed(imported):
    """What is in the file is health data, and terminals are logged."""
    lines, error = imported(HEADER + "Secret\x00Name, Secret, Secret, Secret, Secret\n" * 2)
    assert "Secret" not in "".join([*lines, error])


def test_columns_are_checked_before_any_row(imported):
    lines, _ = imported("first_name, birth_date, email, id, surname\nx\n")
    assert lines == [
        "line 1, last_name: This column is missing.",
        "line 1, surname: This column is unknown.",
    ]


def test_B4_a_dry_run_says_what_would_be_and_writes_nothing(imported):
    said, _ = imported(real(), "--dry-run")
    assert said == "Dry run, nothing was written. Patients: 4 created, 0 updated, 0 unchanged."
    assert not Patient.objects.exists()
    assert imported(HEADER + "x,,,,\n", "--dry-run")[1].endswith("Nothing was written.")


def test_a_file_with_a_header_only_is_fine(imported):
    assert imported(HEADER)[0] == "Patients: 0 created, 0 updated, 0 unchanged."


def test_a_long_import_tells_how_far_it_is(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "EVERY", 0)
    path = tmp_path / "patients.csv"
    path.write_text(HEADER + "".join(f"Ana,Paz,1990-01-01,,{n:05}\n" for n in range(2_000)))
    call_command("import_patients", str(path))
    assert capsys.readouterr().err.splitlines() == [
        "1,000 rows read (50 %) …",
        "2,000 rows read (100 %) …",
        "Writing 2,000 rows …",
    ]


def test_an_import_that_is_slow_to_write_alone_tells_that(monkeypatch, capsys):
    monkeypatch.setattr(command, "EVERY", 0)
    command._Progress(command.ImportCommand(), "patients.csv")("writing", 10_000, 350_000)
    assert capsys.readouterr().err == "Writing 10,000 rows …\n"


def test_a_dash_reads_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(real())))
    call_command("import_patients", "-")
    assert capsys.readouterr().out == "Patients: 4 created, 0 updated, 0 unchanged.\n"


@pytest.mark.parametrize("name", ["missing.csv", ""])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, name):
    with pytest.raises(CommandError, match=r"^Cannot read .*: (No such file|Is a directory)"):
        call_command("import_patients", str(tmp_path / name))


def test_the_command_line_exits_with_1(tmp_path):
    (tmp_path / "bad.csv").write_text(HEADER + "x,,,,\n")
    used = connection.get_connection_params()
    where = urlencode({n: used[n] for n in ("host", "port", "password") if used.get(n)}, safe="/")
    done = subprocess.run(
        [sys.executable, "manage.py", "import_patients", str(tmp_path / "bad.csv")],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": f"postgres://{used['user']}@/{used['dbname']}?{where}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "line 2, id: This may not be empty." in done.stderr
    assert "Traceback" not in done.stderr


def own(patient):
    return own_ids.written(Patient, patient.pk)


OWN_HEADER = "first_name, last_name, birth_date, email, id, dosette_id\n"


def test_a_patient_of_no_other_system_is_known_by_our_own_id(imported):
    ana = PatientFactory.create(first_name="Ana", external_id=None)
    row = f"Ana Maria, , , , , {own(ana)}\n"
    assert imported(OWN_HEADER + row)[0] == "Patients: 0 created, 1 updated, 0 unchanged."
    assert imported(OWN_HEADER + row)[0] == "Patients: 0 created, 0 updated, 1 unchanged."
    ana.refresh_from_db()
    assert (ana.first_name, ana.external_id) == ("Ana Maria", None)


def test_both_ids_have_to_be_of_one_patient(imported):
    ana, bo = PatientFactory.create(external_id="a"), PatientFactory.create(external_id="b")
    without = PatientFactory.create(external_id=None)
    lines, _ = imported(
        OWN_HEADER
        + f", , , , b, {own(ana)}\n"
        + f", , , , c, {own(without)}\n"
        + f", , , , b, {own(bo)}\n"
        + f", , , , , {own(bo)}\n"
        + f", , , , , patient-{ana.pk}-0123456789ab\n"
        + "Eva, Paz, 1990-01-01, , , \n"
        + "Eva, Paz, 1990-01-01, , , \u200b\n"
    )
    other = "This is not the id of the patient whom dosette_id names."
    assert lines == [
        f"line 2, id: {other}",
        f"line 3, id: {other}",
        "line 5, id: This is on line 4 already.",
        f"line 6, dosette_id: {own_ids.REFUSED}",
        "line 7, id: This may not be empty.",
        "line 8, id: This may not be empty.",
    ]
    assert Patient.objects.count() == 3
