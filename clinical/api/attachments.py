"""Files of a study over HTTP: health data."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.filters import BaseFilterBackend
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from clinical.api.reports import PATIENT_KEY, STUDY_KEY, EnterInErrorSerializer
from clinical.attachments import services
from clinical.models import Study, StudyAttachment
from clinical.models.attachments import SERVED_AS, on_record
from core.api.idempotency import idempotent
from core.api.openapi import ErrorAnswer
from core.api.parsers import JSONParser
from core.api.serializers import ModelSerializer, Serializer, validated
from identity.access_log.records import RecordedReads, record
from identity.actors import actor_of
from identity.models import How

KEY = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The file's id.")


class FileUnavailableError(APIException):
    """503: a file cannot be stored now, or is missing or damaged."""

    status_code = 503
    default_code = "file_unavailable"


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except services.FileStorageError as error:
        raise FileUnavailableError(str(error)) from error


class UploadSerializer(Serializer):
    """A file, as `multipart/form-data`."""

    file = serializers.FileField(
        allow_empty_file=True, help_text="PDF, PNG, JPEG or DICOM; its content says which."
    )


class AttachmentSerializer(ModelSerializer):
    """What is known of a file."""

    sha256 = serializers.CharField(source="digest", read_only=True)

    class Meta:
        model = StudyAttachment
        fields = ["id", "kind", "name", "size", "sha256", "uploaded_by", "uploaded_at"]
        read_only_fields = fields


@extend_schema(parameters=[PATIENT_KEY, STUDY_KEY])
class AttachmentViewSet(RecordedReads, ListModelMixin, viewsets.GenericViewSet[StudyAttachment]):
    """The files of a study: listed, uploaded, downloaded, entered in error."""

    serializer_class = AttachmentSerializer
    queryset = on_record()
    filter_backends: list[type[BaseFilterBackend]] = []
    lookup_value_converter = "int"
    read_scopes = ("clinical:read",)
    write_scopes = ("clinical:write",)

    def get_parsers(self) -> list[Any]:
        """A file comes in a form, all else as JSON."""
        is_upload = getattr(self, "action_map", {}).get("post") == "create"
        return [MultiPartParser() if is_upload else JSONParser()]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """In which form answers are given. A file has its own, whatever `Accept` names: JSON is
        for what is said instead of it."""
        return super().perform_content_negotiation(request, force or self.action == "content")

    @cached_property
    def study(self) -> Study:
        """The study of the address. Raises Http404 without one of this patient on record."""
        keys = {"patient": self.kwargs["patient_pk"], "pk": self.kwargs["study_pk"]}
        return get_object_or_404(Study.objects.on_record().select_related("patient"), **keys)

    def get_queryset(self) -> QuerySet[StudyAttachment]:
        """Those of this study on record, the newest first."""
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return super().get_queryset().filter(study=self.study)

    @extend_schema(summary="List the files of a study")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is known of each."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        summary="Attach a file to a study",
        description="PDF, PNG, JPEG or DICOM, by its content. A DICOM file must be of this "
        "patient: the name, and the birth date or a number that is known here. 400 names what "
        "speaks against the file; nothing is kept of it then.",
        request={"multipart/form-data": UploadSerializer},
        responses={201: AttachmentSerializer},
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check and keep it."""
        study = self.study  # a missing one is a 404, whatever the body
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        with _storage_errors():
            row = services.attach(study, file, file.name, by=actor_of(request))
        answer = Response(AttachmentSerializer(row).data, status=201)
        answer["Location"] = f"{request.path}{row.pk}/content/"
        return answer

    @extend_schema(
        summary="Download a file of a study",
        parameters=[KEY],
        responses={
            **{(200, content_type): OpenApiTypes.BINARY for content_type, _ in SERVED_AS.values()},
            503: OpenApiResponse(ErrorAnswer, description="The file is missing or damaged."),
        },
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def content(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        """The file, as a download; it is on record before a byte of it leaves."""
        row = self.get_object()
        with _storage_errors():
            file = services.open_attachment(row)
        record(request, [self.study.patient_id], How.EXPORT)
        return services.download(row, file)

    @extend_schema(
        summary="Enter a file in error",
        description="It is neither listed nor served any more, and its record is kept.",
        parameters=[KEY],
        request=EnterInErrorSerializer,
        responses={200: AttachmentSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], url_path="enter-in-error")
    @idempotent
    def enter_in_error(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take it off the record."""
        row = self.get_object()
        given = validated(EnterInErrorSerializer, request.data)
        services.enter_in_error(row, by=actor_of(request), **given)
        return Response(AttachmentSerializer(row).data)

    def patients_in(self, body: Any) -> Iterable[int]:
        """The patient of the address: for the access log."""
        return [self.study.patient_id]
