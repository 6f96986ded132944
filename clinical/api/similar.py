"""Who on record is perhaps the same person: asked before a patient is created."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from clinical.api.serializers import PatientSerializer
from clinical.models import Patient
from clinical.patients.similar import similar_patients
from core.api.idempotency import idempotent
from core.api.serializers import Serializer
from identity.access_log.records import RecordedReads
from identity.models import How


class PersonSerializer(PatientSerializer):
    """A person as a new patient would be sent."""

    birth_date_precision = None  # type: ignore[assignment]  # what is written says it
    customer = None  # type: ignore[assignment]  # nobody is alike by it
    studies = None  # type: ignore[assignment]  # nobody is alike by them

    class Meta(PatientSerializer.Meta):
        fields = ["first_name", "last_name", "birth_date", "email", "identifiers"]
        read_only_fields: list[str] = []


class SimilarSerializer(Serializer):
    """A patient who may be this person."""

    id = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField(), help_text="For people.")


class SimilarListSerializer(Serializer):
    """Those who may be this person, the most alike first; five at most."""

    results = SimilarSerializer(many=True)


class SimilarPatientsView(RecordedReads, viewsets.GenericViewSet[Patient]):
    """A question, by POST: names and birth dates do not stand in addresses."""

    queryset = Patient.objects.none()
    serializer_class = PersonSerializer
    pagination_class = None
    filter_backends: list[Any] = []
    read_scopes = ("clinical:read",)
    write_scopes = ("clinical:read",)

    @extend_schema(
        summary="Find patients who may be the same person",
        description="By names in either order with a birth date that fits, birth date, e-mail "
        "address and identifiers. Nothing is created. Archived patients are among them.",
        responses={200: SimilarListSerializer},
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who may be this person."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        person = dict(asked.validated_data)
        values = [each["value"] for each in person.pop("identifiers", ())]
        similar = similar_patients(Patient(**person), values)
        results = [{"id": each.patient.pk, "reasons": list(each.reasons)} for each in similar]
        return Response({"results": results})

    def patients_in(self, body: Any) -> list[int]:
        """Those who are named: for the access log."""
        return [each["id"] for each in body["results"]]

    def how(self, request: Request) -> str:
        return How.SEARCH
