"""Patients, studies, the worklist and results in the admin. What changes a study or a result is a
service's."""

from clinical.admin.overview import TIMELINE
from clinical.admin.patients import PatientAdmin
from clinical.admin.results.pages import LabResultAdmin
from clinical.admin.results.samples import LabMessageAdmin, SampleAdmin
from clinical.admin.results.settings import DutyTurnAdmin, ReleaseRuleAdmin
from clinical.admin.studies.pages import StudyAdmin
from clinical.admin.studies.worklist import ReadingLimitsAdmin, WorklistAdmin
from customers.admin import CustomerAdmin

CustomerAdmin.extend(timeline=[TIMELINE])

__all__ = [
    "DutyTurnAdmin",
    "LabMessageAdmin",
    "LabResultAdmin",
    "PatientAdmin",
    "ReadingLimitsAdmin",
    "ReleaseRuleAdmin",
    "SampleAdmin",
    "StudyAdmin",
    "WorklistAdmin",
]
