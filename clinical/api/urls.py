"""Addresses below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter
from rest_framework_nested.routers import NestedSimpleRouter

from clinical.api.attachments import AttachmentViewSet
from clinical.api.reports import StudyReportViewSet
from clinical.api.results.views import ResultViewSet
from clinical.api.results.webhooks import LaboratoryWebhook
from clinical.api.similar import SimilarPatientsView
from clinical.api.views import PatientViewSet, StudyHistoryViewSet, StudyViewSet

router = SimpleRouter(use_regex_path=False)
router.register("patients", PatientViewSet)
router.register("results", ResultViewSet)
router.register("studies", StudyHistoryViewSet, basename="study")
studies = NestedSimpleRouter(router, "patients", lookup="patient", use_regex_path=False)
studies.register("studies", StudyViewSet, basename="patient-study")
below_studies = NestedSimpleRouter(studies, "studies", lookup="study", use_regex_path=False)
below_studies.register("reports", StudyReportViewSet, basename="patient-study-report")
below_studies.register("attachments", AttachmentViewSet, basename="patient-study-attachment")

urlpatterns = [
    path("patients/similar/", SimilarPatientsView.as_view({"post": "create"})),
    *router.urls,
    *studies.urls,
    *below_studies.urls,
]

# Below /api/v1/webhooks/.
webhooks = [
    path("laboratories/<str:laboratory>/", LaboratoryWebhook.as_view(), name="laboratory-webhook")
]
