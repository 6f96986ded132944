"""Patients in the admin: health data, for those who may see it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from clinical import births
from clinical.admin.identifiers import IdentifierInline
from clinical.admin.merging import merges_of
from clinical.admin.patient_verbs import PatientVerbs
from clinical.admin.results.inlines import ResultInline, SampleInline
from clinical.admin.similar import ANOTHER_PERSON, warning
from clinical.models import Patient, Study
from clinical.patients import services
from clinical.patients.similar import Similar, similar_patients
from clinical.search import search
from core.admin.extensions import Extensible
from core.admin.pages import LargeTableAdmin, ReadOnlyInline
from core.bases import ModelForm
from core.forms import TokenField
from core.imports import own_ids
from core.workflow import TransitionNotAllowedError
from identity.access_log import reasons
from identity.access_log.records import RecordedAdmin, record, who_looked
from identity.models import How

# What is typed of a person that tells who they are.
LIKENESSES = frozenset({"first_name", "last_name", "birth_date", "email"})


class PatientForm(ModelForm):
    """A patient, whose birth date is typed as far as it is known; warns of somebody like this."""

    similar: Sequence[Similar] = ()  # whom the warning names

    birth_date = TokenField(
        help_text=f"{births.FORMS}.", widget=UnfoldAdminTextInputWidget(attrs={"size": 10})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["birth_date"] = self.instance.born.written()

    def clean(self) -> dict[str, Any]:
        """What was typed. Raises ValidationError, with a tick to save it all the same, where
        somebody like this is on record."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or (self.instance.pk and not LIKENESSES & set(self.changed_data)):
            return given
        person = Patient(
            pk=self.instance.pk,
            birth_date_precision=self.instance.birth_date_precision,
            **{name: given[name] for name in LIKENESSES},
        )
        similar = similar_patients(person)
        mark = ",".join(str(each.patient.pk) for each in similar)
        if similar and self.data.get(ANOTHER_PERSON) != mark:
            self.similar = similar
            raise ValidationError(warning(similar, mark), "similar")
        return given

    def clean_birth_date(self) -> date:
        """Its first day. Raises ValidationError for what is no birth date."""
        born = births.checked(self.cleaned_data["birth_date"])
        if "birth_date" in self.changed_data:
            self.instance.birth_date_precision = born.precision
        return born.day


class ArchivedFilter(admin.SimpleListFilter):
    """Patients who are looked for; the archived ones on request."""

    title = "archived"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Whose records are shown beside those who are looked for."""
        return [("yes", "archived"), ("merged", "merged into another")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The current ones, the archived ones, or the merged ones."""
        if self.value() == "merged":
            return queryset.filter(merged_into__isnull=False)
        return queryset.filter(archived_at__isnull=self.value() != "yes", merged_into__isnull=True)


class StudyInline(ReadOnlyInline):
    """The studies of a patient; each has a page of its own, where it is changed."""

    model = Study
    hide_title = False  # it leads to the study's page
    fields = ["created_at", "urgency_level", "type", "body_part", "description", "state"]
    show_change_link = True


@admin.register(Patient)
class PatientAdmin(Extensible, PatientVerbs, RecordedAdmin, LargeTableAdmin):
    """Patients with their studies."""

    form = PatientForm
    list_display = ["last_name", "first_name", "born", "email", "customer"]
    list_display_links = ["last_name", "first_name"]
    list_select_related = ["customer"]
    # Those of the import come first (clinical/imports/patients.py).
    export_columns = {
        "first_name": "first_name",
        "last_name": "last_name",
        "birth_date": lambda patient: patient.born.written(),
        "email": "email",
        "id": "external_id",
        own_ids.NAME: lambda patient: own_ids.written(Patient, patient.pk),
        "customer": "customer.code",
        "created_at": "created_at",
    }
    ordering = ["-id"]
    sortable_by: list[str] = []  # they are encrypted: decision 0048
    search_help_text = "Beginnings of names or e-mail addresses, or the whole foreign id."
    autocomplete_fields = ["customer"]
    fields = [
        ("first_name", "last_name"),
        ("birth_date", "email"),
        "customer",
        ("external_id", "created_at"),
        "same_person",
        "looked_at_by",
    ]
    readonly_fields = ["born", "external_id", "created_at", "same_person", "looked_at_by"]
    inlines = [IdentifierInline, StudyInline, SampleInline, ResultInline]
    list_filter = [ArchivedFilter]
    actions_detail = ["add_study", "merge", "unmerge", "archive", "restore"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may not change it reads the birth date as it is known; merges where there are any."""
        fields = list(self.fields or [])
        if obj is None or not (obj.merged_into_id or obj.merges.exists()):
            fields.remove("same_person")
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return [("born", "email") if "birth_date" in row else row for row in fields]

    @admin.display(description="The same person")
    def same_person(self, patient: Patient) -> str:
        """What was merged into this record, or where it went; with the reasons."""
        return merges_of(patient)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """The form, once those whom its warning names are on record."""
        similar = getattr(context["adminform"].form, "similar", ())
        why = reasons.given_reason(request, reasons.LISTS)
        record(request, [each.patient.pk for each in similar], How.SEARCH, reason=why)
        return super().render_change_form(request, context, *args, **kw)

    @admin.display(description="birth date")
    def born(self, patient: Patient) -> str:
        """The birth date as far as it is known."""
        return patient.born.shown()

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Patients found by words."""
        return search(queryset, text)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """What a search found; a field that completes names nobody who is archived or merged."""
        match = request.resolver_match
        if match is not None and match.url_name != "clinical_patient_changelist":
            queryset = queryset.current()
        return super().get_search_results(request, queryset, search_term)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was archived or merged is only looked at."""
        is_current = obj is None or (obj.archived_at is None and obj.merged_into_id is None)
        return is_current and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: health records are kept. See “Archive”."""
        return False

    def save_model(self, request: HttpRequest, obj: Patient, form: Any, change: bool) -> None:
        """Save it by the service, of one that is there what was changed."""
        if not change:
            obj.save(force_insert=True)
            return
        changes = {name: getattr(obj, name) for name in form.changed_columns()}
        services.update_patient(obj, **changes)

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any) -> Any:
        """The form; back to the page, with the reason, when somebody else was quicker."""
        try:
            return super().changeform_view(request, object_id, *args)
        except TransitionNotAllowedError as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return redirect(request.path)

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
