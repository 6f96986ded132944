"""Results of laboratories over HTTP: where each is, and what it says once it is released."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, viewsets

from clinical.laboratories.comparing import normalized
from clinical.models import LabResult
from clinical.states import ResultState
from core.api.filters import FilterForm, FilterSet, IdFilter, TokenFilter
from core.api.pagination import OrderingFilter
from core.api.serializers import ChoiceField, ModelSerializer
from identity.access_log.records import RecordedReads


class ResultSerializer(ModelSerializer):
    """A result. `findings`, `flag` and `report_status` are null before it is released."""

    status = ChoiceField(ResultState.choices, source="state", read_only=True)
    serial = serializers.CharField(
        source="sample.serial", default=None, read_only=True, allow_null=True
    )
    version = serializers.IntegerField(
        source="number", read_only=True, help_text="The number of the one that holds."
    )
    report_status = serializers.SerializerMethodField()
    flag = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField()

    class Meta:
        model = LabResult
        fields = [
            "id",
            "laboratory",
            "reference",
            "status",
            "serial",
            "patient",
            "study",
            "version",
            "report_status",
            "flag",
            "findings",
            "received_at",
        ]
        read_only_fields = fields

    def get_report_status(self, result: LabResult) -> str | None:
        """What the laboratory calls the version that holds."""
        return self._of_version(result, "status")

    def get_flag(self, result: LabResult) -> str | None:
        """What it means for who sees to it."""
        return self._of_version(result, "flag")

    def get_findings(self, result: LabResult) -> str | None:
        """What was found, a line each."""
        return self._of_version(result, "findings")

    def _of_version(self, result: LabResult, name: str) -> str | None:
        if result.state != ResultState.RELEASED:
            return None
        versions = {version.number: version for version in result.versions.all()}
        return str(getattr(versions[result.number], name))


class ResultFilter(FilterSet):
    """By state, laboratory, patient and serial."""

    status = django_filters.ChoiceFilter(field_name="state", choices=ResultState.choices)
    laboratory = TokenFilter()
    patient = IdFilter(help_text="The patient's id.")
    serial = TokenFilter(
        method="by_serial", help_text="In capitals or not, with or without blanks and hyphens."
    )

    class Meta:
        model = LabResult
        form = FilterForm
        fields: list[str] = []

    def by_serial(self, queryset: Any, name: str, value: str) -> Any:
        """The results of this sample."""
        return queryset.filter(sample__serial=normalized(value))


@extend_schema_view(
    list=extend_schema(
        summary="List results of laboratories",
        description="What each says is null until a clinician, or a rule, has released it. Whose "
        "an unmatched one is, and that a held one is released, is decided in the admin.",
    ),
    retrieve=extend_schema(summary="Show a result of a laboratory"),
)
class ResultViewSet(RecordedReads, viewsets.ReadOnlyModelViewSet[LabResult]):
    """What laboratories have reported. They post it to `webhooks/laboratories/`."""

    queryset = LabResult.objects.select_related("sample").prefetch_related("versions")
    serializer_class = ResultSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = ResultFilter
    ordering_fields = ["id"]
    lookup_value_converter = "int"
    read_scopes = ("clinical:read",)

    def patients_in(self, body: Any) -> Iterable[int]:
        """Those whose results the answer names: for the access log."""
        shown = body.get("results", [body])
        return [each["patient"] for each in shown if each["patient"] is not None]
