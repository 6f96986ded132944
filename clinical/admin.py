"""Patients and studies in the admin: health data, for those who may see it."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from clinical import births, services
from clinical.models import Patient, Study, StudyEvent
from clinical.search import search
from clinical.states import StudyState
from core.admin.pages import HistoryInline, LargeTableAdmin, ReadOnlyInline
from core.bases import ModelForm
from core.forms import TokenField
from core.workflow import TransitionNotAllowedError
from identity.access_log.records import RecordedAdmin, who_looked
from identity.actors import actor_of


class PatientForm(ModelForm):
    """A patient, whose birth date is typed as far as it is known."""

    birth_date = TokenField(
        help_text=f"{births.FORMS}.", widget=UnfoldAdminTextInputWidget(attrs={"size": 10})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["birth_date"] = self.instance.born.written()

    def clean_birth_date(self) -> date:
        """Its first day. Raises ValidationError for what is no birth date."""
        born = births.checked(self.cleaned_data["birth_date"])
        if "birth_date" in self.changed_data:
            self.instance.birth_date_precision = born.precision
        return born.day


class StudyInline(ReadOnlyInline):
    """The studies of a patient; each has a page of its own, where it is changed."""

    model = Study
    hide_title = False  # it leads to the study's page
    fields = ["created_at", "urgency_level", "type", "body_part", "description", "state"]
    show_change_link = True


class EventInline(HistoryInline):
    """What happened to a study. Who may see the study may see this."""

    model = StudyEvent
    fields = ["at", "what", "actor", "detail"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who may see studies."""
        return request.user.has_perm("clinical.view_study")


@admin.register(Patient)
class PatientAdmin(RecordedAdmin, LargeTableAdmin):
    """Patients with their studies."""

    form = PatientForm
    list_display = ["last_name", "first_name", "born", "email", "customer"]
    list_display_links = ["last_name", "first_name"]
    list_select_related = ["customer"]
    ordering = ["-id"]
    sortable_by = ["last_name", "born"]
    alphabetical_fields = ["last_name"]
    search_help_text = "Beginnings of names or e-mail addresses, or the whole foreign id."
    autocomplete_fields = ["customer"]
    fields = [
        ("first_name", "last_name"),
        ("birth_date", "email"),
        "customer",
        ("external_id", "created_at"),
        "looked_at_by",
    ]
    readonly_fields = ["born", "external_id", "created_at", "looked_at_by"]
    inlines = [StudyInline]
    actions_detail = ["add_study"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may not change it reads the birth date as it is known."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fields
        return [("born", "email") if "birth_date" in row else row for row in self.fields]

    @admin.display(description="birth date", ordering="birth_date")
    def born(self, patient: Patient) -> str:
        """The birth date as far as it is known."""
        return patient.born.shown()

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Patients found by words."""
        return search(queryset, text)

    def delete_model(self, request: HttpRequest, obj: Patient) -> None:
        """Delete one who never had a study; Django's own page refuses the others before."""
        services.delete_patient(obj, by=actor_of(request))

    @admin.display(description="Who looked")
    def looked_at_by(self, patient: Patient) -> str:
        """The latest reads of this patient's data, from the access log."""
        page = getattr(patient, "looked_page", 1)
        return who_looked(patient.pk, page) if patient.pk else ""

    def has_add_study_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A method, not "clinical.add_study": for that, unfold's system check asks the database."""
        return request.user.has_perm("clinical.add_study")

    @action(description="Add a study", permissions=["add_study"])
    def add_study(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Open the form of a new study of this patient."""
        form = reverse("admin:clinical_study_add")
        return redirect(f"{form}?{urlencode({'patient': object_id})}")


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
