"""Which version of a resource an answer is, since when, and what was changed since a moment."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from django.db import connection

from clinical.fhir.search.catalogue import TYPES
from clinical.models import Patient, Study
from clinical.patients.services import archive_patient, update_patient
from clinical.reading.reports import report, sign
from clinical.tests.factories import PatientFactory, clinician, performed_study, study_of
from clinical.tests.fhir.schema import valid
from identity.models import AccessRecord

pytestmark = pytest.mark.django_db
NAMES = [kind.name for kind in TYPES]


def read(api, name, key, **headers):
    return api("clinical:read").get(f"/fhir/{name}/{key}", **headers)


def meta(api, name, key):
    return valid(read(api, name, key))["meta"]


@pytest.mark.parametrize("name", NAMES)
def test_a_read_says_which_version_it_is_and_since_when(api, name):
    row = study_of().patient if name == "Patient" else study_of()
    answer = read(api, name, row.pk)
    told = valid(answer)["meta"]
    assert told["versionId"] == str(row.version)
    assert answer["ETag"] == f'W/"{told["versionId"]}"'
    updated = datetime.fromisoformat(told["lastUpdated"])
    assert updated.tzinfo is not None
    assert parsedate_to_datetime(answer["Last-Modified"]) == updated.replace(microsecond=0)


def test_a_search_says_the_same_as_a_read(api):
    study = study_of()
    for name in NAMES:
        page = valid(api("clinical:read").get(f"/fhir/{name}"))
        key = study.patient_id if name == "Patient" else study.pk
        assert page["entry"][0]["resource"]["meta"] == meta(api, name, key)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tags", ["{}", '"1", {}', "*", 'W/"1", {}'])
def test_who_has_this_version_is_sent_nothing_and_it_is_no_read(api, name, tags):
    key = study_of().patient_id if name == "Patient" else study_of().pk
    tag = read(api, name, key)["ETag"]
    before = AccessRecord.objects.count()
    again = read(api, name, key, HTTP_IF_NONE_MATCH=tags.format(tag))
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == tag
    assert AccessRecord.objects.count() == before


def test_who_has_another_version_is_sent_this_one(api):
    patient = PatientFactory.create()
    tag = read(api, "Patient", patient.pk)["ETag"]
    update_patient(patient, first_name="Eve")
    told = valid(read(api, "Patient", patient.pk, HTTP_IF_NONE_MATCH=tag))
    assert told["name"][0]["given"] == ["Eve"]
    assert told["meta"]["versionId"] != tag.strip('W/"')


def test_what_is_not_there_is_a_404_whatever_somebody_has(api):
    valid(read(api, "Patient", 999_999, HTTP_IF_NONE_MATCH="*"), 404)


CHANGES = {
    "a name": lambda patient: update_patient(patient, first_name="Eve"),
    "an identifier": lambda patient: patient.identifiers.create(system="urn:a", value="17"),
    "an archive": lambda patient: archive_patient(patient, by="user:x"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_a_patient_makes_another_version(api, change):
    patient = PatientFactory.create()
    patient.identifiers.create(system="urn:a", value="1")
    before = meta(api, "Patient", patient.pk)
    CHANGES[change](patient)
    after = meta(api, "Patient", patient.pk)
    assert after["lastUpdated"] > before["lastUpdated"]
    assert int(after["versionId"]) > int(before["versionId"])


def test_an_identifier_that_goes_or_moves_is_a_change_of_each_patient(api):
    one, other = PatientFactory.create(), PatientFactory.create()
    identifier = one.identifiers.create(system="urn:a", value="17")
    before = [meta(api, "Patient", each.pk)["versionId"] for each in (one, other)]
    one.identifiers.update(patient=other)
    moved = [meta(api, "Patient", each.pk)["versionId"] for each in (one, other)]
    assert all(new > old for new, old in zip(moved, before, strict=True))
    identifier.refresh_from_db()
    identifier.delete()
    assert meta(api, "Patient", other.pk)["versionId"] > moved[1]


def test_a_report_that_is_written_anew_and_signed_makes_another_version_each_time(api):
    study, reader = performed_study(), clinician()
    versions = [meta(api, "DiagnosticReport", study.pk)["versionId"]]
    for text in ("First", "Second"):
        report(study, text, by=reader.actor)
        versions.append(meta(api, "DiagnosticReport", study.pk)["versionId"])
    sign(study, 2, signer=reader)
    versions.append(meta(api, "DiagnosticReport", study.pk)["versionId"])
    assert versions == sorted(set(versions), key=int)
    assert len(versions) == 4


def test_a_history_does_not_count_what_was_changed_beside_the_record(api):
    patient = PatientFactory.create()
    patient.identifiers.create(system="urn:a", value="17")
    changes = api().get(f"/api/v1/patients/{patient.pk}/history/").json()["results"]
    assert [each["kind"] for each in changes] == ["created"]


DAY = datetime(2026, 3, 10, 12, 30, 15, 250_000, tzinfo=UTC)


def dated(model, row, moment):
    """Let a row be changed last at this moment: the trigger says when, and is told otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        table = model._meta.db_table
        cursor.execute(f"UPDATE {table} SET changed_at = %s WHERE id = %s", [moment, row.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@pytest.fixture
def three(db):
    """Patients who were changed a day before, on the day, and a day after."""
    rows = [PatientFactory.create() for _ in range(3)]
    for days, row in zip((-1, 0, 1), rows, strict=True):
        dated(Patient, row, DAY + timedelta(days=days))
    return rows


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2026-03-10", "1"),
        ("eq2026-03-10", "1"),
        ("ne2026-03-10", "02"),
        ("gt2026-03-10", "2"),
        ("sa2026-03-10", "2"),
        ("ge2026-03-10", "12"),
        ("lt2026-03-10", "0"),
        ("eb2026-03-10", "0"),
        ("le2026-03-10", "01"),
        ("2026-03", "012"),
        ("2026", "012"),
        ("gt2026", ""),
        ("2026-03-10T12:30Z", "1"),
        ("2026-03-10T12:30:15Z", "1"),
        ("2026-03-10T12:30:15", "1"),
        ("2026-03-10T12:30:15.25Z", "1"),
        ("2026-03-10T12:30:15.251Z", ""),
        ("gt2026-03-10T12:30:15.25Z", "2"),
        ("ge2026-03-10T12:30:15.250000Z", "12"),
        ("2026-03-10T14:30:15+02:00", "1"),
        ("2026-03-10T14:30:15 02:00", "1"),
        ("2026-03-09,2026-03-11", "02"),
    ],
)
def test_what_was_changed_when_is_found(api, three, asked, found):
    page = valid(api("clinical:read").get("/fhir/Patient", {"_lastUpdated": asked}))
    keys = {str(row.pk): str(place) for place, row in enumerate(three)}
    ids = sorted(keys[each["resource"]["id"]] for each in page.get("entry", []))
    assert "".join(ids) == found


def test_between_two_moments(api, three):
    query = {"_lastUpdated": ["ge2026-03-10", "lt2026-03-11"]}
    page = valid(api("clinical:read").get("/fhir/Patient", query))
    assert [each["resource"]["id"] for each in page["entry"]] == [str(three[1].pk)]


@pytest.mark.parametrize("name", NAMES)
def test_every_type_is_found_by_it(api, name):
    study = study_of()
    dated(Patient, study.patient, DAY)
    dated(Study, study, DAY)
    client = api("clinical:read")
    assert valid(client.get(f"/fhir/{name}", {"_lastUpdated": "2026-03-10"}))["entry"]
    assert "entry" not in valid(client.get(f"/fhir/{name}", {"_lastUpdated": "gt2026-03-10"}))


def test_who_asks_what_was_changed_hears_of_archived_patients_too(api):
    patient = PatientFactory.create()
    archive_patient(patient, by="user:x")
    page = valid(api("clinical:read").get("/fhir/Patient", {"_lastUpdated": "ge2020"}))
    assert [each["resource"]["active"] for each in page["entry"]] == [False]


@pytest.mark.parametrize(
    "asked",
    [
        *("today", "2026-13", "2026-02-30", "2026-03-10T25:00Z"),
        *("ap2026", "9999", "2026-3-1", "20260310"),
    ],
)
def test_what_is_no_moment_is_refused(api, asked):
    answer = api("clinical:read").get("/fhir/Patient", {"_lastUpdated": asked})
    issue = valid(answer, 400)["issue"][0]
    assert issue["location"] == ["http._lastUpdated"]


def test_the_statement_says_so(api):
    for resource in valid(api(None).get("/fhir/metadata"))["rest"][0]["resource"]:
        assert (resource["versioning"], resource["conditionalRead"]) == ("versioned", "not-match")
        [parameter] = [each for each in resource["searchParam"] if each["name"] == "_lastUpdated"]
        assert parameter["definition"] == "http://hl7.org/fhir/SearchParameter/Resource-lastUpdated"
