"""Addresses below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter
from rest_framework_nested.routers import NestedSimpleRouter

from clinical.api.reports import StudyReportViewSet
from clinical.api.similar import SimilarPatientsView
from clinical.api.views import PatientViewSet, StudyHistoryViewSet, StudyViewSet

router = SimpleRouter(use_regex_path=False)
router.register("patients", PatientViewSet)
router.register("studies", StudyHistoryViewSet, basename="study")
studies = NestedSimpleRouter(router, "patients", lookup="patient", use_regex_path=False)
studies.register("studies", StudyViewSet, basename="patient-study")
reports = NestedSimpleRouter(studies, "studies", lookup="study", use_regex_path=False)
reports.register("reports", StudyReportViewSet, basename="patient-study-report")

urlpatterns = [
    path("patients/similar/", SimilarPatientsView.as_view({"post": "create"})),
    *router.urls,
    *studies.urls,
    *reports.urls,
]
