"""What is done with a patient's record beside changing it: archive, restore, merge, and back."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.exceptions import ValidationError as InvalidRequest
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from clinical.api.serializers import PatientSerializer
from clinical.models import Patient, PatientMerge
from clinical.patients import services
from clinical.patients.merging import FIELDS, merge, preview
from clinical.patients.undoing import undo
from core.api.filters import LARGEST_ID
from core.api.idempotency import idempotent
from core.api.openapi import ErrorAnswer
from core.api.serializers import (
    BooleanField,
    ChoiceField,
    IntegerField,
    ListField,
    Serializer,
    TextField,
    validated,
)
from core.bases import MixinBase
from core.risks import LONGEST_DETAIL, SHORTEST_REASON
from core.workflow import TransitionNotAllowedError
from identity.actors import actor_of
from identity.models import User

MERGE = "clinical.merge_patient"
MOST_STUDIES = 100


class MergedError(APIException):
    """410: this record was merged into that of another patient."""

    status_code = 410
    default_code = "merged"


class MergeSerializer(Serializer):
    """Which record is merged into the one of the address, and why."""

    patient = IntegerField(min_value=1, max_value=LARGEST_ID, help_text="The one that goes.")
    take = ListField(
        child=ChoiceField(list(FIELDS)),
        required=False,
        max_length=len(FIELDS),
        help_text="The fields in which its value is taken. Left out: none.",
    )
    reason = TextField(
        min_length=SHORTEST_REASON, max_length=LONGEST_DETAIL, help_text="Kept on record."
    )


class UnmergeSerializer(Serializer):
    """Which merged record comes back, and why."""

    patient = IntegerField(min_value=1, max_value=LARGEST_ID, help_text="The one that comes back.")
    studies = ListField(
        child=IntegerField(min_value=1, max_value=LARGEST_ID),
        required=False,
        max_length=MOST_STUDIES,
        help_text="Studies of after the merge that go along. The others of that time stay.",
    )
    reason = TextField(
        min_length=SHORTEST_REASON, max_length=LONGEST_DETAIL, help_text="Kept on record."
    )


class ReasonSerializer(Serializer):
    """Why, where somebody says it."""

    reason = TextField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_DETAIL,
        help_text="Kept in the history of the record.",
    )


class ChoiceSerializer(Serializer):
    """A field in which the two differ."""

    field = ChoiceField(list(FIELDS))
    survivor = serializers.CharField()
    merged = serializers.CharField()
    is_taken = BooleanField(help_text="What is proposed: this one has no value.")


class PreviewSerializer(Serializer):
    """What a merge would do."""

    id = serializers.IntegerField(help_text="The patient who stays.")
    merged = serializers.IntegerField(help_text="The one that goes.")
    studies = serializers.IntegerField(help_text="How many would move.")
    identifiers = serializers.IntegerField(help_text="How many would move.")
    choices = ChoiceSerializer(many=True)


def refuse_merged(key: Any) -> None:
    """Raise MergedError, which names the patient that is left, for a record that was merged."""
    record = Patient.objects.filter(pk=key, merged_into__isnull=False).first()
    if record is not None:
        survivor = record.survivor.pk
        raise MergedError(f"This record was merged into patient {survivor}: use that one.")


def check_may_merge(request: Request) -> None:
    """Raise PermissionDenied for a person without the right to merge; a program has its scope."""
    user: Any = request.user
    if isinstance(user, User) and not user.has_perm(MERGE):
        raise PermissionDenied("Merging patients needs a right of its own.")


class PatientVerbs(MixinBase):
    """For the patients of the API."""

    @extend_schema(
        summary="Archive a patient",
        description="Lists and searches leave the patient out; `archived=true` shows them. "
        "Nothing is lost: see `restore/`.",
        request=ReasonSerializer,
        responses={200: PatientSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    @idempotent
    def archive(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take the patient out of lists and searches."""
        patient, given = self._of_address(), validated(ReasonSerializer, request.data)
        services.archive_patient(patient, by=actor_of(request), reason=given.get("reason", ""))
        return self._shown()

    @extend_schema(
        summary="Restore an archived patient",
        request=ReasonSerializer,
        responses={200: PatientSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    @idempotent
    def restore(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Bring the patient back."""
        patient, given = self._of_address(), validated(ReasonSerializer, request.data)
        services.restore_patient(patient, by=actor_of(request), reason=given.get("reason", ""))
        return self._shown()

    @extend_schema(
        summary="Merge another record of the same person into this one",
        description="Studies and identifiers move here; the other record stays as it was, and its "
        "address answers 410. 409 when one of them was merged before, or this one is archived.",
        request=MergeSerializer,
        responses={200: PatientSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    @idempotent
    def merge(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make two records one."""
        check_may_merge(request)
        survivor, given = self._of_address(), validated(MergeSerializer, request.data)
        merge(
            survivor,
            _named(given["patient"]),
            take=given.get("take", ()),
            by=actor_of(request),
            reason=given["reason"],
        )
        return self._shown()

    @extend_schema(
        summary="Preview a merge",
        description="What would move, and where the two differ; nothing is done.",
        parameters=[OpenApiParameter("patient", int, required=True, description="The other one.")],
        responses={200: PreviewSerializer, 409: ErrorAnswer},
    )
    @merge.mapping.get
    def preview_merge(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What a merge would do."""
        survivor, given = self._of_address(), request.query_params.get("patient", "")
        if not (given.isascii() and given.isdecimal() and 0 < int(given[:20]) <= LARGEST_ID):
            raise InvalidRequest({"patient": ["Name the other patient by id."]}, code="invalid")
        shown = preview(survivor, _named(int(given)))
        choices = [
            {
                "field": each.name,
                "survivor": each.survivor,
                "merged": each.merged,
                "is_taken": each.is_taken,
            }
            for each in shown.choices
        ]
        body = {"id": shown.survivor.pk, "merged": shown.merged.pk, "choices": choices}
        return Response(body | {"studies": shown.studies, "identifiers": shown.identifiers})

    @extend_schema(
        summary="Undo a merge",
        description="The other record comes back with what came from it, as that is now; a field "
        "that was taken from it, and not written since, has the value of before. 409 when there is "
        "no such merge, or this record was merged into another since.",
        request=UnmergeSerializer,
        responses={200: PatientSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    @idempotent
    def unmerge(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make them two again."""
        check_may_merge(request)
        survivor, given = self._of_address(), validated(UnmergeSerializer, request.data)
        merges = PatientMerge.objects.filter(survivor=survivor, merged=given["patient"])
        made = merges.first()
        if made is None:
            raise TransitionNotAllowedError("That record was never merged into this one.")
        undo(
            made,
            by=actor_of(request),
            reason=given["reason"],
            studies=given.get("studies", ()),
        )
        return self._shown()

    def _of_address(self) -> Patient:
        """The patient, also an archived one. Raises MergedError for one merged into another."""
        refuse_merged(self.kwargs["pk"])
        return get_object_or_404(Patient, pk=self.kwargs["pk"])

    def _shown(self) -> Response:
        """The patient of the address as they are now."""
        row = get_object_or_404(self.rows, pk=self.kwargs["pk"])
        return Response(self.row_json(row))


def _named(key: int) -> Patient:
    patient = Patient.objects.filter(pk=key).first()
    if patient is None:
        raise InvalidRequest({"patient": ["There is no such patient."]}, code="does_not_exist")
    return patient
