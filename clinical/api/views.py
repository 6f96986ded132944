"""Patients and their studies over HTTP: health data."""

from functools import cached_property
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from clinical import services
from clinical.api.filters import PatientFilter, StudyFilter
from clinical.api.patient_verbs import PatientVerbs, refuse_merged
from clinical.api.reports import StudyVerbs
from clinical.api.representations import patient_json, patient_rows
from clinical.api.serializers import PatientSerializer, StudySerializer
from clinical.models import Patient, Study
from clinical.patients import services as patients
from clinical.search import search, search_studies
from core.api.changes.history import HistoryMixin, as_they_are
from core.api.changes.versions import VersionedMixin
from core.api.errors import ConflictError
from core.api.idempotency import idempotent
from core.api.pagination import OrderingFilter
from core.api.rows import ReadRowsMixin
from customers.search.customers import SearchBackend
from identity.access_log.records import RecordedReads
from identity.actors import actor_of

PATIENT_HISTORY = as_they_are(
    *("first_name", "last_name", "birth_date", "birth_date_precision", "email", "customer"),
    *("archived_at", "merged_into"),
)
STUDY_HISTORY = {
    **as_they_are("urgency_level", "body_part", "description", "type"),
    "state": "status",
}


@extend_schema_view(
    list=extend_schema(summary="List patients with their studies"),
    retrieve=extend_schema(summary="Show a patient"),
    update=extend_schema(
        summary="Change a patient", description="What is left out keeps its value."
    ),
    partial_update=extend_schema(summary="Change some of a patient"),
    destroy=extend_schema(
        summary="Delete a patient",
        description="The patient is archived, and no longer found here (404). 409 when the "
        "patient ever had a study, a deleted one included: see `archive/`.",
    ),
)
class PatientViewSet(
    PatientVerbs,
    RecordedReads,
    VersionedMixin,
    HistoryMixin,
    ReadRowsMixin,
    viewsets.ModelViewSet[Patient],
):
    """Patients: requirements B1 and B3."""

    rows = patient_rows(Patient.objects.all())
    row_json = staticmethod(patient_json)
    queryset = Patient.objects.prefetch_related(
        "identifiers", Prefetch("studies", queryset=Study.objects.on_record())
    )
    serializer_class = PatientSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter, SearchBackend]
    filterset_class = PatientFilter
    ordering_fields = ["id"]
    encrypted_fields = ["last_name", "birth_date"]
    lookup_value_converter = "int"
    answers_410 = True  # MergedError
    read_scopes = ("clinical:read",)
    write_scopes = ("clinical:write",)
    search = staticmethod(search)
    history_fields = PATIENT_HISTORY

    @extend_schema(summary="Create a patient")
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create a patient."""
        answer = super().create(request, *args, **kwargs)
        answer["Location"] = f"/api/v1/patients/{answer.data['id']}/"
        return answer

    def get_queryset(self) -> QuerySet[Any]:
        """Those who are looked for; the filter decides where it says something of archived ones."""
        rows: QuerySet[Any] = super().get_queryset()
        if "archived" in getattr(self.request, "query_params", ()):
            return rows
        return rows.filter(archived_at__isnull=True, merged_into__isnull=True)

    def get_object(self) -> Any:
        """The patient of the address. Raises MergedError for one merged into another."""
        try:
            return super().get_object()
        except Http404:
            refuse_merged(self.kwargs["pk"])
            raise

    def perform_create(self, serializer: Any) -> None:
        """Create it with its identifiers."""
        serializer.instance = patients.create_patient(**serializer.validated_data)

    def perform_update(self, serializer: Any) -> None:
        """Change what differs."""
        patients.update_patient(serializer.instance, **serializer.validated_data)
        serializer.instance = self.get_object()

    def patients_in(self, body: Any) -> list[int]:
        """The patients of a list, the one shown, or both of a preview: for the access log."""
        if self.action == "history":
            return [int(self.kwargs["pk"])]
        both = [body["merged"]] if "merged" in body else []
        return both + [patient["id"] for patient in body.get("results", [body])]

    def perform_destroy(self, instance: Patient) -> None:
        """Archive a patient who never had a study. Raises ConflictError for any other."""
        try:
            patients.delete_patient(instance, by=actor_of(self.request))
        except patients.StudiesOnRecordError as error:
            raise ConflictError(
                "This patient has studies on record, perhaps deleted ones. Health records are "
                "kept, so the patient cannot be deleted, but archived: POST archive/.",
                code="in_use",
            ) from error


@extend_schema_view(
    list=extend_schema(summary="List the studies of a patient"),
    retrieve=extend_schema(summary="Show a study"),
    update=extend_schema(summary="Change a study", description="What is left out keeps its value."),
    partial_update=extend_schema(summary="Change some of a study"),
    destroy=extend_schema(
        summary="Delete a study",
        description="It is seen no more. Its record is kept, marked as entered in error. 409 when "
        "its report is signed: see `enter-in-error/`.",
    ),
)
class StudyViewSet(
    StudyVerbs, RecordedReads, VersionedMixin, HistoryMixin, viewsets.ModelViewSet[Study]
):
    """The studies of one patient: requirement B2."""

    serializer_class = StudySerializer
    filterset_class = StudyFilter
    filter_backends = [DjangoFilterBackend, OrderingFilter, SearchBackend]
    ordering_fields = ["id", "urgency_level", "created_at"]
    lookup_value_converter = "int"
    queryset = Study.objects.on_record()
    search = staticmethod(search_studies)
    history_fields = STUDY_HISTORY
    answers_410 = True  # MergedError
    read_scopes = ("clinical:read",)
    write_scopes = ("clinical:write",)

    @cached_property
    def patient(self) -> Patient:
        """The patient of the address; Http404 without one. The nested router does not look.

        Raises MergedError for one merged into another.
        """
        try:
            return get_object_or_404(Patient.objects.current(), pk=self.kwargs["patient_pk"])
        except Http404:
            refuse_merged(self.kwargs["patient_pk"])
            raise

    def get_queryset(self) -> QuerySet[Study]:
        """The studies of this patient, and of nobody else."""
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return super().get_queryset().filter(patient=self.patient)

    @extend_schema(summary="Create a study")
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put a study on record."""
        self.patient  # noqa: B018 - a missing patient is a 404, whatever the body
        answer = super().create(request, *args, **kwargs)
        answer["Location"] = f"{request.path}{answer.data['id']}/"
        return answer

    def perform_create(self, serializer: Any) -> None:
        """Create it with its event."""
        study = Study(patient=self.patient, **serializer.validated_data)
        serializer.instance = services.create_study(study, by=actor_of(self.request))

    def perform_update(self, serializer: Any) -> None:
        """Change it with its event."""
        serializer.instance = services.update_study(
            serializer.instance, by=actor_of(self.request), **serializer.validated_data
        )

    def patients_in(self, body: Any) -> list[int]:
        """The patient of the address: for the access log."""
        return [self.patient.pk]

    def perform_destroy(self, instance: Study) -> None:
        """Take it off the record, with its event."""
        services.delete_study(instance, by=actor_of(self.request))


class StudyHistoryViewSet(RecordedReads, HistoryMixin, viewsets.GenericViewSet[Study]):
    """The history of a study for whoever knows it alone, and not its patient."""

    queryset = Study.objects.on_record().filter(patient__merged_into=None)
    serializer_class = StudySerializer
    lookup_value_converter = "int"
    read_scopes = ("clinical:read",)
    history_fields = STUDY_HISTORY

    def recorded(self) -> Study:
        """The study of the address."""
        study: Study = super().recorded()
        self.study = study
        return study

    def patients_in(self, body: Any) -> list[int]:
        """Its patient: for the access log."""
        return [self.study.patient_id]
