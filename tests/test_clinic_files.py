"""The clinic's own two files, through every door: admin import, API, FHIR, export."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clinical import demo
from clinical.fhir.resources.codes import PRIORITIES
from clinical.models import Patient
from clinical.models.studies import Urgency
from identity.models import AccessRecord
from identity.tests.factories import staff
from transfers.exports import work as export_work
from transfers.imports import work as import_work
from transfers.models import Export, Import

pytestmark = pytest.mark.django_db
KINDS = {"patients": "clinical.patient", "studies": "clinical.study"}


def file_of(kind: str) -> bytes:
    """The file as the clinic gave it."""
    return (demo.DATA / f"{kind}.csv").read_bytes()


def rows_of(kind: str) -> list[dict[str, str]]:
    """Its rows."""
    return list(csv.DictReader(io.StringIO(file_of(kind).decode()), skipinitialspace=True))


def imported(client: Client, kind: str) -> tuple[int, int, int]:
    """Upload a file in the admin, look, apply; how many rows were new, changed, there already."""
    upload = SimpleUploadedFile(f"{kind}.csv", file_of(kind))
    client.post("/admin/transfers/import/add/", {"kind": kind, "upload": upload})
    job = Import.objects.latest("id")
    import_work.run(job.pk)
    client.post(f"/admin/transfers/import/{job.pk}/apply/", {"_form_submitted": "on"})
    import_work.run(job.pk)
    job.refresh_from_db()
    assert job.state == "applied"
    return job.created, job.updated, job.unchanged


def exported(client: Client, kind: str, format: str) -> bytes:
    """The list, exported in the admin and downloaded."""
    asked = {"list_of": KINDS[kind], "asked": "", "kind": format, "why": "a test"}
    client.post("/admin/transfers/export/add/", asked)
    job = Export.objects.latest("id")
    export_work.run(job.pk)
    answer: Any = client.get(f"/admin/transfers/export/{job.pk}/download/")
    return b"".join(answer.streaming_content)


@pytest.fixture
def clara(client: Client) -> Client:
    """A clinician, who has imported both files."""
    client.force_login(staff("clinician"), "django.contrib.auth.backends.ModelBackend")
    assert [imported(client, kind) for kind in KINDS] == [(4, 0, 0), (4, 0, 0)]
    return client


def test_imported_again_they_change_nothing(clara):
    assert [imported(clara, kind) for kind in KINDS] == [(0, 0, 4), (0, 0, 4)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_exported_file_begins_with_the_clinics_byte_for_byte(clara, kind):
    text = exported(clara, kind, "csv").decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    width = len(rows_of(kind)[0])
    lines = [", ".join(cells[:width]) for cells in (header, *reversed(rows))]  # the newest first
    assert "\n".join(lines).encode() == file_of(kind).rstrip(b"\n")


@pytest.mark.parametrize("kind", KINDS)
def test_the_exported_workbook_shows_the_same(clara, kind):
    sheet: Any = openpyxl.load_workbook(io.BytesIO(exported(clara, kind, "xlsx"))).active
    header, *rows = sheet.iter_rows(values_only=True)
    names = list(rows_of(kind)[0])
    assert list(header[: len(names)]) == names
    shown = [dict(zip(names, cells, strict=False)) for cells in reversed(rows)]
    assert shown == rows_of(kind)


def test_the_api_shows_the_same(clara, api):
    patients = api().get("/api/v1/patients/").json()["results"]
    ids = dict(Patient.objects.values_list("pk", "external_id"))
    names = ("first_name", "last_name", "birth_date", "email")
    shown = [{name: each[name] for name in names} | {"id": ids[each["id"]]} for each in patients]
    assert shown[::-1] == rows_of("patients")
    names = ("urgency_level", "body_part", "description", "type")
    studies = [
        {name: study[name] for name in names} | {"patient_id": ids[each["id"]]}
        for each in patients[::-1]
        for study in each["studies"][::-1]
    ]
    assert studies == rows_of("studies")


def _entries(answer: Any) -> list[dict[str, Any]]:
    resources = (entry["resource"] for entry in answer.json().get("entry", []))
    return sorted(resources, key=lambda each: int(each["id"]))


def test_fhir_shows_the_same(clara, api):
    patients = _entries(api().get("/fhir/Patient"))
    shown = [
        {
            "first_name": " ".join(each["name"][0]["given"]),
            "last_name": each["name"][0]["family"],
            "birth_date": each["birthDate"],
            "email": each["telecom"][0]["value"],
            "id": each["identifier"][0]["value"],
        }
        for each in patients
    ]
    assert shown == rows_of("patients")
    numbers = {f"Patient/{each['id']}": each["identifier"][0]["value"] for each in patients}
    for kind, shown_as in (("ServiceRequest", _request), ("ImagingStudy", _images)):
        entries = _entries(api().get(f"/fhir/{kind}"))
        assert [_told(each, numbers) for each in entries] == list(map(shown_as, rows_of("studies")))


def _told(resource: dict[str, Any], numbers: dict[str, str]) -> tuple[Any, ...]:
    number = numbers[resource["subject"]["reference"]]
    if resource["resourceType"] == "ServiceRequest":
        return number, resource["priority"], resource["bodySite"][0]["text"]
    part = resource["procedureCode"][0]["text"].partition(": ")[2]
    return number, part, resource["note"][0]["text"]


def _request(row: dict[str, str]) -> tuple[Any, ...]:
    return row["patient_id"], PRIORITIES[Urgency(row["urgency_level"])], row["body_part"]


def _images(row: dict[str, str]) -> tuple[Any, ...]:
    return row["patient_id"], row["body_part"], row["description"]


def test_each_door_is_on_the_access_log(clara, api):
    before = AccessRecord.objects.count()
    exported(clara, "patients", "csv")
    api().get("/api/v1/patients/")
    api().get("/fhir/Patient")
    everybody = sorted(Patient.objects.values_list("pk", flat=True))
    reads = AccessRecord.objects.order_by("id")[before:]
    assert [sorted(read.patients) for read in reads] == [everybody] * 3
