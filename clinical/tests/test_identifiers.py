import pytest
from django.db import IntegrityError

from clinical.identifiers import comparable, value_index
from clinical.models import PatientIdentifier
from clinical.patients.services import IdentifierTakenError, update_patient
from clinical.tests.factories import NO_ROWS_BELOW, PatientFactory
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
PATIENTS = "/api/v1/patients/"
WHO = {"first_name": "Ana", "last_name": "Paz", "birth_date": "1990-01-01"}
RECORD = {"type": "MR", "system": "urn:oid:1.2.3", "value": "AB 12-34"}


@pytest.mark.parametrize("typed", ["AB 12-34", "ab12-34", "AB12‐34", " ab 12-34 ", "ＡＢ12-34"])
def test_one_identifier_is_compared_as_it_is_read(typed):
    assert comparable(typed) == "ab12-34"
    assert value_index(typed) == value_index("AB 12-34")


def test_the_database_has_each_of_a_system_once():
    patient = PatientFactory.create()
    patient.identifiers.create(**RECORD)
    patient.identifiers.create(**RECORD | {"system": "urn:other"})
    with pytest.raises(IntegrityError):
        PatientFactory.create().identifiers.create(**RECORD | {"value": "ab12-34"})


def test_a_patient_is_created_with_identifiers_which_are_changed_as_a_whole(api):
    made = api().post(PATIENTS, WHO | {"identifiers": [RECORD]}, format="json").json()
    address = f"{PATIENTS}{made['id']}/"
    kept = PatientIdentifier.objects.get().pk
    assert made["identifiers"] == [RECORD]
    assert api().patch(address, {"email": "a@b.de"}, format="json").json()["identifiers"]
    passport = {"type": "PPN", "system": "DE", "value": "C01X"}
    both = api().patch(address, {"identifiers": [passport, RECORD]}, format="json").json()
    assert both["identifiers"] == [RECORD, passport]
    assert PatientIdentifier.objects.filter(pk=kept).exists()
    assert api().patch(address, {"identifiers": []}, format="json").json()["identifiers"] == []


@pytest.mark.parametrize(
    ("identifiers", "attr"),
    [
        ([RECORD | {"type": "XX"}], "identifiers.0.type"),
        ([RECORD | {"value": ""}], "identifiers.0.value"),
        ([RECORD | {"value": "\u200b"}], "identifiers.0.value"),
        ([RECORD | {"value": 12}], "identifiers.0.value"),
        ([RECORD | {"value": "x" * 101}], "identifiers.0.value"),
        ([RECORD | {"system": " "}], "identifiers.0.system"),
        ([RECORD | {"other": 1}], "identifiers.0.other"),
        ([RECORD, RECORD | {"value": "ab12-34"}], "identifiers"),
        ([RECORD | {"value": str(n)} for n in range(21)], "identifiers.non_field_errors"),
        ("x", "identifiers.non_field_errors"),
    ],
)
def test_bad_identifiers_are_refused_by_name_and_nothing_is_written(api, identifiers, attr):
    answer = api().post(PATIENTS, WHO | {"identifiers": identifiers}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, attr), answer.json()
    assert not PatientIdentifier.objects.exists()


def test_an_identifier_of_another_patient_is_refused_and_nothing_of_the_change_is_done(api):
    PatientFactory.create().identifiers.create(**RECORD)
    patient = PatientFactory.create(first_name="Ana")
    answer = api().patch(
        f"{PATIENTS}{patient.pk}/", {"first_name": "Eva", "identifiers": [RECORD]}, format="json"
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unique")
    patient.refresh_from_db()
    assert (patient.first_name, patient.identifiers.count()) == ("Ana", 0)
    with pytest.raises(IdentifierTakenError):
        update_patient(patient, identifiers=[RECORD])


def test_patients_are_filtered_by_identifier(api):
    patient = PatientFactory.create()
    patient.identifiers.create(**RECORD)
    PatientFactory.create()
    for typed, ids in [("ab12-34", [patient.pk]), ("AB 12-34", [patient.pk]), ("12", [])]:
        page = api().get(PATIENTS, {"identifier": typed}).json()
        assert [row["id"] for row in page["results"]] == ids


def test_the_admin_names_whose_identifier_it_is(client):
    owner, patient = PatientFactory.create(), PatientFactory.create()
    owner.identifiers.create(**RECORD)
    client.force_login(staff("clinician"))
    path = f"/admin/clinical/patient/{patient.pk}/change/"
    form = dict.fromkeys(NO_ROWS_BELOW, 0) | {
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "birth_date": "1988-08-29",
        "email": patient.email,
        "identifiers-TOTAL_FORMS": 2,
        **{f"identifiers-0-{name}": value for name, value in RECORD.items()},
        **{f"identifiers-1-{name}": value for name, value in RECORD.items()},
    }
    page = client.post(path, form).content.decode()
    assert f"Patient {owner.pk} has this identifier." in page
    owner.identifiers.all().delete()
    assert "Give each identifier once." in client.post(path, form).content.decode()
    assert client.post(path, form | {"identifiers-TOTAL_FORMS": 1}).status_code == 302
    assert patient.identifiers.get().value == RECORD["value"]
