"""Which rows the search parameters find."""

import pytest

from clinical.fhir.resources.patients import imported_system
from clinical.models import Study
from clinical.states import StudyState
from clinical.tests.factories import PatientFactory, study_of
from clinical.tests.fhir.schema import valid

BORN = {
    "1985": ("1985-01-01", "year"),
    "1985-04": ("1985-04-01", "month"),
    "1985-04-10": ("1985-04-10", "day"),
    "1985-12-31": ("1985-12-31", "day"),
    "1986-01": ("1986-01-01", "month"),
}


def found(api, kind, query):
    """The labels of what a search finds: births of patients, ids of others."""
    page = valid(api("clinical:read").get(f"/fhir/{kind}", query))
    return [each["resource"] for each in page.get("entry", [])]


def families(api, query):
    return sorted(each["name"][0].get("family", "") for each in found(api, "Patient", query))


@pytest.mark.parametrize(
    ("asked", "born"),
    [
        ("1985", ["1985", "1985-04", "1985-04-10", "1985-12-31"]),
        ("eq1985-04", ["1985-04", "1985-04-10"]),
        ("1985-04-10", ["1985-04-10"]),
        ("ne1985-04", ["1985", "1985-12-31", "1986-01"]),
        ("ne1985", ["1986-01"]),
        ("gt1985-04-10", ["1985", "1985-04", "1985-12-31", "1986-01"]),
        ("ge1985-04-10", ["1985", "1985-04", "1985-04-10", "1985-12-31", "1986-01"]),
        ("gt1985-04-30", ["1985", "1985-12-31", "1986-01"]),
        ("gt1985", ["1986-01"]),
        ("ge1985", ["1985", "1985-04", "1985-04-10", "1985-12-31", "1986-01"]),
        ("lt1985-04-10", ["1985", "1985-04"]),
        ("le1985-04-10", ["1985", "1985-04", "1985-04-10"]),
        ("lt1985-01-01", []),
        ("le1985-01-01", []),
        ("lt1985-01-02", ["1985"]),
        ("le1985", ["1985", "1985-04", "1985-04-10", "1985-12-31"]),
        ("sa1985-04", ["1985-12-31", "1986-01"]),
        ("sa1984", ["1985", "1985-04", "1985-04-10", "1985-12-31", "1986-01"]),
        ("eb1986", ["1985", "1985-04", "1985-04-10", "1985-12-31"]),
        ("eb1985-12-31", ["1985-04", "1985-04-10"]),
        ("1985-04-10,1986", ["1985-04-10", "1986-01"]),
        ("1900", []),
    ],
)
def test_birth_dates_are_compared_as_ranges_of_days(api, asked, born):
    for label, (day, precision) in BORN.items():
        PatientFactory.create(last_name=label, birth_date=day, birth_date_precision=precision)
    assert families(api, {"birthdate": asked}) == born


def test_two_birth_dates_must_both_hold(api):
    for label, (day, precision) in BORN.items():
        PatientFactory.create(last_name=label, birth_date=day, birth_date_precision=precision)
    assert families(api, {"birthdate": ["sa1985-01", "eb1985-12"]}) == ["1985-04", "1985-04-10"]


NAMES = [("Jose", "Villalobos"), ("Diana Laura", "Del Toro"), ("Ana", "Ruíz-Moreno"), ("Toro", "")]


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ({"family": "villa"}, ["Villalobos"]),
        ({"family": "VILLALOBOS"}, ["Villalobos"]),
        ({"family": "lobos"}, []),
        ({"family": "del toro"}, ["Del Toro"]),
        ({"family": "toro"}, ["Del Toro"]),
        ({"family": "ruiz"}, ["Ruíz-Moreno"]),
        ({"family": "moreno"}, ["Ruíz-Moreno"]),
        ({"family": "diana"}, []),
        ({"given": "laura"}, ["Del Toro"]),
        ({"given": "tor"}, [""]),
        ({"name": "toro"}, ["", "Del Toro"]),
        ({"name": "diana toro"}, ["Del Toro"]),
        ({"name": "mail"}, []),
        ({"name": "jose,ana"}, ["Ruíz-Moreno", "Villalobos"]),
        ({"name": ["diana", "toro"]}, ["Del Toro"]),
        ({"family:exact": "Del Toro"}, ["Del Toro"]),
        ({"family:exact": "del toro"}, []),
        ({"family:exact": "Toro"}, []),
        ({"given": "ana", "family": "ruiz"}, ["Ruíz-Moreno"]),
        ({"name": ":* | !("}, []),
        ({"name": "'"}, []),
    ],
)
def test_patients_are_found_by_their_names(api, query, matches):
    for number, (first, last) in enumerate(NAMES):
        PatientFactory.create(first_name=first, last_name=last, email=f"mail{number}@ejemplo.com")
    assert families(api, query) == matches


@pytest.mark.parametrize(
    ("email", "count"),
    [("pepe@ejemplo.com", 1), ("PEPE@Ejemplo.com", 1), ("pepe", 0), ("ejemplo.com", 0)],
)
def test_patients_are_found_by_their_whole_address(api, email, count):
    PatientFactory.create(email="pepe@ejemplo.com")
    PatientFactory.create(email="pepe2@ejemplo.com")
    assert len(found(api, "Patient", {"email": email})) == count


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("x-17", 1),
        ("{system}|x-17", 1),
        ("|x-17", 0),
        ("http://other|x-17", 0),
        ("x-1", 0),
        ("x-17,x-18", 2),
        (r"a\,b", 1),
        (r"{system}|a\,b", 1),
    ],
)
def test_patients_are_found_by_their_identifier(api, asked, count):
    for value in ("x-17", "x-18", "a,b"):
        PatientFactory.create(external_id=value)
    asked = asked.format(system=imported_system())
    assert len(found(api, "Patient", {"identifier": asked})) == count


@pytest.mark.parametrize("kind", ["ServiceRequest", "ImagingStudy", "DiagnosticReport"])
@pytest.mark.parametrize("name", ["patient", "subject", "subject:Patient"])
@pytest.mark.parametrize(
    "reference", ["{}", "Patient/{}", "http://testserver/fhir/Patient/{}", "{},99999"]
)
def test_studies_are_found_by_their_patient(api, kind, name, reference):
    study = study_of()
    study_of()
    asked = reference.format(study.patient_id)
    assert [each["id"] for each in found(api, kind, {name: asked})] == [str(study.pk)]


@pytest.mark.parametrize("reference", ["Encounter/{}", "abc", "Patient/abc", "9" * 30])
def test_a_reference_to_nobody_finds_nothing(api, reference):
    study = study_of()
    assert found(api, "ImagingStudy", {"patient": reference.format(study.patient_id)}) == []


def test_resources_are_found_by_their_ids(api):
    first, second, _ = study_of(), study_of(), study_of()
    asked = {"_id": f"{first.pk},{second.pk},none"}
    assert [each["id"] for each in found(api, "ImagingStudy", asked)] == [
        str(second.pk),
        str(first.pk),
    ]


@pytest.mark.parametrize(
    ("kind", "name"), [("ImagingStudy", "basedon"), ("DiagnosticReport", "based-on")]
)
def test_what_follows_from_a_request_is_found_by_it(api, kind, name):
    study = study_of()
    study_of()
    asked = {name: f"ServiceRequest/{study.pk}"}
    assert [each["id"] for each in found(api, kind, asked)] == [str(study.pk)]


@pytest.mark.parametrize("kind", ["ServiceRequest", "ImagingStudy", "DiagnosticReport"])
@pytest.mark.parametrize("state", StudyState)
def test_a_study_is_found_by_the_status_that_it_shows(api, kind, state):
    study = study_of()
    Study.objects.filter(pk=study.pk).update(state=state, performed_at=study.created_at)
    status = found(api, kind, {})[0]["status"]
    assert [each["id"] for each in found(api, kind, {"status": status})] == [str(study.pk)]


@pytest.mark.parametrize("kind", ["ServiceRequest", "ImagingStudy", "DiagnosticReport"])
def test_each_status_finds_those_that_show_it(api, kind):
    patient = PatientFactory.create()
    for state in StudyState:
        study = study_of(patient)
        Study.objects.filter(pk=study.pk).update(state=state, performed_at=study.created_at)
    for status in {each["status"] for each in found(api, kind, {})}:
        assert {each["status"] for each in found(api, kind, {"status": status})} == {status}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"modality": "CT"}, 1),
        ({"modality": "http://dicom.nema.org/resources/ontology/DCM|CT"}, 1),
        ({"modality": "http://other|CT"}, 0),
        ({"modality": "US"}, 2),
        ({"modality": "CT,US"}, 3),
    ],
)
def test_images_are_found_by_their_modality(api, query, count):
    for kind in ("CT", "ULTRASOUND", "ECHOCARDIOGRAM", "MRI"):
        study_of(type=kind)
    assert len(found(api, "ImagingStudy", query)) == count


@pytest.mark.parametrize(
    ("priority", "urgency"), [("asap", "HIGH"), ("urgent", "MID"), ("routine", "LOW")]
)
def test_requests_are_found_by_their_priority(api, priority, urgency):
    studies = {level: study_of(urgency_level=level) for level in ("HIGH", "MID", "LOW")}
    page = found(api, "ServiceRequest", {"priority": priority})
    assert [each["id"] for each in page] == [str(studies[urgency].pk)]
