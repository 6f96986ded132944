"""Studies are performed, reported, signed and amended over HTTP."""

import pytest

from clinical.models import Study, StudyReport
from clinical.tests.factories import (
    REPORT,
    PatientFactory,
    clinician,
    performed_study,
    reported_study,
    signed_study,
    study_of,
)
from identity.models import AccessRecord
from identity.tests.factories import client_named, client_of, staff

pytestmark = pytest.mark.django_db
CALLER = 2  # finding who calls, and the access log


def at(study, verb=""):
    """The address of a study, or of what is done with it."""
    return f"/api/v1/patients/{study.patient_id}/studies/{study.pk}/{verb and verb + '/'}"


def test_a_study_is_performed_reported_by_a_program_and_signed_by_a_person(api):
    study, person = study_of(), clinician(username="clara")
    program, clara = api("clinical:read", "clinical:write"), client_of(person)
    assert program.post(at(study, "perform")).json()["status"] == "performed"
    written = program.post(at(study, "report"), {"text": REPORT}, format="json")
    assert written.status_code == 201
    assert (
        written.json().items()
        >= {
            "number": 1,
            "text": REPORT,
            "reason": "",
            "written_by": client_named("test"),
            "signed_by": "",
            "signed_at": None,
        }.items()
    )
    signed = clara.post(at(study, "sign"), {"number": 1}, format="json")
    assert (signed.status_code, signed.json()["signed_by"]) == (200, person.actor)
    assert program.get(at(study)).json()["status"] == "final"


def test_a_final_study_is_changed_by_an_amendment_alone_and_the_old_text_is_kept(api):
    study, person = signed_study(), clinician(username="clara")
    answers = [
        api().patch(at(study), {"description": "other"}, format="json"),
        api().put(
            at(study), {"urgency_level": "LOW", "body_part": "A", "type": "CT"}, format="json"
        ),
        api().delete(at(study)),
        api().post(at(study, "report"), {"text": "Other."}, format="json"),
        api().post(at(study, "cancel"), {}, format="json"),
    ]
    assert {answer.status_code for answer in answers} == {409}
    amendment = {"text": "Fracture of a rib.", "reason": "overlooked"}
    made = client_of(person).post(at(study, "amend"), amendment, format="json")
    assert (made.status_code, made.json()["number"]) == (201, 2)
    listed = api("clinical:read").get(at(study, "reports")).json()["results"]
    assert [(row["number"], row["text"], row["reason"]) for row in listed] == [
        (2, "Fracture of a rib.", "overlooked"),
        (1, REPORT, ""),
    ]
    assert listed[0]["signed_by"] == person.actor
    assert api().get(at(study)).json()["status"] == "amended"


@pytest.mark.parametrize("verb", ["sign", "amend", "enter-in-error"])
def test_programs_and_people_who_may_not_sign_are_refused_whatever_their_scopes(api, verb):
    study = signed_study() if verb == "amend" else reported_study()
    body = {
        "sign": {"number": 1},
        "amend": {"text": "New.", "reason": "overlooked"},
        "enter-in-error": {"reason": "another patient"},
    }[verb]
    before = study.state
    [error] = api().post(at(study, verb), body, format="json").json()["errors"]
    assert error["code"] == "person_needed"
    looker = client_of(staff("auditor", username="audra"))
    assert looker.post(at(study, verb), body, format="json").status_code == 403
    study.refresh_from_db()
    assert (study.state, StudyReport.objects.count()) == (before, 1)


@pytest.mark.parametrize(
    ("verb", "body", "attr", "code"),
    [
        ("report", {}, "text", "required"),
        ("report", {"text": " \u200b"}, "text", "blank"),
        ("report", {"text": "x" * 20_001}, "text", "max_length"),
        ("report", {"text": "x", "state": "final"}, "state", "unknown_field"),
        ("sign", {}, "number", "required"),
        ("sign", {"number": "1"}, "number", "invalid"),
        ("sign", {"number": 0}, "number", "min_value"),
        ("sign", {"number": 2**40}, "number", "max_value"),
        ("amend", {"text": "x"}, "reason", "required"),
        ("amend", {"text": "x", "reason": "why"}, "reason", "min_length"),
        ("enter-in-error", {}, "reason", "required"),
    ],
)
def test_bad_input_is_refused_by_its_field_and_nothing_is_written(verb, body, attr, code):
    study = {"report": performed_study, "sign": reported_study}.get(verb, signed_study)()
    before = (study.state, StudyReport.objects.count(), study.events.count())
    answer = client_of(clinician()).post(at(study, verb), body, format="json")
    errors = {error["attr"]: error["code"] for error in answer.json()["errors"]}
    assert (answer.status_code, errors.get(attr)) == (400, code), answer.json()
    study.refresh_from_db()
    assert (study.state, StudyReport.objects.count(), study.events.count()) == before


@pytest.mark.parametrize(
    ("verb", "body"),
    [("perform", {}), ("report", {"text": "x"}), ("cancel", {}), ("sign", {"number": 1})],
)
def test_a_study_of_another_patient_is_a_404(verb, body):
    study, other = reported_study(), PatientFactory.create()
    where = f"/api/v1/patients/{other.pk}/studies/{study.pk}/"
    client = client_of(clinician())
    assert client.post(f"{where}{verb}/", body, format="json").status_code == 404
    assert client.get(f"{where}reports/").status_code == 404
    assert Study.objects.get().state == "reported"


def test_a_verb_that_the_state_does_not_allow_is_a_409():
    study, client = study_of(), client_of(clinician())
    answers = [
        client.post(at(study, "report"), {"text": "x"}, format="json"),
        client.post(at(study, "sign"), {"number": 1}, format="json"),
        client.post(at(study, "amend"), {"text": "x", "reason": "overlooked"}, format="json"),
    ]
    assert {answer.status_code for answer in answers} == {409}
    assert Study.objects.get().state == "registered"


def test_a_version_that_was_replaced_meanwhile_is_not_signed(api):
    study = reported_study()
    api().post(at(study, "report"), {"text": "Second look."}, format="json")
    answer = client_of(clinician()).post(at(study, "sign"), {"number": 1}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "illegal_move")


def test_a_study_entered_in_error_is_seen_no_more_and_its_reports_neither(api):
    study = signed_study()
    gone = client_of(clinician()).post(
        at(study, "enter-in-error"), {"reason": "another patient"}, format="json"
    )
    assert gone.json()["status"] == "entered-in-error"
    assert api().get(at(study)).status_code == 404
    assert api().get(at(study, "reports")).status_code == 404


def test_reports_are_read_in_few_statements_and_each_read_is_on_record(
    api, django_assert_num_queries
):
    study = signed_study()
    client = api("clinical:read")
    with django_assert_num_queries(CALLER + 2):
        assert client.get(at(study, "reports")).status_code == 200
    record = AccessRecord.objects.get()
    assert (record.patients, record.how) == ([study.patient_id], "list")


@pytest.mark.parametrize("scopes", [(None,), ("clinical:read",), ("orders:write",)])
def test_an_outsider_changes_nothing(api, scopes):
    study = reported_study()
    for verb in ("perform", "report", "sign", "amend", "cancel", "enter-in-error"):
        answer = api(*scopes).post(at(study, verb), {"number": 1, "text": "x"}, format="json")
        assert answer.status_code in (401, 403)
    assert (Study.objects.get().state, StudyReport.objects.count()) == ("reported", 1)
