from io import BytesIO

import pytest

from clinical.imports.patients import PatientImporter
from clinical.imports.studies import StudyImporter
from clinical.models import Patient, Study
from clinical.patients.services import archive_patient, restore_patient, update_patient
from clinical.services import create_study
from clinical.tests.factories import PatientFactory, study_of
from core.imports import run
from core.workflow import TransitionNotAllowedError
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
PATIENTS = "/api/v1/patients/"
SENT = {"_form_submitted": "on"}


def ids(answer):
    return [row["id"] for row in answer.json()["results"]]


@pytest.fixture
def archived():
    patient = study_of(PatientFactory.create(last_name="Zoe", external_id="7")).patient
    return archive_patient(patient, by="user:test")


def test_the_archived_leave_lists_and_searches_and_a_filter_shows_them(api, archived):
    other = PatientFactory.create(last_name="Zoe")
    assert ids(api().get(PATIENTS)) == [other.pk]
    assert ids(api().get(PATIENTS, {"search": "Zoe"})) == [other.pk]
    assert ids(api().get(PATIENTS, {"search": "Zoe", "archived": "true"})) == [archived.pk]
    assert ids(api().get(PATIENTS, {"archived": "false"})) == [other.pk]
    assert api().get(PATIENTS, {"archived": "perhaps"}).status_code == 400


def test_an_archived_patient_is_a_404_until_asked_for_and_changes_nothing(api, archived):
    address = f"{PATIENTS}{archived.pk}/"
    for method, where in [("get", ""), ("patch", ""), ("delete", ""), ("get", "studies/")]:
        assert getattr(api(), method)(address + where, {}, format="json").status_code == 404
    shown = api().get(address, {"archived": "true"})
    assert shown.json()["studies"]
    changed = api().patch(f"{address}?archived=true", {"email": ""}, format="json")
    assert changed.status_code == 409


def test_it_is_archived_and_restored_over_the_api(api):
    study = study_of()
    address = f"{PATIENTS}{study.patient_id}/"
    assert api().post(f"{address}archive/").json()["studies"][0]["id"] == study.pk
    assert api().post(f"{address}archive/").status_code == 409
    assert api().get(address).status_code == 404
    assert api().post(f"{address}restore/").status_code == 200
    assert api().post(f"{address}restore/").status_code == 409
    assert api().get(address).json()["studies"][0]["id"] == study.pk


def test_what_the_api_deletes_is_archived(api):
    patient = PatientFactory.create()
    assert api().delete(f"{PATIENTS}{patient.pk}/").status_code == 204
    patient.refresh_from_db()
    assert patient.archived_at is not None


def test_an_archived_patient_takes_no_changes_and_no_studies(archived):
    study = Study(patient=archived, urgency_level="HIGH", body_part="NECK", type="XRAY")
    verbs = [
        lambda: update_patient(archived, first_name="Eva"),
        lambda: create_study(study, by="user:test"),
        lambda: archive_patient(archived, by="user:test"),
    ]
    for verb in verbs:
        with pytest.raises(TransitionNotAllowedError, match="archived"):
            verb()
    restore_patient(archived, by="user:test")
    assert update_patient(archived, first_name="Eva").first_name == "Eva"


def test_a_repeated_import_updates_an_archived_patient_and_leaves_them_archived(archived):
    file = b"first_name,last_name,birth_date,email,id\nEva,Zoe,1990-01-01,,7\n"
    assert run(PatientImporter(), BytesIO(file), by="user:test").updated == 1
    studies = b"urgency_level,body_part,description,type,patient_id\nHIGH,NECK,,XRAY,7\n"
    assert run(StudyImporter(), BytesIO(studies), by="user:test").created == 1
    archived.refresh_from_db()
    assert (archived.first_name, archived.studies.count()) == ("Eva", 2)
    assert archived.archived_at is not None


def test_the_admin_archives_and_restores_and_lists_the_archived_on_request(client):
    client.force_login(staff("clinician"))
    patient = PatientFactory.create(last_name="Quirrel")
    page, lists = f"/admin/clinical/patient/{patient.pk}/", "/admin/clinical/patient/"
    assert client.post(f"{page}archive/", SENT).status_code == 302
    assert "Quirrel" not in client.get(lists).content.decode()
    assert "Quirrel" not in client.get(f"{lists}?q=quirrel").content.decode()
    assert "Quirrel" in client.get(f"{lists}?archived=yes").content.decode()
    assert client.post(f"{page}change/", {"first_name": "x"}).status_code == 403
    field = {"app_label": "clinical", "model_name": "study", "field_name": "patient"}
    completed = client.get("/admin/autocomplete/", field | {"term": "Quirrel"}).json()
    assert completed["results"] == []
    assert client.post(f"{page}archive/", SENT).status_code == 403
    assert client.post(f"{page}restore/", SENT).status_code == 302
    assert Patient.objects.current().filter(pk=patient.pk).exists()
