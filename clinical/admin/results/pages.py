"""Results of laboratories: those that are nobody's, held, and released. Health data."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from clinical.admin.results.facts import named, shown_candidates, shown_versions
from clinical.admin.results.verbs import ResultVerbs
from clinical.admin.studies.rows import person_at
from clinical.laboratories.comparing import normalized
from clinical.laboratories.matching import candidates
from clinical.laboratories.releasing import RELEASE
from clinical.models import LabResult, ResultEvent
from clinical.states import RESULT_COLOURS, ResultState
from core.admin.list_filters import TimeRangeFilter
from core.admin.overview.panels import linked
from core.admin.pages import HistoryInline, LargeTableAdmin
from core.admin.read_only import ReadOnly
from identity.access_log.records import RecordedAdmin, record
from identity.models import How


class ResultEventInline(HistoryInline):
    """What happened to a result. Who may see the result may see this."""

    model = ResultEvent

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As of results."""
        return request.user.has_perm("clinical.view_labresult")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ResultEvent]:
        """Who was called about a critical one is for those who may know that it is critical."""
        rows: QuerySet[ResultEvent] = super().get_queryset(request)
        return rows if person_at(request).has_perm(RELEASE) else rows.exclude(kind="called")


@admin.register(LabResult)
class LabResultAdmin(ResultVerbs, RecordedAdmin, ReadOnly, LargeTableAdmin):
    """Results, which only laboratories make; people decide whose they are, and release them."""

    patient_key = "patient_id"
    nothing_here = "No laboratory has reported anything."
    list_display = ["id", "laboratory", "shown_state", "sample", "patient", "received_at"]
    list_select_related = ["patient", "sample"]
    list_filter = ["state", ("received_at", TimeRangeFilter)]
    list_filter_submit = True
    sortable_by: list[str] = []
    ordering = ["-id"]
    search_help_text = "The serial, or the laboratory's own reference; whole."
    fields = [
        ("laboratory", "reference"),
        ("state", "received_at"),
        ("of_patient", "of_study"),
        "versions",
        "may_be_of",
    ]
    readonly_fields = ["of_patient", "of_study", "versions", "may_be_of"]
    inlines = [ResultEventInline]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose it may be is asked while it is nobody's."""
        is_open = obj is not None and obj.state == ResultState.UNMATCHED
        return self.fields if is_open else [row for row in self.fields if row != "may_be_of"]

    def search(self, queryset: QuerySet[LabResult], text: str) -> QuerySet[LabResult]:
        """By the serial of any version, or by the laboratory's reference."""
        versions = LabResult.objects.filter(versions__serial__in={text, normalized(text)})
        return queryset.filter(pk__in=versions) | queryset.filter(reference=text)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The result, with what its page shows; those whom it may be of are on record, too."""
        result = super().get_object(request, object_id, from_field)
        if result is None or not self.has_view_permission(request, result):
            return result
        result.shown_versions = list(result.versions.order_by("-number"))
        result.seen_by = person_at(request)
        if result.seen_by.has_perm(RELEASE):
            record(request, named(result.shown_versions) - {result.patient_id}, How.DETAIL)
        result.candidates = []
        if result.state == ResultState.UNMATCHED and result.shown_versions:
            holds = next(v for v in result.shown_versions if v.number == result.number)
            result.candidates = candidates(holds)
            patients = [each.sample.patient_id for each in result.candidates]
            record(request, patients, How.SEARCH)
        return result

    def _record(self, request: HttpRequest, rows: Iterable[Any], how: str, reason: str) -> None:
        """A result that is nobody's shows nobody's record."""
        super()._record(request, [row for row in rows if row.patient_id], how, reason)

    @display(description="state", label=RESULT_COLOURS)
    def shown_state(self, result: LabResult) -> tuple[str, str]:
        """The state, in its colour."""
        return result.state, result.get_state_display().lower()

    @display(description="patient")
    def of_patient(self, result: LabResult) -> str:
        """A link to the record."""
        return linked(result.patient) if result.patient else "nobody yet"

    @display(description="study")
    def of_study(self, result: LabResult) -> str:
        """A link to what it has become."""
        return linked(result.study) if result.study else "not released"

    @display(description="what the laboratory says")
    def versions(self, result: Any) -> str:
        """All versions, the latest first."""
        return shown_versions(result, result.shown_versions, result.seen_by)

    @display(description="whose it may be")
    def may_be_of(self, result: Any) -> str:
        """The samples with its serial, or with its birth date and name."""
        return shown_candidates(result.candidates)
