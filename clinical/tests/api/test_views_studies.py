"""Studies of a patient over HTTP: requirement B2."""

import pytest

from clinical.models import Patient, Study, StudyEvent
from clinical.services import cancel_study, create_study, delete_study, update_study
from clinical.tests.factories import PatientFactory, study_of
from core.workflow import TransitionNotAllowedError
from identity.tests.factories import client_named

CALLER = 2  # finding who calls, and the access log
XRAY = {
    "urgency_level": "HIGH",
    "body_part": "STOMACH",
    "description": "NO FINDINGS",
    "type": "XRAY",
}


def studies(patient_id, study_id=None):
    address = f"/api/v1/patients/{patient_id}/studies/"
    return f"{address}{study_id}/" if study_id is not None else address


def kinds(study_id):
    return list(StudyEvent.objects.filter(study=study_id).values_list("kind", flat=True))


def test_B2_a_study_is_created_shown_changed_and_deleted(api):
    patient = PatientFactory.create()
    client = api("clinical:read", "clinical:write")
    made = client.post(studies(patient.pk), XRAY, format="json")
    assert made.status_code == 201
    study = made.json()
    assert study.items() >= (XRAY | {"status": "registered"}).items()
    assert set(study) == {*XRAY, "id", "status", "created_at"}
    assert made["Location"] == studies(patient.pk, study["id"])
    assert client.get(made["Location"]).json() == study
    assert client.get(studies(patient.pk)).json()["results"] == [study]
    put = client.put(made["Location"], XRAY | {"type": "CT"}, format="json").json()
    patched = client.patch(made["Location"], {"urgency_level": "LOW"}, format="json").json()
    assert (put["type"], patched["type"], patched["urgency_level"]) == ("CT", "CT", "LOW")
    assert client.delete(made["Location"]).status_code == 204
    assert client.get(made["Location"]).status_code == 404
    assert client.get(studies(patient.pk)).json()["results"] == []


def test_every_change_leaves_an_event_that_names_who_and_what(api):
    patient = PatientFactory.create()
    study = api().post(studies(patient.pk), XRAY, format="json").json()
    api().patch(studies(patient.pk, study["id"]), {"type": "CT", "body_part": "A"}, format="json")
    api().patch(studies(patient.pk, study["id"]), {"type": "CT"}, format="json")
    api().delete(studies(patient.pk, study["id"]))
    events = StudyEvent.objects.filter(study=study["id"])
    assert [(e.kind, e.detail, e.to_state) for e in events] == [
        ("created", "", "registered"),
        ("updated", "body_part, type", ""),
        ("deleted", "", "entered-in-error"),
    ]
    assert {event.actor for event in events} == {client_named("test")}


def test_a_deleted_study_is_kept_and_stays_deleted(api):
    study = study_of()
    address = studies(study.patient_id, study.pk)
    api().delete(address)
    for answer in (
        api().get(address),
        api().patch(address, {"type": "CT"}, format="json"),
        api().delete(address),
    ):
        assert answer.status_code == 404
    assert Study.objects.get().type == "MAMMOGRAM"
    assert kinds(study.pk) == ["created", "deleted"]


def test_a_change_that_meets_a_deletion_loses(db):
    study = study_of()
    stale = Study.objects.get()
    delete_study(study, by="user:test")
    with pytest.raises(TransitionNotAllowedError, match="deleted"):
        update_study(stale, by="user:test", type="CT")
    with pytest.raises(TransitionNotAllowedError):
        cancel_study(stale, by="user:test")
    assert kinds(study.pk) == ["created", "deleted"]


def test_a_study_for_a_patient_who_vanished_is_refused(db):
    patient = PatientFactory.create()
    study = Study(patient=patient, **XRAY)
    Patient.objects.all().delete()
    study.patient_id = 1
    with pytest.raises(TransitionNotAllowedError, match="deleted"):
        create_study(study, by="user:test")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_B2_a_study_of_another_patient_is_a_404(api, method):
    study, other = study_of(), PatientFactory.create()
    answer = getattr(api(), method)(studies(other.pk, study.pk), XRAY, format="json")
    assert answer.status_code == 404
    study.refresh_from_db()
    assert (study.type, study.state, kinds(study.pk)) == ("MAMMOGRAM", "registered", ["created"])


@pytest.mark.parametrize("parent", ["0", "-1", "abc", "1.5", str(2**63), "9" * 5000, "%00"])
def test_B2_a_missing_parent_is_a_404_for_every_method(api, parent):
    study = study_of()
    for method, address in [
        ("get", studies(parent)),
        ("post", studies(parent)),
        ("get", studies(parent, study.pk)),
        ("put", studies(parent, study.pk)),
        ("patch", studies(parent, study.pk)),
        ("delete", studies(parent, study.pk)),
    ]:
        assert getattr(api(), method)(address, XRAY, format="json").status_code == 404
    assert Study.objects.count() == 1


def test_a_missing_parent_is_a_404_whatever_the_body(api):
    assert api().post(studies(1), {"nonsense": 1}, format="json").status_code == 404


@pytest.mark.parametrize("key", ["0", "abc", str(2**63), "9" * 5000])
def test_a_study_that_is_not_there_is_a_404(api, key):
    patient = PatientFactory.create()
    for method in ("get", "put", "patch", "delete"):
        answer = getattr(api(), method)(studies(patient.pk, key), XRAY, format="json")
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("urgency_level", "URGENT", "invalid_choice"),
        ("urgency_level", "high", "invalid_choice"),
        ("urgency_level", None, "null"),
        ("type", "SMELL", "invalid_choice"),
        ("type", ["XRAY"], "invalid_choice"),
        ("body_part", " ", "blank"),
        ("body_part", "x" * 101, "max_length"),
        ("body_part", "a\nb", "control_characters"),
        ("description", "x" * 2001, "max_length"),
        ("description", "a\0b", "null_characters_not_allowed"),
        ("status", "available", "unknown_field"),
        ("patient", 5, "unknown_field"),
        ("created_at", "2020-01-01T00:00:00Z", "unknown_field"),
    ],
)
def test_bad_input_is_refused_with_the_field_named_and_nothing_is_written(api, field, value, code):
    study = study_of()
    for method, address in [
        ("post", studies(study.patient_id)),
        ("patch", studies(study.patient_id, study.pk)),
    ]:
        answer = getattr(api(), method)(address, XRAY | {field: value}, format="json")
        found = {error["attr"]: error["code"] for error in answer.json()["errors"]}
        assert (answer.status_code, found) == (400, {field: code}), answer.json()
    assert (Study.objects.get().type, kinds(study.pk)) == ("MAMMOGRAM", ["created"])


@pytest.mark.parametrize("scopes", [(None,), ("clinical:read",), ("customers:write",)])
def test_an_outsider_is_refused_and_nothing_changes(api, scopes):
    study = study_of()
    address = studies(study.patient_id, study.pk)
    outsider = api(*scopes)
    answers = [
        outsider.post(studies(study.patient_id), XRAY, format="json"),
        outsider.put(address, XRAY, format="json"),
        outsider.patch(address, XRAY, format="json"),
        outsider.delete(address),
    ]
    if scopes != ("clinical:read",):
        answers += [outsider.get(address), outsider.get(studies(study.patient_id))]
    assert {answer.status_code for answer in answers} == {401 if scopes == (None,) else 403}
    assert (Study.objects.get().type, kinds(study.pk)) == ("MAMMOGRAM", ["created"])


@pytest.mark.parametrize("size", [1, 9])
def test_a_list_takes_two_queries(api, django_assert_num_queries, size):
    patient = PatientFactory.create()
    for _ in range(size):
        study_of(patient)
    client = api("clinical:read")
    with django_assert_num_queries(CALLER + 2):
        assert len(client.get(studies(patient.pk)).json()["results"]) == size


def test_the_same_key_creates_one_study_and_one_event(api):
    patient = PatientFactory.create()
    for _ in range(2):
        answer = api().post(
            studies(patient.pk), XRAY, format="json", headers={"Idempotency-Key": "one"}
        )
    assert answer["Idempotency-Replayed"] == "true"
    assert kinds(Study.objects.get().pk) == ["created"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"urgency_level": "MID"}, 1),
        ({"type": "CT"}, 1),
        ({"status": "registered"}, 2),
        ({"body_part": "breasts"}, 1),
        ({"search": "density"}, 1),
        ({"ordering": "created_at"}, 2),
    ],
)
def test_studies_are_filtered_searched_and_ordered(api, query, count):
    patient = study_of().patient
    study_of(patient, type="CT", urgency_level="HIGH", body_part="NECK", description="")
    answer = api("clinical:read").get(studies(patient.pk), query)
    assert len(answer.json()["results"]) == count


@pytest.mark.parametrize(
    "query", [{"type": "SMELL"}, {"status": "entered-in-error"}, {"search": "\0"}]
)
def test_a_query_that_makes_no_sense_is_a_400(api, query):
    study = study_of()
    assert api().get(studies(study.patient_id), query).status_code == 400
