"""Which resource types there are: their rows, their JSON, and how they are searched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from clinical.fhir.resources.codes import DICOM, MODALITIES, PRIORITIES, STATUSES
from clinical.fhir.resources.patients import patient_json, patient_rows
from clinical.fhir.resources.studies import (
    imaging_rows,
    imaging_study_json,
    report_json,
    reported_rows,
    service_request_json,
    study_rows,
)
from clinical.fhir.search.parameters import (
    Parameter,
    by_birth_date,
    by_code,
    by_email,
    by_identifier,
    by_key,
    by_last_updated,
    by_name,
    by_reference,
    conditions_of,
)
from clinical.models import Patient, Study
from core.api.rows import Json

_VALUE_SET = "http://hl7.org/fhir/{}".format


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource, and all that is known of it."""

    name: str
    model: type[Model]
    rows: Callable[[], Any]
    json: Callable[[Any], Json]
    patients_of: Callable[[Any], set[int]]  # whose data a row shows
    # What a search finds, unless it names one of these parameters: archived patients come then.
    usual: Q
    names_archived: frozenset[str]
    parameters: Mapping[str, Parameter]
    includes: tuple[str, ...] = ()
    mandatory: frozenset[str] = frozenset()
    # What R4 does not mark as a part of the summary.
    beyond_summary: frozenset[str] = frozenset()


_IS_ACTIVE = Q(archived_at__isnull=True, merged_into__isnull=True)
_ID = Parameter("token", "The id.", by_key("pk"))
_LAST_UPDATED = Parameter(
    "date",
    "When it was changed last: a day, month, year or moment; eq, ne, gt, lt, ge, le, sa, eb.",
    by_last_updated,
)
_PATIENT = Parameter(
    "reference", "1, Patient/1 or its address.", by_reference("patient_id", "Patient"), ("Patient",)
)
_REQUEST = Parameter(
    "reference", "The ServiceRequest: it has the same id.", by_reference("pk", "ServiceRequest")
)

PATIENT = ResourceType(
    name="Patient",
    model=Patient,
    rows=patient_rows,
    json=patient_json,
    patients_of=lambda patient: {patient.pk, patient.merged_into_id} - {None},
    usual=_IS_ACTIVE,
    names_archived=frozenset({"_id", "_lastUpdated", "active"}),
    parameters={
        "_id": _ID,
        "_lastUpdated": _LAST_UPDATED,
        "active": Parameter(
            "token",
            "true, which is usual, or false: archived, or merged into another.",
            by_code({"true": _IS_ACTIVE, "false": ~_IS_ACTIVE}, ""),
        ),
        "identifier": Parameter("token", "A number, or system|number.", by_identifier),
        "name": Parameter(
            "string", "Beginnings of names.", by_name("first_name", "last_name"), ("exact",)
        ),
        "family": Parameter("string", "Of the last name.", by_name("last_name"), ("exact",)),
        "given": Parameter("string", "Of first names.", by_name("first_name"), ("exact",)),
        "birthdate": Parameter(
            "date", "A day, month or year; eq, ne, gt, lt, ge, le, sa, eb.", by_birth_date
        ),
        "email": Parameter("token", "The whole address.", by_email),
    },
)


def _of_studies(
    name: str, rows: Callable[[], Any], json: Callable[[Any], Json], **others: Any
) -> ResourceType:
    """A type that is a part of a study; it is found by its patient, too."""
    shared = {"_id": _ID, "_lastUpdated": _LAST_UPDATED, "patient": _PATIENT, "subject": _PATIENT}
    parameters = shared | others.pop("parameters")
    return ResourceType(
        name=name,
        model=Study,
        rows=rows,
        json=json,
        patients_of=lambda study: {study.patient_id},
        usual=Q(patient__archived_at__isnull=True),
        names_archived=frozenset({"_id", "patient", "subject", "basedon", "based-on"}),
        parameters=parameters,
        includes=(f"{name}:patient", f"{name}:subject"),
        **others,
    )


def _status(place: int, value_set: str) -> Parameter:
    codes = {state: statuses[place] for state, statuses in STATUSES.items()}
    finder = by_code(conditions_of("state", codes), _VALUE_SET(value_set))
    return Parameter("token", f"One of {', '.join(sorted(set(codes.values())))}.", finder)


TYPES = (
    PATIENT,
    _of_studies(
        "ServiceRequest",
        study_rows,
        service_request_json,
        parameters={
            "status": _status(0, "request-status"),
            "priority": Parameter(
                "token",
                "One of routine, urgent, asap.",
                by_code(conditions_of("urgency_level", PRIORITIES), _VALUE_SET("request-priority")),
            ),
        },
        mandatory=frozenset({"status", "intent", "subject"}),
    ),
    _of_studies(
        "ImagingStudy",
        imaging_rows,
        imaging_study_json,
        parameters={
            "status": _status(1, "imagingstudy-status"),
            "modality": Parameter(
                "token", "DICOM's code.", by_code(conditions_of("type", MODALITIES), DICOM)
            ),
            "basedon": _REQUEST,
        },
        mandatory=frozenset({"status", "subject"}),
        beyond_summary=frozenset({"note"}),
    ),
    _of_studies(
        "DiagnosticReport",
        reported_rows,
        report_json,
        parameters={
            "status": _status(2, "diagnostic-report-status"),
            "based-on": _REQUEST,
        },
        mandatory=frozenset({"status", "code"}),
        beyond_summary=frozenset({"basedOn", "imagingStudy", "conclusion"}),
    ),
)
BY_NAME = {each.name: each for each in TYPES}
