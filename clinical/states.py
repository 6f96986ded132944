"""The life of a study."""

from django.db import models

from core.workflow import Workflow


class StudyState(models.TextChoices):
    """FHIR R4's words for ImagingStudy.status
    (https://hl7.org/fhir/R4/valueset-imagingstudy-status.html)."""

    REGISTERED = "registered"
    AVAILABLE = "available"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


STUDY = Workflow(
    transitions={
        "registered": frozenset({"available", "cancelled", "entered-in-error"}),
        "available": frozenset({"entered-in-error"}),
        "cancelled": frozenset({"entered-in-error"}),
        "entered-in-error": frozenset(),
    }
)
