"""The clinic's own data through FHIR: nothing added, nothing lost."""

import pytest

from clinical import demo
from clinical.fhir.resources.patients import imported_system
from clinical.tests.fhir import examples
from clinical.tests.fhir.schema import valid

OF_ROWS = {"id", "meta", "subject", "basedOn", "imagingStudy", "authoredOn"}


@pytest.fixture
def loaded(db):
    demo.load()


def searched(api, kind, **query):
    """The resources of a search, the oldest first."""
    page = valid(api("clinical:read").get(f"/fhir/{kind}", query))
    return [each["resource"] for each in reversed(page["entry"])]


def without(resource, names):
    return {name: value for name, value in resource.items() if name not in names}


def test_the_four_patients_are_told_whole(api, loaded):
    told = [without(each, {"id", "meta"}) for each in searched(api, "Patient")]
    assert told == examples.patients(imported_system())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ServiceRequest", examples.REQUESTS),
        ("ImagingStudy", examples.IMAGES),
        ("DiagnosticReport", examples.REPORTS),
    ],
)
def test_the_four_studies_are_told_whole(api, loaded, kind, expected):
    assert [without(each, OF_ROWS) for each in searched(api, kind)] == expected


@pytest.mark.parametrize("kind", ["ServiceRequest", "ImagingStudy", "DiagnosticReport"])
def test_each_study_is_of_its_patient(api, loaded, kind):
    patients = {each["id"]: each["identifier"][0]["value"] for each in searched(api, "Patient")}
    subjects = [each["subject"]["reference"] for each in searched(api, kind)]
    assert [
        patients[each.removeprefix("Patient/")] for each in subjects
    ] == examples.PATIENT_OF_STUDY


def test_a_read_tells_the_same_as_a_search(api, loaded):
    for kind in ("Patient", "ServiceRequest", "ImagingStudy", "DiagnosticReport"):
        for each in searched(api, kind):
            assert valid(api().get(f"/fhir/{kind}/{each['id']}")) == each


def test_a_clinician_finds_a_patient_and_what_was_seen(api, loaded):
    """As another system would: by the number it knows, then by reference."""
    patient = searched(api, "Patient", identifier=f"{imported_system()}|3")[0]
    images = searched(api, "ImagingStudy", patient=f"Patient/{patient['id']}")
    assert [each["note"][0]["text"] for each in images] == ["HIGH DENSITY ON LEFT SIDE"]
    report = searched(api, "DiagnosticReport", **{"based-on": images[0]["basedOn"][0]["reference"]})
    assert report[0]["imagingStudy"][0]["reference"] == f"ImagingStudy/{images[0]['id']}"
