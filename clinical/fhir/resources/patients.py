"""Patients as FHIR's Patient (https://hl7.org/fhir/R4/patient.html)."""

import re
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from clinical.fhir.resources.codes import IDENTIFIER_TYPE
from clinical.models import Patient, PatientIdentifier
from core.api.rows import Json

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def imported_system() -> str:
    """The system of the id that a patient had where they were imported from."""
    return f"{settings.PUBLIC_URL}/fhir/identifier/imported"


def patient_rows() -> QuerySet[Patient]:
    """All patients for `patient_json`, those archived and merged into others too."""
    return Patient.objects.prefetch_related("identifiers")


def patient_json(patient: Any) -> Json:
    """One patient, with what is known alone: FHIR has no empty elements."""
    is_merged = patient.merged_into_id is not None
    survivor = {"reference": f"Patient/{patient.merged_into_id}"}
    return {
        "resourceType": "Patient",
        "id": str(patient.pk),
        **_some("identifier", _identifiers(patient)),
        "active": not is_merged and patient.archived_at is None,
        "name": [_name(patient.first_name, patient.last_name)],
        **_some("telecom", [{"system": "email", "value": patient.email}] if patient.email else []),
        "birthDate": patient.born.written(),
        **_some("link", [{"other": survivor, "type": "replaced-by"}] if is_merged else []),
    }


def _some(name: str, values: list[Json]) -> Json:
    return {name: values} if values else {}


def _identifiers(patient: Patient) -> list[Json]:
    imported = {"system": imported_system(), "value": patient.external_id}
    ours = [imported] if patient.external_id else []
    return ours + [_identifier(each) for each in patient.identifiers.all()]


def _identifier(identifier: PatientIdentifier) -> Json:
    """FHIR's system is a URI; who has only a name for who gives such numbers is the assigner."""
    is_uri = bool(_URI.fullmatch(identifier.system))
    return {
        "type": {
            "coding": [{"system": IDENTIFIER_TYPE, "code": identifier.type}],
            "text": identifier.get_type_display(),
        },
        **({"system": identifier.system} if is_uri else {}),
        "value": identifier.value,
        **({} if is_uri else {"assigner": {"display": identifier.system}}),
    }


def _name(first: str, last: str) -> Json:
    """A HumanName; who has one name only has only that part."""
    return {
        "text": f"{first} {last}".strip(),
        **({"family": last} if last else {}),
        **({"given": [first]} if first else {}),
    }
