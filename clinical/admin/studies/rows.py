"""What the pages of studies share: how a row looks, how it is searched, and verbs on many rows."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from clinical.models import Patient, Study, Urgency
from clinical.search import search
from clinical.states import STUDY_COLOURS
from core.admin.bulk_actions import bulk
from core.admin.dialogs import REFUSALS, refusal_text
from core.admin.pages import LargeTableAdmin
from identity.access_log.records import RecordedAdmin
from identity.models import User

URGENCY_COLOURS = {Urgency.HIGH: "danger", Urgency.MID: "warning", Urgency.LOW: "info"}


def sees_studies(self: Any, request: HttpRequest, obj: Any = None) -> bool:
    """Who may see a study may see what is below it."""
    return request.user.has_perm("clinical.view_study")


def person_at(request: HttpRequest) -> User:
    """Who reads or signs: people alone come into the admin."""
    return cast("User", request.user)


class StudyRows(RecordedAdmin, LargeTableAdmin):
    """A list of studies; who looks is on record."""

    patient_key = "patient_id"
    list_filter_submit = True
    sortable_by: list[str] = []
    search_help_text = "The patient: beginnings of names or e-mail addresses, or the foreign id."

    @display(description="urgency", ordering="urgency_level", label=URGENCY_COLOURS)
    def shown_urgency(self, study: Study) -> tuple[str, str]:
        """How soon it must be read, in its colour."""
        return study.urgency_level, study.get_urgency_level_display()

    @display(description="state", label=STUDY_COLOURS)
    def shown_state(self, study: Study) -> tuple[str, str]:
        """The state, in its colour."""
        return study.state, study.get_state_display().lower()

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The studies of the patients found."""
        return queryset.filter(patient__in=search(Patient.objects.all(), text))

    def _tried(self, request: HttpRequest, study: Study, verb: Callable[[Study], Any]) -> bool:
        try:
            verb(study)
        except REFUSALS as refused:
            self.message_user(request, f"{study}: {refusal_text(refused)}", messages.WARNING)
            return False
        return True

    def each(
        self, request: HttpRequest, studies: QuerySet[Any], verb: Callable[[Study], Any], done: str
    ) -> HttpResponse | None:
        """Show what it would do to each of the selected; once that was seen, do it, and say which
        were left out, and why. Whose studies are shown is on record, as for the list."""
        return bulk.seen_first(self, request, studies, verb, done)
