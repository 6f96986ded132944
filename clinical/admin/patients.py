"""Patients in the admin: health data, for those who may see it."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from clinical import births, services
from clinical.models import Patient, Study
from clinical.search import search
from core.admin.pages import LargeTableAdmin, ReadOnlyInline
from core.bases import ModelForm
from core.forms import TokenField
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
