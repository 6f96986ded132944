"""Patients and studies in the admin. What changes a study is a service's."""

from clinical.admin.patients import PatientAdmin
from clinical.admin.studies import StudyAdmin

__all__ = ["PatientAdmin", "StudyAdmin"]
