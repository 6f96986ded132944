"""Patients, studies and the worklist in the admin. What changes a study is a service's."""

from clinical.admin.patients import PatientAdmin
from clinical.admin.studies.pages import StudyAdmin
from clinical.admin.studies.worklist import ReadingLimitsAdmin, WorklistAdmin

__all__ = ["PatientAdmin", "ReadingLimitsAdmin", "StudyAdmin", "WorklistAdmin"]
