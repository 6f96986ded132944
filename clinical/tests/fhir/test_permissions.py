"""Who is let in: by the API's scope, and by SMART's."""

import pytest

from clinical.tests.factories import study_of
from clinical.tests.fhir.schema import valid
from identity.models import AccessRecord, LinkedAccount
from identity.tests.factories import ServiceClientFactory, staff
from identity.tests.issuer import shared_issuer


@pytest.fixture
def study(db):
    ServiceClientFactory()
    return study_of()


def asked(client, path, scope, **claims):
    token = shared_issuer().sign(scope=scope, **claims)
    return client.get(path, HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCESS_REASON="test")


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("clinical:read", "Patient", 200),
        ("system/Patient.rs", "Patient", 200),
        ("system/Patient.rs", "Patient/{}", 200),
        ("system/Patient.read", "Patient", 200),
        ("system/*.read", "ImagingStudy", 200),
        ("system/*.*", "ImagingStudy", 200),
        ("system/*.cruds", "ImagingStudy", 200),
        ("system/Patient.r", "Patient/{}", 200),
        ("system/Patient.r", "Patient", 403),
        ("system/Patient.s", "Patient", 200),
        ("system/Patient.s", "Patient/{}", 403),
        ("system/Patient.write", "Patient", 403),
        ("system/Patient.cud", "Patient", 403),
        ("system/Patient.rs", "ImagingStudy", 403),
        ("system/Patient.rs?_id=1", "Patient", 403),
        ("system/Patient.", "Patient", 403),
        ("system/Patient.sr", "Patient", 403),
        ("patient/Patient.rs", "Patient", 403),
        ("user/Patient.rs", "Patient", 403),
        ("clinical:write", "Patient", 403),
        ("", "Patient", 403),
        ("system/ImagingStudy.rs", "ImagingStudy?_include=ImagingStudy:patient", 403),
        (
            "system/ImagingStudy.rs system/Patient.r",
            "ImagingStudy?_include=ImagingStudy:patient",
            200,
        ),
    ],
)
def test_a_program_reads_what_its_scopes_name(client, study, scope, path, status):
    answer = asked(client, f"/fhir/{path.format(study.patient_id)}", scope)
    valid(answer, status)
    assert AccessRecord.objects.exists() == (status == 200)
    if status == 403:
        assert 'scope="clinical:read"' in answer.headers["WWW-Authenticate"]


def test_smarts_scopes_open_nothing_else(client, study):
    for path in ("patients/", f"patients/{study.patient_id}/", "customers/"):
        assert asked(client, f"/api/v1/{path}", "system/*.cruds").status_code == 403


def test_a_program_that_may_not_read_health_data_may_not_by_smarts_scopes(client, study):
    ServiceClientFactory(client_id="small", allowed_scopes=["orders:read"])
    claims = {"sub": "small", "client_id": "small"}
    valid(asked(client, "/fhir/Patient", "system/*.rs", **claims), 403)


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        ("clinician", "user/Patient.rs", 200),
        ("clinician", "clinical:read", 200),
        ("clinician", "system/Patient.rs", 403),
        ("auditor", "user/*.rs", 200),
        ("support", "user/*.rs", 403),
        ("support", "clinical:read", 403),
        ("manager", "user/*.rs", 403),
    ],
)
def test_a_person_reads_what_scopes_and_role_allow(client, study, role, scope, status):
    person = staff(role)
    LinkedAccount.objects.create(user=person, issuer=shared_issuer().url, subject="somebody")
    answer = asked(client, "/fhir/Patient", scope, sub="somebody")
    valid(answer, status)
    records = AccessRecord.objects.values_list("actor", "reason")
    assert list(records) == ([(person.actor, "test")] if status == 200 else [])


def test_who_treats_nobody_must_say_why(client, study):
    LinkedAccount.objects.create(user=staff("auditor"), issuer=shared_issuer().url, subject="a")
    token = shared_issuer().sign(scope="user/*.rs", sub="a")
    answer = client.get("/fhir/Patient", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert "Access-Reason" in valid(answer, 403)["issue"][0]["details"]["text"]
    assert not AccessRecord.objects.exists()


def test_without_a_token_nothing_is_told_but_how_to_get_in(client, study):
    for path in ("Patient", f"Patient/{study.patient_id}", "Encounter", "Patient/_search"):
        answer = client.get(f"/fhir/{path}")
        assert valid(answer, 401)["issue"][0]["code"] == "login"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_of_the_admin_is_no_way_in(client, study):
    client.force_login(staff("clinician"), "django.contrib.auth.backends.ModelBackend")
    valid(client.get("/fhir/Patient"), 401)
