"""The worklist of clinicians, and for how long a study may wait on it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from unfold.decorators import action, display

from clinical.admin.studies.rows import StudyRows, person_at
from clinical.admin.studies.verbs import CHANGE
from clinical.models import URGENCY_RANK, ReadingLimits, Study, WaitingStudy
from clinical.reading import worklist
from core.admin.dialogs import go_to
from core.admin.list_filters import TimeRangeFilter
from core.admin.pages import ModelAdmin
from core.admin.read_only import ReadOnly
from core.database import clock
from identity.actors import actor_of


class ReaderFilter(admin.SimpleListFilter):
    """By who has taken a study."""

    title = "taken"
    parameter_name = "taken"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By nobody, or by oneself."""
        return [("no", "by nobody"), ("me", "by me")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The studies that nobody has taken, or whoever asks."""
        if self.value() == "no":
            return queryset.filter(reader=None)
        return queryset.filter(reader=request.user.pk) if self.value() == "me" else queryset


@admin.register(WaitingStudy)
class WorklistAdmin(ReadOnly, StudyRows):
    """Studies that wait for a report or a signature: the most urgent first, then the oldest."""

    nothing_here = "No study waits to be read."
    list_display = [
        "shown_urgency",
        "waits",
        "study",
        "patient",
        "body_part",
        "shown_state",
        "reader",
    ]
    list_display_links = None
    list_select_related = ["patient", "reader"]
    list_filter = [ReaderFilter, "urgency_level", "type", ("performed_at", TimeRangeFilter)]
    ordering = [URGENCY_RANK, "performed_at", "id"]
    actions = ["take_selected", "release_selected"]
    actions_list = ["take_next"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those that wait."""
        return WaitingStudy.objects.waiting()

    @display(description="waits for")
    def waits(self, study: Study) -> str:
        """Since it was performed."""
        return timesince(study.performed_at, clock.now(), depth=1) if study.performed_at else "-"

    @display(description="study")
    def study(self, study: Study) -> str:
        """A link to its page."""
        url = reverse("admin:clinical_study_change", args=[study.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, study)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        """The page of the study itself. Raises Http404 for another spelling of its key."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        self._check_key(object_id)
        return redirect("admin:clinical_study_change", object_id)

    def has_take_permission(self, request: HttpRequest) -> bool:
        """Who may report studies."""
        return request.user.has_perm(CHANGE)

    @action(
        description="Take the next",
        icon="back_hand",
        permissions=["take"],
        dialog={
            "title": "Take the next study?",
            "description": "The most urgent that nobody has taken, of these the oldest. Nobody "
            "else reports it until you sign it or give it back.",
            "form_submit_text": "Take it",
        },
    )
    def take_next(self, request: HttpRequest, form: Any) -> HttpResponse:
        """Take it, and show it."""
        study = worklist.take_next(reader=person_at(request))
        if study is None:
            self.message_user(request, "No study waits that nobody has taken.", messages.WARNING)
            return go_to(request, reverse("admin:clinical_waitingstudy_changelist"))
        self.message_user(request, f"{study}: yours.", messages.SUCCESS)
        return go_to(request, reverse("admin:clinical_study_change", args=[study.pk]))

    @admin.action(description="Take", permissions=["take"])
    def take_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Take them."""
        reader = person_at(request)
        return self.each(request, queryset, lambda s: worklist.take(s, reader=reader), "Taken")

    @admin.action(description="Give back", permissions=["take"])
    def release_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Give them back."""
        by = actor_of(request)
        return self.each(request, queryset, lambda s: worklist.release(s, by=by), "Given back")


@admin.register(ReadingLimits)
class ReadingLimitsAdmin(ModelAdmin):
    """After how many hours a study is overdue, by its urgency: one row."""

    fieldsets = [
        (
            "Overdue after",
            {
                "fields": [("high", "mid", "low")],
                "description": "A study that waits for longer is an exception until its report is "
                "signed.",
            },
        )
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one row."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The one row itself."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        ReadingLimits.objects.get_or_create(pk=1)
        return redirect("admin:clinical_readinglimits_change", 1)
