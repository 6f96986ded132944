"""What programs of others were promised: types, parameters and includes are only ever added to."""

import pytest

from clinical.fhir.search.catalogue import BY_NAME, TYPES
from clinical.tests.factories import PatientFactory, study_of
from clinical.tests.fhir.schema import document, problems

PROMISED = {
    "Patient": {
        "_id": "token",
        "identifier": "token",
        "name": "string",
        "family": "string",
        "given": "string",
        "birthdate": "date",
        "email": "token",
        "active": "token",
    },
    "ServiceRequest": {
        "_id": "token",
        "patient": "reference",
        "subject": "reference",
        "status": "token",
        "priority": "token",
    },
    "ImagingStudy": {
        "_id": "token",
        "patient": "reference",
        "subject": "reference",
        "status": "token",
        "modality": "token",
        "basedon": "reference",
    },
    "DiagnosticReport": {
        "_id": "token",
        "patient": "reference",
        "subject": "reference",
        "status": "token",
        "based-on": "reference",
    },
}
STATUSES = {
    "ServiceRequest": {"active", "completed", "revoked", "entered-in-error"},
    "ImagingStudy": {"registered", "available", "cancelled", "entered-in-error"},
    "DiagnosticReport": {
        "registered",
        "preliminary",
        "final",
        "amended",
        "cancelled",
        "entered-in-error",
    },
}


@pytest.mark.parametrize("kind", PROMISED)
def test_what_was_promised_is_there(kind):
    kinds = {name: each.kind for name, each in BY_NAME[kind].parameters.items()}
    assert kinds.items() >= PROMISED[kind].items()


@pytest.mark.parametrize("kind", [each for each in PROMISED if each != "Patient"])
def test_the_patient_can_be_included_by_both_names(kind):
    assert {f"{kind}:patient", f"{kind}:subject"} <= set(BY_NAME[kind].includes)


@pytest.mark.parametrize(("kind", "codes"), STATUSES.items())
def test_the_statuses_that_were_promised_can_be_searched_for(kind, codes, db):
    for code in codes:
        BY_NAME[kind].parameters["status"].find(code, "")


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_elements_that_are_named_are_R4s(kind):
    elements = set(document()["definitions"][kind.name]["properties"])
    assert kind.mandatory <= elements
    assert kind.beyond_summary <= elements


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_each_row_names_whose_data_it_shows(kind, db):
    study = study_of()
    [row] = kind.rows()
    assert kind.patients_of(row) == {study.patient_id}
    assert not problems(kind.json(row))


def test_a_merged_record_shows_the_data_of_both(db):
    survivor = PatientFactory.create()
    merged = PatientFactory.create(merged_into=survivor)
    assert BY_NAME["Patient"].patients_of(merged) == {merged.pk, survivor.pk}
