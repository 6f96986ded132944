"""Patients, their studies and samples, and what happened to them: health data."""

from clinical.births import validate_birth_date  # where a migration takes it from
from clinical.models.attachments import AttachmentKind, StudyAttachment
from clinical.models.identifiers import IdentifierType, PatientIdentifier
from clinical.models.merges import PatientMerge
from clinical.models.patients import (
    NAMELESS,
    HoldsLetter,
    Patient,
    PatientQuerySet,
    PatientWords,
)
from clinical.models.reading_limits import ReadingLimits
from clinical.models.releases import DutyTurn, ReleaseRule
from clinical.models.reports import LONGEST_REPORT, ReportSignature, StudyReport
from clinical.models.results import (
    Flag,
    LabMessage,
    LabResult,
    ResultEvent,
    ResultVersion,
    VersionStatus,
)
from clinical.models.samples import Sample, SampleEvent, Sex
from clinical.models.studies import (
    URGENCY_RANK,
    Modality,
    Study,
    StudyEvent,
    StudyQuerySet,
    Urgency,
    WaitingStudy,
)

__all__ = [
    "LONGEST_REPORT",
    "NAMELESS",
    "URGENCY_RANK",
    "AttachmentKind",
    "DutyTurn",
    "Flag",
    "HoldsLetter",
    "IdentifierType",
    "LabMessage",
    "LabResult",
    "Modality",
    "Patient",
    "PatientIdentifier",
    "PatientMerge",
    "PatientQuerySet",
    "PatientWords",
    "ReadingLimits",
    "ReleaseRule",
    "ReportSignature",
    "ResultEvent",
    "ResultVersion",
    "Sample",
    "SampleEvent",
    "Sex",
    "Study",
    "StudyAttachment",
    "StudyEvent",
    "StudyQuerySet",
    "StudyReport",
    "Urgency",
    "VersionStatus",
    "WaitingStudy",
    "validate_birth_date",
]
