"""Samples in the admin, and the messages of laboratories that nobody understands. Health data."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action, display

from clinical.admin.studies.dialogs import EnterInErrorForm
from clinical.laboratories import samples
from clinical.laboratories.comparing import normalized
from clinical.laboratories.incoming import not_understood
from clinical.laboratories.releasing import RELEASE
from clinical.models import LabMessage, Sample, SampleEvent
from clinical.states import SAMPLE, SampleState
from core.admin.dialogs import REFUSALS, go_to, refusal_text
from core.admin.list_filters import TimeRangeFilter
from core.admin.pages import HistoryInline, LargeTableAdmin
from core.admin.read_only import ReadOnly
from core.values.keys import is_key
from identity.access_log.records import RecordedAdmin, record
from identity.actors import actor_of
from identity.models import How

LIKE_SERIALS = r"[0-9A-Za-z*~$=-]{2,60}"  # among them every serial
COLOURS = {"registered": "success", "withdrawn": "warning", "destroyed": "danger"}


class SampleEventInline(HistoryInline):
    """What happened to a sample. Who may see the sample may see this."""

    model = SampleEvent

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As of samples."""
        return request.user.has_perm("clinical.view_sample")


@admin.register(Sample)
class SampleAdmin(RecordedAdmin, ReadOnly, LargeTableAdmin):
    """Samples, which are registered with their kits."""

    patient_key = "patient_id"
    nothing_here = "A sample is registered by the person who took it."
    list_display = ["serial", "kit_type", "shown_state", "patient", "sampled_at"]
    list_select_related = ["patient"]
    list_filter = ["state", ("sampled_at", TimeRangeFilter)]
    list_filter_submit = True
    sortable_by: list[str] = []
    ordering = ["-id"]
    search_help_text = "The serial; whole."
    fields = [
        ("serial", "kit_type"),
        ("state", "patient"),
        ("first_name", "last_name"),
        ("birth_date", "sex"),
        ("sampled_at", "consent_version"),
        "registered_at",
    ]
    inlines = [SampleEventInline]
    actions_detail = ["withdraw", "destroy"]

    def search(self, queryset: QuerySet[Sample], text: str) -> QuerySet[Sample]:
        """By serial."""
        return queryset.filter(serial=normalized(text))

    @display(description="state", label=COLOURS)
    def shown_state(self, sample: Sample) -> tuple[str, str]:
        """The state, in its colour."""
        return sample.state, sample.get_state_display().lower()

    def _may(self, request: HttpRequest, key: Any, to: SampleState) -> bool:
        if not request.user.has_perm("clinical.change_sample"):
            return False
        states = [before for before, after in SAMPLE.transitions.items() if to in after]
        rows = Sample.objects.filter(state__in=states)
        return key is None or (is_key(key) and rows.filter(pk=key).exists())

    def has_withdraw_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether its person can withdraw."""
        return self._may(request, object_id, SampleState.WITHDRAWN)

    def has_destroy_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether there can be something left of it."""
        return self._may(request, object_id, SampleState.DESTROYED)

    @action(
        description="Withdrawn",
        icon="block",
        permissions=["withdraw"],
        dialog={
            "title": "Has the person withdrawn?",
            "description": "It gets no result. One that nobody has released is taken off it.",
            "form_class": EnterInErrorForm,
            "form_submit_text": "Withdraw it",
        },
    )
    def withdraw(
        self, request: HttpRequest, form: EnterInErrorForm, object_id: str
    ) -> HttpResponse:
        """Its person does not want it examined."""
        return self._one(request, object_id, samples.withdraw, form)

    @action(
        description="Destroyed",
        icon="delete",
        permissions=["destroy"],
        dialog={
            "title": "Is it destroyed?",
            "description": "It gets no result. One that nobody has released is taken off it.",
            "form_class": EnterInErrorForm,
            "form_submit_text": "It is destroyed",
        },
    )
    def destroy(self, request: HttpRequest, form: EnterInErrorForm, object_id: str) -> HttpResponse:
        """There is nothing left of it."""
        return self._one(request, object_id, samples.destroy, form)

    def _one(
        self, request: HttpRequest, key: str, verb: Callable[..., None], form: EnterInErrorForm
    ) -> HttpResponse:
        sample = get_object_or_404(Sample, pk=key)
        try:
            verb(sample, by=actor_of(request), reason=form.cleaned_data["reason"])
        except REFUSALS as refused:
            self.message_user(request, f"{sample}: {refusal_text(refused)}", messages.ERROR)
        else:
            self.message_user(request, f"{sample}: {sample.state}.", messages.SUCCESS)
        return go_to(request, reverse("admin:clinical_sample_change", args=[key]))


@admin.register(LabMessage)
class LabMessageAdmin(ReadOnly, LargeTableAdmin):
    """What laboratories sent and nobody understands, for who may see what is not released."""

    nothing_here = "All that laboratories send is understood."
    list_display = ["id", "laboratory", "received_at", "problem"]
    sortable_by: list[str] = []
    search_help_text = "The name of a laboratory; whole."
    ordering = ["-id"]
    fields = [("laboratory", "received_at"), "problem", "as_it_came", "set_aside_at"]
    readonly_fields = ["as_it_came"]

    def search(self, queryset: QuerySet[LabMessage], text: str) -> QuerySet[LabMessage]:
        """Those of a laboratory."""
        return queryset.filter(laboratory=text)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see results before their release."""
        return request.user.has_perm(RELEASE)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The message, once it is on record, with the patients of the samples that it names."""
        message = super().get_object(request, object_id, from_field)
        if message is not None and self.has_view_permission(request, message):
            serials = set(map(normalized, re.findall(LIKE_SERIALS, message.body)))
            patients = Sample.objects.filter(serial__in=serials).values_list("patient", flat=True)
            record(request, patients, How.DETAIL, detail=str(message))
        return message

    def get_queryset(self, request: HttpRequest) -> QuerySet[LabMessage]:
        """Those that could not be read, and nobody has set aside."""
        return not_understood()

    @display(description="as it came")
    def as_it_came(self, message: LabMessage) -> str:
        """What the laboratory sent."""
        return str(message.body.encode("latin-1").decode(errors="replace"))
