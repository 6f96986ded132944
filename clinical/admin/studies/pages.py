"""Studies in the admin: health data, for those who may see it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.timezone import localtime
from unfold.decorators import display

from clinical import services
from clinical.admin.studies.attachments import AttachmentInline, StudyFiles
from clinical.admin.studies.rows import sees_studies
from clinical.admin.studies.verbs import StudyVerbs
from clinical.models import Study, StudyEvent, StudyReport
from clinical.states import SIGNED, StudyState
from core.admin.list_filters import TimeRangeFilter
from core.admin.pages import HistoryInline, ReadOnlyInline
from core.imports import own_ids
from identity.actors import actor_of

LOCKED = SIGNED | {StudyState.ENTERED_IN_ERROR}


class ReportInline(ReadOnlyInline):
    """All versions of the report, the one that holds first."""

    model = StudyReport
    verbose_name_plural = "reports"
    fields = ["number", "shown_text", "reason", "written_by", "at", "signed"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StudyReport]:
        """With who signed each."""
        rows: QuerySet[StudyReport] = super().get_queryset(request).select_related("signature")
        return rows

    @display(description="text")
    def shown_text(self, report: StudyReport) -> str:
        """The text, with its lines."""
        return format_html('<div style="white-space: pre-line">{}</div>', report.text)

    @display(description="signed by")
    def signed(self, report: StudyReport) -> str:
        """Who answers for it, and since when."""
        if report.signed_at is None:
            return "nobody yet"
        return f"{report.signed_by}, {localtime(report.signed_at):%d %b %Y, %H:%M}"

    has_view_permission = sees_studies


class EventInline(HistoryInline):
    """What happened to a study. Who may see the study may see this."""

    model = StudyEvent
    fields = ["at", "what", "actor", "detail"]
    has_view_permission = sees_studies


@admin.register(Study)
class StudyAdmin(StudyFiles, StudyVerbs):
    """Studies with what happened to them. Every change is a service's, so it has its event."""

    list_display = [
        "id",
        "patient",
        "type",
        "body_part",
        "shown_urgency",
        "shown_state",
        "created_at",
    ]
    list_select_related = ["patient"]
    # Those of the import come first (clinical/imports/studies.py).
    export_columns = {
        **{name: name for name in ("urgency_level", "body_part", "description", "type")},
        "patient_id": "patient.external_id",
        own_ids.NAME: lambda study: own_ids.written(Study, study.pk),
        "state": "state",
        "created_at": "created_at",
    }
    list_filter = ["urgency_level", "type", "state", ("created_at", TimeRangeFilter)]
    ordering = ["-id"]
    autocomplete_fields = ["patient"]
    fields = [
        "patient",
        ("urgency_level", "type", "body_part"),
        "description",
        ("state", "reader"),
        ("created_at", "performed_at"),
    ]
    inlines = [ReportInline, AttachmentInline, EventInline]
    actions_detail = [*StudyVerbs.actions_detail, "attach"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A study never changes hands: its patient is chosen once."""
        return ["state", "reader", "created_at", "performed_at", *(["patient"] if obj else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is signed or was entered in error is only looked at."""
        closed = obj is not None and obj.state in LOCKED
        return not closed and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: health records are kept. See the action “Entered in error”."""
        return False

    def save_model(self, request: HttpRequest, obj: Study, form: Any, change: bool) -> None:
        """Save it by the services, which write its event."""
        if not change:
            services.create_study(obj, by=actor_of(request))
            return
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        services.update_study(obj, by=actor_of(request), **changes)
