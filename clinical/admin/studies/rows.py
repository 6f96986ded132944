"""What the pages of studies share: how a row looks, how it is searched, and verbs on many rows."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from clinical.models import Patient, Study, Urgency
from clinical.search import search
from clinical.states import STUDY_COLOURS
from core.admin.dialogs import REFUSALS, refusal_text
from core.admin.pages import LargeTableAdmin
from identity.access_log.records import RecordedAdmin
from identity.models import User

MOST_AT_ONCE = 200
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

    def _each(
        self, request: HttpRequest, studies: QuerySet[Any], verb: Callable[[Study], Any]
    ) -> None:
        chosen = list(studies.order_by("id")[: MOST_AT_ONCE + 1])
        done = sum(self._tried(request, study, verb) for study in chosen[:MOST_AT_ONCE])
        self.message_user(request, f"{done} {'study' if done == 1 else 'studies'} changed.")
        if len(chosen) > MOST_AT_ONCE:
            text = f"At most {MOST_AT_ONCE} are done at once: choose the others again."
            self.message_user(request, text, messages.WARNING)
