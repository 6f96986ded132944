"""What clinicians do with a study, over HTTP: perform, report, sign, amend; health data."""

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from clinical import services
from clinical.api.serializers import StudySerializer
from clinical.models import LONGEST_REPORT, Study, StudyReport
from clinical.reading import reports
from core.api.idempotency import idempotent
from core.api.openapi import ErrorAnswer
from core.api.serializers import IntegerField, ModelSerializer, Serializer, TextField, validated
from core.bases import MixinBase
from core.risks import LONGEST_DETAIL, SHORTEST_REASON
from identity.access_log.records import RecordedReads
from identity.actors import actor_of
from identity.models import User
from identity.tokens.errors import PersonNeededError

PATIENT_KEY = OpenApiParameter("patient_pk", int, OpenApiParameter.PATH, description="Its id.")
STUDY_KEY = OpenApiParameter("study_pk", int, OpenApiParameter.PATH, description="Its id.")


class WriteReportSerializer(Serializer):
    """The text of a report."""

    text = TextField(max_length=LONGEST_REPORT)


class SignSerializer(Serializer):
    """Which version of the report somebody has read, and signs."""

    number = IntegerField(min_value=1, max_value=32_767)


class AmendSerializer(WriteReportSerializer):
    """What a signed report is replaced by, and why."""

    reason = TextField(
        min_length=SHORTEST_REASON, max_length=LONGEST_DETAIL, help_text="Kept on record."
    )


class CancelStudySerializer(Serializer):
    """Why a study is not taken."""

    reason = TextField(required=False, allow_blank=True, default="", max_length=LONGEST_DETAIL)


class EnterInErrorSerializer(Serializer):
    """Why a study is taken off the record."""

    reason = TextField(
        min_length=SHORTEST_REASON, max_length=LONGEST_DETAIL, help_text="Kept on record."
    )


class StudyReportSerializer(ModelSerializer):
    """A version of a report; the one of the highest number holds."""

    written_at = serializers.DateTimeField(source="at", read_only=True)
    signed_by = serializers.CharField(read_only=True, help_text="Empty: nobody has signed it.")
    signed_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = StudyReport
        fields = [
            "id",
            "number",
            "text",
            "reason",
            "written_by",
            "written_at",
            "signed_by",
            "signed_at",
        ]
        read_only_fields = fields


def signer_of(request: Request) -> User:
    """The person who signs. Raises PersonNeededError for programs, and for who may not sign."""
    user: Any = request.user
    if not isinstance(user, User) or not user.has_perm(reports.SIGN):
        raise PersonNeededError
    return user


class StudyVerbs(MixinBase):
    """For the studies of a patient: what is done to one, each with its event."""

    @extend_schema(
        summary="Say that a study was performed",
        description="Its images can be read: it waits for a report from now on. 409 unless it is "
        "`registered`.",
        request=None,
        responses={200: StudySerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def perform(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """It was taken."""
        study = self.get_object()
        services.perform_study(study, by=actor_of(request))
        return Response(StudySerializer(study).data)

    @extend_schema(
        summary="Cancel a study",
        description="It will not be taken. 409 unless it is `registered`.",
        request=CancelStudySerializer,
        responses={200: StudySerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """It will not be taken."""
        study = self.get_object()
        given = validated(CancelStudySerializer, request.data)
        services.cancel_study(study, by=actor_of(request), **given)
        return Response(StudySerializer(study).data)

    @extend_schema(
        summary="Write the report of a study",
        description="Of one that is `performed`, or again while it is `reported`: each text is a "
        "version of its own. 409 in any other state.",
        request=WriteReportSerializer,
        responses={201: StudyReportSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def report(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write it, or write it anew; nobody has signed it yet."""
        study = self.get_object()
        given = validated(WriteReportSerializer, request.data)
        written = reports.report(study, by=actor_of(request), **given)
        return Response(StudyReportSerializer(written).data, status=201)

    @extend_schema(
        summary="Sign the report of a study",
        description="The study is `final` then, and locked. `number` is the version that was read: "
        "409 when it is not the last one. Only people sign, whose token is their own: 403 "
        "(`person_needed`) for programs, and for people who may not sign.",
        request=SignSerializer,
        responses={200: StudyReportSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def sign(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Sign it."""
        signer, study = signer_of(request), self.get_object()
        given = validated(SignSerializer, request.data)
        signed = reports.sign(study, signer=signer, **given)
        return Response(StudyReportSerializer(signed).data)

    @extend_schema(
        summary="Amend the report of a study",
        description="Of one that is `final` or `amended`: the new text is signed by whoever sends "
        "it, and the old one is kept. Only people amend, as they sign.",
        request=AmendSerializer,
        responses={201: StudyReportSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def amend(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace a signed report."""
        signer, study = signer_of(request), self.get_object()
        given = validated(AmendSerializer, request.data)
        written = reports.amend(study, signer=signer, **given)
        return Response(StudyReportSerializer(written).data, status=201)

    @extend_schema(
        summary="Enter a study in error",
        description="It is taken off the record, a signed one too, and seen no more; its rows are "
        "kept. Only people who may sign do that. `DELETE` does the same to one that nobody has "
        "signed.",
        request=EnterInErrorSerializer,
        responses={200: StudySerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], url_path="enter-in-error")
    @idempotent
    def enter_in_error(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take it off the record."""
        signer, study = signer_of(request), self.get_object()
        given = validated(EnterInErrorSerializer, request.data)
        reports.enter_in_error(study, signer=signer, **given)
        study.refresh_from_db()
        return Response(StudySerializer(study).data)


@extend_schema_view(
    list=extend_schema(summary="List the reports of a study", parameters=[PATIENT_KEY, STUDY_KEY]),
)
class StudyReportViewSet(RecordedReads, ListModelMixin, viewsets.GenericViewSet[StudyReport]):
    """All versions of a study's report, the one that holds first."""

    serializer_class = StudyReportSerializer
    queryset = StudyReport.objects.select_related("signature")
    filter_backends: list[type[BaseFilterBackend]] = []
    read_scopes = ("clinical:read",)

    @cached_property
    def study(self) -> Study:
        """The study of the address. Raises Http404 without one of this patient on record."""
        keys = {"patient": self.kwargs["patient_pk"], "pk": self.kwargs["study_pk"]}
        return get_object_or_404(Study.objects.on_record(), **keys)

    def get_queryset(self) -> QuerySet[StudyReport]:
        """Those of this study."""
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return super().get_queryset().filter(study=self.study)

    def patients_in(self, body: Any) -> list[int]:
        """The patient of the address: for the access log."""
        return [self.study.patient_id]
