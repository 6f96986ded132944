"""A study as three resources, each element by element."""

import pytest

from clinical.fhir.resources.studies import (
    IMAGING_REPORT,
    RADIOLOGY,
    imaging_study_json,
    report_json,
    reported_rows,
    service_request_json,
)
from clinical.models import Study
from clinical.reading import reports
from clinical.tests.factories import (
    REPORT,
    clinician,
    performed_study,
    reported_study,
    signed_study,
    study_of,
)
from clinical.tests.fhir.schema import problems

MAKERS = [service_request_json, imaging_study_json, report_json]


def row(**values):
    study = study_of(**{name: value for name, value in values.items() if name != "state"})
    Study.objects.filter(pk=study.pk).update(**values)
    return reported_rows().get(pk=study.pk)


@pytest.fixture
def in_error(db):
    return row(state="entered-in-error", body_part="KNEE", description="FRACTURE")


def test_a_request_in_error_is_that_alone(in_error):
    assert service_request_json(in_error) == {
        "resourceType": "ServiceRequest",
        "id": str(in_error.pk),
        "status": "entered-in-error",
        "intent": "order",
        "subject": {"reference": f"Patient/{in_error.patient_id}"},
    }


def test_images_in_error_are_that_alone(in_error):
    assert imaging_study_json(in_error) == {
        "resourceType": "ImagingStudy",
        "id": str(in_error.pk),
        "status": "entered-in-error",
        "subject": {"reference": f"Patient/{in_error.patient_id}"},
    }


def test_a_report_in_error_is_that_alone(in_error):
    assert report_json(in_error) == {
        "resourceType": "DiagnosticReport",
        "id": str(in_error.pk),
        "status": "entered-in-error",
        "category": [RADIOLOGY],
        "code": IMAGING_REPORT,
        "subject": {"reference": f"Patient/{in_error.patient_id}"},
    }


@pytest.mark.parametrize("make", MAKERS)
def test_a_resource_in_error_is_valid(make, in_error):
    assert not problems(make(in_error))


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_no_note_is_made_of_nothing(text, db):
    assert "note" not in imaging_study_json(row(description=text))


def test_a_note_keeps_its_lines(db):
    text = "First.\n\n  Second: ü, 骨, 🦴.\n"
    assert imaging_study_json(row(description=text))["note"] == [{"text": text}]


@pytest.mark.parametrize("make", MAKERS)
def test_the_time_is_one_of_fhirs(make, db):
    made = make(row())
    assert not problems(made)
    if "authoredOn" in made:
        assert made["authoredOn"][10] == "T"
        assert made["authoredOn"].endswith(("Z", "+00:00", "+01:00"))


def test_what_is_asked_for_is_said_in_words(db):
    request = service_request_json(row(type="DEXA", body_part="Hip, left", urgency_level="LOW"))
    assert request["code"]["text"] == "bone density"
    assert request["bodySite"] == [{"text": "Hip, left"}]
    assert request["priority"] == "routine"


def reported(study):
    told = report_json(reported_rows().get(pk=study.pk))
    assert not problems(told)
    return told


@pytest.mark.parametrize("make", [study_of, performed_study])
def test_before_there_is_a_report_none_is_told(make, db):
    told = reported(make())
    assert told["status"] == "registered"
    assert not {"conclusion", "issued", "resultsInterpreter"} & set(told)


def test_a_report_that_nobody_has_signed_is_preliminary(db):
    told = reported(reported_study())
    assert (told["status"], told["conclusion"]) == ("preliminary", REPORT)
    assert "resultsInterpreter" not in told


def test_a_signed_report_is_final_and_names_who_answers_for_it(db):
    study = signed_study()
    told, signature = reported(study), study.reports.get().signature
    assert (told["status"], told["conclusion"]) == ("final", REPORT)
    assert told["resultsInterpreter"] == [{"display": signature.signed_by}]
    assert told["issued"][:19] == signature.at.isoformat()[:19]


def test_of_an_amended_report_the_new_text_is_told_and_the_old_is_not(db):
    study, reader = signed_study(), clinician()
    reports.amend(study, "A hairline fracture.\nOld.", "seen again", signer=reader)
    told = reported(study)
    assert (told["status"], told["conclusion"]) == ("amended", "A hairline fracture.\nOld.")
    assert told["resultsInterpreter"] == [{"display": reader.actor}]
    assert "seen again" not in str(told)


def test_of_a_signed_study_in_error_no_text_is_told(db):
    study = signed_study()
    Study.objects.update(state="entered-in-error")
    assert REPORT not in str(reported(study))


@pytest.mark.parametrize(
    ("make", "request_status", "images"),
    [
        (study_of, "active", "registered"),
        (performed_study, "active", "available"),
        (reported_study, "active", "available"),
        (signed_study, "completed", "available"),
    ],
)
def test_a_request_is_completed_by_a_signature(make, request_status, images, db):
    study = make()
    row = reported_rows().get(pk=study.pk)
    assert service_request_json(row)["status"] == request_status
    assert imaging_study_json(row)["status"] == images
