"""A DICOM file belongs to its patient, or is refused; nothing of it is repeated."""

import io
from datetime import date

import pytest
from django.core.exceptions import ValidationError

from clinical.attachments.content import kind_of
from clinical.attachments.dicom import DEFLATED
from clinical.births import Precision
from clinical.models import PatientIdentifier
from clinical.tests.attachments.samples import dicom
from clinical.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
BORN = "19880829"


@pytest.fixture
def patient():
    return PatientFactory.create(
        first_name="Diana Laura",
        last_name="Núñez",
        external_id="4711",
        birth_date=date(1988, 8, 29),
    )


def refusal(content, patient):
    with pytest.raises(ValidationError) as refused:
        kind_of(io.BytesIO(content), patient)
    [error] = refused.value.error_dict["file"]
    return error.code, str(error.message)


@pytest.mark.parametrize(
    "name",
    [
        "Núñez^Diana Laura",
        "NUNEZ^DIANA^LAURA",
        "Diana^Nunez",
        "NUNEZ^DIANA^LAURA^Dr",
        "Nunez^Diana=X",
    ],
)
def test_the_patients_own_is_taken_however_the_name_is_written(patient, name):
    assert kind_of(io.BytesIO(dicom(PatientName=name, PatientBirthDate=BORN)), patient) == "DICOM"


def test_a_number_that_we_know_stands_for_the_birth_date(patient):
    assert kind_of(io.BytesIO(dicom(PatientName="Nunez^Diana", PatientID="4711")), patient)
    PatientIdentifier.objects.create(patient=patient, type="MR", system="clinic", value="K-9")
    assert kind_of(io.BytesIO(dicom(PatientName="Nunez^Diana", PatientID="K-9")), patient)


def test_a_birth_date_is_compared_as_far_as_ours_is_known(patient):
    patient.birth_date, patient.birth_date_precision = date(1988, 1, 1), Precision.YEAR
    assert kind_of(io.BytesIO(dicom(PatientName="Nunez^Diana", PatientBirthDate=BORN)), patient)
    wrong = dicom(PatientName="Nunez^Diana", PatientBirthDate="19890101")
    assert refusal(wrong, patient)[0] == "other_patient"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "no_patient"),
        ({"PatientName": "", "PatientID": "4711", "PatientBirthDate": BORN}, "no_patient"),
        ({"PatientName": "Esparza^Jose", "PatientBirthDate": BORN}, "other_patient"),
        ({"PatientName": "Esparza^Jose", "PatientID": "4711"}, "other_patient"),
        ({"PatientName": "Nunez^Diana", "PatientBirthDate": "19880830"}, "other_patient"),
        ({"PatientName": "Nunez^Diana", "PatientBirthDate": "nonsense"}, "other_patient"),
        (
            {"PatientName": "Nunez^Diana", "PatientBirthDate": "19880830", "PatientID": "4711"},
            "other_patient",
        ),
        ({"PatientName": "Nunez^Diana"}, "unconfirmed_patient"),
        ({"PatientName": "Nunez^Diana", "PatientID": "999"}, "unconfirmed_patient"),
        ({"PatientName": "^^", "PatientBirthDate": BORN}, "other_patient"),
    ],
)
def test_one_without_a_patient_or_of_another_is_refused(patient, values, code):
    seen, text = refusal(dicom(**values), patient)
    assert seen == code
    for value in values.values():
        assert not value or value not in text


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 128 + b"DICM",
        b"\0" * 128 + b"DICM" + b"\xff" * 4000,
        b"\0" * 128 + b"DICM" + b"\x10\x00\x10\x00PN\xff\xff",
        dicom(PatientName="Nunez^Diana", PatientBirthDate=BORN)[:200],
    ],
)
def test_a_broken_one_is_refused(patient, content):
    assert refusal(content, patient)[0] in ("unreadable", "no_patient")


def test_a_deflated_one_is_refused_before_it_is_unpacked(patient):
    content = b"\0" * 128 + b"DICM" + DEFLATED + b"\0" * 1000
    assert refusal(content, patient)[0] == "deflated"


def test_what_a_file_says_is_in_no_log_and_no_warning(patient, caplog, recwarn):
    odd = dicom(PatientName="Zqsecret^Zq", PatientBirthDate="zq-when")
    with pytest.raises(ValidationError):
        kind_of(io.BytesIO(odd), patient)
    assert "zq" not in caplog.text.lower()
    assert not [warning for warning in recwarn if "zq" in str(warning.message).lower()]
