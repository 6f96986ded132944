"""Studies in the admin: health data, for those who may see it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from clinical import services
from clinical.models import Patient, Study, StudyEvent
from clinical.search import search
from clinical.states import StudyState
from core.admin.pages import HistoryInline, LargeTableAdmin
from core.workflow import TransitionNotAllowedError
from identity.access_log.records import RecordedAdmin
from identity.actors import actor_of


class EventInline(HistoryInline):
    """What happened to a study. Who may see the study may see this."""

    model = StudyEvent
    fields = ["at", "what", "actor", "detail"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who may see studies."""
        return request.user.has_perm("clinical.view_study")


@admin.register(Study)
class StudyAdmin(RecordedAdmin, LargeTableAdmin):
    """Studies with what happened to them. Every change is a service's, so it has its event."""

    patient_key = "patient_id"

    list_display = ["id", "patient", "type", "body_part", "urgency_level", "state", "created_at"]
    list_select_related = ["patient"]
    list_filter = ["urgency_level", "type", "state"]
    ordering = ["-id"]
    sortable_by: list[str] = []
    search_help_text = "The patient: beginnings of names or e-mail addresses, or the foreign id."
    autocomplete_fields = ["patient"]
    fields = [
        "patient",
        ("urgency_level", "type", "body_part"),
        "description",
        ("state", "created_at"),
    ]
    inlines = [EventInline]
    actions = ["make_available", "cancel", "enter_in_error"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A study never changes hands: its patient is chosen once."""
        return ["state", "created_at", *(["patient"] if obj else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was entered in error is only looked at."""
        closed = obj is not None and obj.state == StudyState.ENTERED_IN_ERROR
        return not closed and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: health records are kept. See the action “Entered in error”."""
        return False

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The studies of the patients found."""
        return queryset.filter(patient__in=search(Patient.objects.all(), text))

    def save_model(self, request: HttpRequest, obj: Study, form: Any, change: bool) -> None:
        """Save it by the services, which write its event."""
        if not change:
            services.create_study(obj, by=actor_of(request))
            return
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        services.update_study(obj, by=actor_of(request), **changes)

    @admin.action(description="Images are available", permissions=["change"])
    def make_available(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        """The images can be seen."""
        self._each(request, queryset, services.make_available)

    @admin.action(description="Cancelled, not taken", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        """It was not taken."""
        self._each(request, queryset, services.cancel_study)

    @admin.action(description="Entered in error: take off the record", permissions=["change"])
    def enter_in_error(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        """Take off the record."""
        self._each(request, queryset, services.delete_study)

    def _each(
        self, request: HttpRequest, studies: QuerySet[Study], verb: Callable[..., None]
    ) -> None:
        done = 0
        for study in studies:
            try:
                verb(study, by=actor_of(request))
                done += 1
            except TransitionNotAllowedError as refused:
                self.message_user(request, f"{study}: {refused}", messages.WARNING)
        self.message_user(request, f"{done} {'study' if done == 1 else 'studies'} changed.")
