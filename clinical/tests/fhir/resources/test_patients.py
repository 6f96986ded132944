"""Patients with identifiers of other systems, archived, and merged into others."""

import pytest

from clinical.fhir.resources.patients import imported_system, patient_json, patient_rows
from clinical.models import IdentifierType
from clinical.patients.services import archive_patient
from clinical.tests.factories import PatientFactory, study_of
from clinical.tests.fhir.schema import problems, valid
from core.database import clock
from identity.models import AccessRecord

HL7 = "http://terminology.hl7.org/CodeSystem/v2-0203"


def told(patient):
    shown = patient_json(patient_rows().get(pk=patient.pk))
    assert not problems(shown)
    return shown


def found(api, **query):
    page = valid(api("clinical:read").get("/fhir/Patient", query))
    return [int(each["resource"]["id"]) for each in page.get("entry", [])]


@pytest.fixture
def patient(db):
    return PatientFactory.create(external_id=None)


def test_an_identifier_has_its_kind_its_system_and_its_value(patient):
    patient.identifiers.create(type="MR", system="urn:oid:1.2.3", value="AB 12")
    assert told(patient)["identifier"] == [
        {
            "type": {
                "coding": [{"system": HL7, "code": "MR"}],
                "text": "medical record number",
            },
            "system": "urn:oid:1.2.3",
            "value": "AB 12",
        }
    ]


@pytest.mark.parametrize("name", ["Clinic of St. Mary", "Mary", "http://with a.blank/"])
def test_a_system_that_is_no_address_is_told_as_who_assigned_it(patient, name):
    patient.identifiers.create(type="MR", system=name, value="1")
    [identifier] = told(patient)["identifier"]
    assert identifier["assigner"] == {"display": name}
    assert "system" not in identifier


@pytest.mark.parametrize("kind", IdentifierType)
def test_each_kind_is_one_of_HL7s(patient, kind):
    patient.identifiers.create(type=kind, system="https://a.example/", value="1")
    assert told(patient)["identifier"][0]["type"]["coding"][0]["code"] == kind


def test_the_id_of_the_import_stands_beside_the_others(patient):
    patient.external_id = "17"
    patient.save()
    patient.identifiers.create(type="NI", system="urn:a", value="1")
    systems = [each["system"] for each in told(patient)["identifier"]]
    assert systems == [imported_system(), "urn:a"]


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("AB 12", True),
        ("ab12", True),
        ("urn:a|AB 12", True),
        ("urn:a|ab12", True),
        ("urn:b|AB 12", False),
        ("|AB 12", False),
        ("AB 1", False),
        ("x,AB 12", True),
        ("Clinic of St. Mary|77", True),
    ],
)
def test_a_patient_is_found_by_each_identifier(api, patient, asked, is_found):
    patient.identifiers.create(type="MR", system="urn:a", value="AB 12")
    patient.identifiers.create(type="MR", system="Clinic of St. Mary", value="77")
    PatientFactory.create().identifiers.create(type="MR", system="urn:a", value="AB 13")
    assert found(api, identifier=asked) == ([patient.pk] if is_found else [])


def test_an_archived_patient_is_not_active(patient):
    assert told(patient)["active"] is True
    archive_patient(patient, by="user:test")
    assert told(patient)["active"] is False


def test_archived_patients_are_found_by_who_asks_for_them(api, patient):
    archive_patient(patient, by="user:test")
    other = PatientFactory.create()
    assert found(api) == [other.pk]
    assert found(api, family="toro") == [other.pk]
    assert found(api, active="true") == [other.pk]
    assert found(api, active="false") == [patient.pk]
    assert found(api, active="true,false") == [other.pk, patient.pk]
    assert found(api, _id=patient.pk) == [patient.pk]
    assert valid(api().get(f"/fhir/Patient/{patient.pk}"))["active"] is False


@pytest.mark.parametrize("kind", ["ServiceRequest", "ImagingStudy", "DiagnosticReport"])
def test_studies_of_archived_patients_are_found_by_who_names_them(api, patient, kind):
    study, other = study_of(patient), study_of()
    archive_patient(patient, by="user:test")

    def ids(**query):
        page = valid(api().get(f"/fhir/{kind}", query))
        return [each["resource"]["id"] for each in page["entry"]]

    assert ids() == [str(other.pk)]
    assert (
        ids(patient=patient.pk) == ids(subject=patient.pk) == ids(_id=study.pk) == [str(study.pk)]
    )
    valid(api().get(f"/fhir/{kind}/{study.pk}"))


def test_a_record_merged_into_another_points_to_it(api, patient):
    survivor = PatientFactory.create()
    patient.merged_into = survivor
    patient.save()
    shown = told(patient)
    assert shown["active"] is False
    assert shown["link"] == [
        {"other": {"reference": f"Patient/{survivor.pk}"}, "type": "replaced-by"}
    ]
    valid(api().get(f"/fhir/{shown['link'][0]['other']['reference']}"))
    assert found(api) == [survivor.pk]
    assert found(api, active="false") == [patient.pk]


def test_a_look_at_a_merged_record_is_one_at_the_patient_who_is_left(api, patient):
    survivor = PatientFactory.create()
    patient.merged_into = survivor
    patient.save()
    valid(api("clinical:read").get(f"/fhir/Patient/{patient.pk}"))
    assert AccessRecord.objects.get().patients == sorted([patient.pk, survivor.pk])


def test_a_merged_and_archived_record_is_valid_too(patient):
    patient.merged_into, patient.archived_at = PatientFactory.create(), clock.now()
    patient.save()
    assert told(patient)["active"] is False
