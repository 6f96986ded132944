"""A study as the three resources that it is in FHIR: what was asked for, the images, the report.

All three bear the study's id. Of one that was entered in error nothing is told but that it is one:
who took a copy of it can strike it out.
"""

from typing import Any

from django.db.models import Prefetch, QuerySet

from clinical.fhir.resources.codes import (
    DICOM,
    LOINC,
    MODALITIES,
    PRIORITIES,
    SERVICE_SECTION,
    STATUSES,
)
from clinical.models import Modality, Study, StudyReport
from clinical.states import StudyState
from core.api.rows import Json, time_json

RADIOLOGY = {"coding": [{"system": SERVICE_SECTION, "code": "RAD", "display": "Radiology"}]}
LABORATORY = {"coding": [{"system": SERVICE_SECTION, "code": "LAB", "display": "Laboratory"}]}
IMAGING_REPORT = {
    "coding": [{"system": LOINC, "code": "18748-4", "display": "Diagnostic imaging study"}]
}
LABORATORY_REPORT = {
    "coding": [{"system": LOINC, "code": "11502-2", "display": "Laboratory report"}]
}


def study_rows() -> QuerySet[Study]:
    """All studies, those entered in error too."""
    return Study.objects.all()


def imaging_rows() -> QuerySet[Study]:
    """All of which there are images, those entered in error too."""
    return study_rows().exclude(type=Modality.LABORATORY)


def reported_rows() -> QuerySet[Study]:
    """The same for `report_json`: each with the version of its report that holds."""
    latest = StudyReport.objects.select_related("signature").order_by("study_id", "-number")
    held = Prefetch("reports", latest.distinct("study_id"), to_attr="held_reports")
    return study_rows().prefetch_related(held)


def service_request_json(study: Any) -> Json:
    """What was asked for: https://hl7.org/fhir/R4/servicerequest.html."""
    known = {
        "resourceType": "ServiceRequest",
        "id": str(study.pk),
        "status": STATUSES[study.state].request,
        "intent": "order",
        "subject": _subject(study),
    }
    if _is_error(study):
        return known
    return known | {
        "category": [_section(study)],
        "priority": PRIORITIES[study.urgency_level],
        "code": {"text": study.get_type_display()},
        "authoredOn": time_json(study.created_at),
        "bodySite": [{"text": study.body_part}],
    }


def imaging_study_json(study: Any) -> Json:
    """The images: https://hl7.org/fhir/R4/imagingstudy.html.

    FHIR's own `description` takes no findings, and ours may hold some: it is a note.
    """
    known = {
        "resourceType": "ImagingStudy",
        "id": str(study.pk),
        "status": STATUSES[study.state].images,
        "subject": _subject(study),
    }
    if _is_error(study):
        return known
    note = {"note": [{"text": study.description}]} if study.description.strip() else {}
    return (
        known
        | note
        | {
            "modality": [{"system": DICOM, "code": MODALITIES[study.type]}],
            "basedOn": [_request(study)],
            "procedureCode": [{"text": f"{study.get_type_display()}: {study.body_part}"}],
        }
    )


def report_json(study: Any) -> Json:
    """What was seen: https://hl7.org/fhir/R4/diagnosticreport.html."""
    known = {
        "resourceType": "DiagnosticReport",
        "id": str(study.pk),
        "status": STATUSES[study.state].report,
        "category": [_section(study)],
        "code": LABORATORY_REPORT if _is_laboratory(study) else IMAGING_REPORT,
        "subject": _subject(study),
    }
    if _is_error(study):
        return known
    images = [{"reference": f"ImagingStudy/{study.pk}"}]
    follows = {"basedOn": [_request(study)]}
    follows |= {} if _is_laboratory(study) else {"imagingStudy": images}
    return known | follows | (_conclusion(study.held_reports[0]) if study.held_reports else {})


def _conclusion(report: StudyReport) -> Json:
    """The text, since when it is so, and who answers for it."""
    signer = [{"display": report.signed_by}] if report.signed_by else []
    return {
        "issued": time_json(report.signed_at or report.at),
        **({"resultsInterpreter": signer} if signer else {}),
        "conclusion": report.text,
    }


def _is_laboratory(study: Any) -> bool:
    return bool(study.type == Modality.LABORATORY)


def _section(study: Any) -> Json:
    return LABORATORY if _is_laboratory(study) else RADIOLOGY


def _is_error(study: Any) -> bool:
    return bool(study.state == StudyState.ENTERED_IN_ERROR)


def _subject(study: Any) -> Json:
    return {"reference": f"Patient/{study.patient_id}"}


def _request(study: Any) -> Json:
    return {"reference": f"ServiceRequest/{study.pk}"}
