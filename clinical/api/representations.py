"""Patients as the API shows them: plain rows (core/api/rows.py)."""

from typing import Any

from django.db.models import OuterRef, QuerySet

from clinical.models import PatientIdentifier, Study
from core.api.rows import Json, RelatedRows, Rows, related_text, related_time, time_json

_STUDIES = RelatedRows(
    Study.objects.on_record()
    .filter(patient=OuterRef("pk"))
    .order_by("-id")
    .values("id", "urgency_level", "body_part", "description", "type", "state", "created_at")
)
_IDENTIFIERS = RelatedRows(
    PatientIdentifier.objects.filter(patient=OuterRef("pk"))
    .order_by("id")
    .values("type", "system", "value")
)


def patient_rows(patients: QuerySet[Any]) -> Rows:
    """Rows of these patients for `patient_json`, each with identifiers and studies on record."""
    rows: Rows = patients.annotate(study_rows=_STUDIES, identifier_rows=_IDENTIFIERS).values(
        "id",
        "first_name",
        "last_name",
        "birth_date",
        "birth_date_precision",
        "email",
        "customer_id",
        "version",
        "identifier_rows",
        "study_rows",
    )
    return rows


def patient_json(row: Json) -> Json:
    """One patient with the studies on record, the newest first."""
    return {
        "id": row["id"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "birth_date": row["birth_date"].isoformat(),
        "birth_date_precision": row["birth_date_precision"],
        "email": row["email"],
        "customer": row["customer_id"],
        "identifiers": [_identifier_json(row) for row in row["identifier_rows"]],
        "studies": [_study_json(study) for study in row["study_rows"]],
    }


def _identifier_json(row: Json) -> Json:
    value = related_text(PatientIdentifier, "value", row)
    return {"type": row["type"], "system": row["system"], "value": value}


def _study_json(study: Json) -> Json:
    return {
        "id": study["id"],
        "urgency_level": study["urgency_level"],
        "body_part": related_text(Study, "body_part", study),
        "description": related_text(Study, "description", study),
        "type": study["type"],
        "status": study["state"],
        "created_at": time_json(related_time(study["created_at"])),
    }
