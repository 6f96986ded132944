"""A database of the last release, with plain patients and studies, brought to this one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection

NAME = "conversion_of_the_last_release"
# More patients than are converted at a time; four and their studies came from files.
CHILD = """
import csv, io, json, re, sys
from datetime import date
from hashlib import blake2b
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

RELEASED = [("clinical", "0001_initial")]
executor = MigrationExecutor(connection)
executor.migrate(RELEASED)
old = executor.loader.project_state(RELEASED).apps
Patient, Study, Event = (old.get_model("clinical", n) for n in ("Patient", "Study", "StudyEvent"))
DATA = Path("clinical/demo_data")

def rows(name):
    return csv.DictReader(io.StringIO((DATA / name).read_text()), skipinitialspace=True)

for row in rows("patients.csv"):
    Patient.objects.create(external_id=row.pop("id"), **row)
for row in rows("studies.csv"):
    content = blake2b("\\0".join(row.values()).encode(), digest_size=20).hexdigest()
    patient = Patient.objects.get(external_id=row.pop("patient_id"))
    study = Study.objects.create(patient=patient, import_key=f"{content}-1", **row)
    Event.objects.create(study=study, kind="created", detail="zqdetail")
Patient.objects.bulk_create(
    Patient(first_name="Zqplain", last_name=f"Row {n}", birth_date=date(1961, 2, 3), email="")
    for n in range(1_500)
)
call_command("migrate", verbosity=0)

from clinical.imports.patients import PatientImporter
from clinical.imports.studies import StudyImporter
from clinical import search_tokens
from clinical.models import Patient, Study, StudyEvent
from core.imports import run

def again(importer, name):
    with (DATA / name).open("rb") as file:
        report = run(importer, file, by="user:test")
    return report.created, report.updated, report.unchanged

def plain(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ~* %s", [WORDS])
        [count] = cursor.fetchone()
        cursor.execute("CHECKPOINT")
        files = "SELECT current_setting('data_directory'), pg_relation_filepath(%s)"
        cursor.execute(files, [table])
        path = Path(*cursor.fetchone())
    content = path.read_bytes() if path.is_file() else b""
    return count, bool(re.search(WORDS.encode(), content, re.IGNORECASE))

WORDS = "zqplain|zqdetail|villalobos|ejemplo|thyroid|" + "|".join(
    word.encode().hex() for word in ("Zqplain", "zqdetail", "Villalobos", "THYROID")
)
jose = Patient.objects.get(external_id="1")
print(json.dumps({
    "jose": [jose.first_name, jose.last_name, jose.birth_date.isoformat(), jose.email],
    "precision": jose.birth_date_precision,
    "necks": [s.description for s in jose.studies.all() if s.body_part == "NECK"],
    "events": sorted(set(StudyEvent.objects.values_list("detail", flat=True))),
    "by name": Patient.objects.filter(search_tokens.has_prefixes("vill")).count(),
    "of many": Patient.objects.filter(search_tokens.has_prefixes("zqpl row")).count(),
    "by day": Patient.objects.filter(search_tokens.is_born(jose.born)).count(),
    "patients again": again(PatientImporter(), "patients.csv"),
    "studies again": again(StudyImporter(), "studies.csv"),
    "plain": {table: plain(table) for table in (
        "clinical_patient", "clinical_study", "clinical_studyevent")},
}))
"""


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a database of its own, beside the one of the tests."""
    _run(f"DROP DATABASE IF EXISTS {NAME}")
    _run(f"CREATE DATABASE {NAME} TEMPLATE template0")
    used = connection.get_connection_params()
    where = urlencode({n: used[n] for n in ("host", "port", "password") if used.get(n)}, safe="/")
    yield f"postgres://{used['user']}@/{NAME}?{where}"
    _run(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
def converted(empty_database: str) -> Any:
    """What is there afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": empty_database},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.timeout(300)  # all migrations, one after the other
@pytest.mark.django_db(transaction=True)
def test_plain_rows_of_the_last_release_are_encrypted_and_looked_up(converted):
    assert converted["jose"] == ["Jose", "Villalobos", "1955-04-10", "pepe@ejemplo.com"]
    assert converted["precision"] == "day"
    assert converted["necks"] == ["NORMAL THYROID"]
    assert converted["events"] == ["zqdetail"]
    assert (converted["by name"], converted["of many"], converted["by day"]) == (1, 1_500, 1)
    assert converted["patients again"] == [0, 0, 4]
    assert converted["studies again"] == [0, 0, 4]
    assert set(converted["plain"]) == {"clinical_patient", "clinical_study", "clinical_studyevent"}
    assert list(converted["plain"].values()) == [[0, False]] * 3
