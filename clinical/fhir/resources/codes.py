"""What our states and choices are called in FHIR, each as a table."""

from typing import NamedTuple

from clinical.models import Modality, Urgency
from clinical.states import StudyState

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
LOINC = "http://loinc.org"
SERVICE_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"


class Statuses(NamedTuple):
    """A study's state in each of the three resources that it is. It is done when it is signed."""

    request: str
    images: str
    report: str


# https://hl7.org/fhir/R4/ has these as valueset-request-status.html, valueset-imagingstudy-status
# and valueset-diagnostic-report-status.
STATUSES = {
    StudyState.REGISTERED: Statuses("active", "registered", "registered"),
    StudyState.PERFORMED: Statuses("active", "available", "registered"),
    StudyState.REPORTED: Statuses("active", "available", "preliminary"),
    StudyState.FINAL: Statuses("completed", "available", "final"),
    StudyState.AMENDED: Statuses("completed", "available", "amended"),
    StudyState.CANCELLED: Statuses("revoked", "cancelled", "cancelled"),
    StudyState.ENTERED_IN_ERROR: Statuses(*["entered-in-error"] * 3),
}

# FHIR has four, in this order: routine, urgent, asap, stat. “At once” is more than we promise.
PRIORITIES = {Urgency.LOW: "routine", Urgency.MID: "urgent", Urgency.HIGH: "asap"}

# DICOM PS3.16, CID 29 “Acquisition Modality”. Which detector took an X-ray is not known: DX.
MODALITIES = {
    Modality.XRAY: "DX",
    Modality.MAMMOGRAM: "MG",
    Modality.CT: "CT",
    Modality.MRI: "MR",
    Modality.ULTRASOUND: "US",
    Modality.PET: "PT",
    Modality.NUCLEAR: "NM",
    Modality.FLUOROSCOPY: "RF",
    Modality.ANGIOGRAPHY: "XA",
    Modality.DEXA: "BMD",
    Modality.ECHOCARDIOGRAM: "US",
    Modality.ENDOSCOPY: "ES",
    Modality.OTHER: "OT",
}
