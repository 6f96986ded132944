"""Two records of one person: a page that shows what a merge would do, and asks.

Nothing is done that was not seen: the page comes back with a mark of what it showed.
"""

from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from clinical.models import Patient, PatientMerge, Study
from clinical.patients import merging
from clinical.patients.merging import Preview
from clinical.patients.similar import similar_patients
from clinical.patients.undoing import later_studies
from core.admin.dialogs import REFUSALS, refusal_text
from core.forms import SearchedRow, TextField
from core.risks import LONGEST_DETAIL, SHORTEST_REASON
from core.values.keys import is_key
from identity.access_log import reasons
from identity.access_log.records import record, record_dialog
from identity.actors import actor_of
from identity.models import How

LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "birth_date": "Birth date",
    "email": "E-mail",
    "customer": "Customer",
}
OURS, THEIRS = "survivor", "merged"
MEANWHILE = "One of the two was changed meanwhile: this is how they are now."


def reason_field() -> TextField:
    """Why; kept on record."""
    return TextField(
        min_length=SHORTEST_REASON,
        max_length=LONGEST_DETAIL,
        label="Why",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on record: name nobody.",
    )


class OtherForm(forms.Form):
    """Which record goes."""

    other = forms.ModelChoiceField(Patient.objects.none(), label="The other record")

    def __init__(self, patient: Patient, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["other"]
        field.queryset = Patient.objects.filter(merged_into__isnull=True).exclude(pk=patient.pk)
        # The field of studies completes what is typed: by the same rights, and on the access log.
        field.widget = SearchedRow(Study._meta.get_field("patient"), admin.site)
        field.widget.choices = field.choices


class MergeForm(forms.Form):
    """Whose value each field keeps, and why they are one person."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, shown: Preview, data: Any = None) -> None:
        super().__init__(data, initial={"seen": mark_of(shown)})
        for each in shown.choices:
            self.fields[each.name] = forms.ChoiceField(
                label=LABELS[each.name],
                choices=[
                    (OURS, f"{each.survivor or 'nothing'} (record {shown.survivor.pk})"),
                    (THEIRS, f"{each.merged} (record {shown.merged.pk})"),
                ],
                initial=THEIRS if each.is_taken else OURS,
                widget=UnfoldAdminRadioSelectWidget,
            )
        self.fields["reason"] = reason_field()
        self.shown = shown

    @property
    def is_outdated(self) -> bool:
        """Whether something is not any more as it was shown."""
        return bool(self.data.get("seen") != mark_of(self.shown))

    def taken(self) -> list[str]:
        """The fields in which the other record's value is taken."""
        return [name for name in LABELS if self.cleaned_data.get(name) == THEIRS]


class UnmergeForm(BaseDialogForm):
    """Why, and what of later goes along."""

    studies = forms.MultipleChoiceField(
        required=False,
        label="Studies that came after the merge: which go along",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        made = get_object_or_404(PatientMerge, merged=str(self.object_id), undone_at__isnull=True)
        record_dialog(self.request, made.survivor_id)
        later = later_studies(made)
        studies: Any = self.fields["studies"]
        studies.choices = [(study.pk, _label(study)) for study in later]
        if not later:
            del self.fields["studies"]

    def chosen(self) -> list[int]:
        """The keys of the studies that go along."""
        return [int(key) for key in self.cleaned_data.get("studies", ())]


def _label(study: Study) -> str:
    return f"{study}, {study.body_part}, {date_format(study.created_at, 'j M Y')}"


def mark_of(shown: Preview) -> str:
    """What stands for all that a preview shows."""
    parts = (shown.survivor.pk, shown.merged.pk, shown.studies, shown.identifiers, shown.choices)
    return sha256(repr(parts).encode()).hexdigest()


@action(
    description="Merge another record",
    icon="call_merge",
    url_path="merge",
    permissions=["merge"],
)
def merge(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page: which record, then what would become of both; a POST of what was seen does it."""
    patient = get_object_or_404(Patient, pk=object_id)
    other = _other_of(request, patient)
    for shown in filter(None, (patient, other)):
        if ask := reasons.page_for(request, shown.pk):
            return ask
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": f"Merge another record into that of {patient}",
        "patient": patient,
        "other": other,
        "back": reverse("admin:clinical_patient_change", args=[patient.pk]),
    }
    if other is None:
        context |= {"form": OtherForm(patient, request.GET or None)}
        context |= {"similar": similar_patients(patient, _values(patient))}
    elif done := _shown_or_done(page, request, context):
        return done
    _record(request, context)
    return TemplateResponse(request, "admin/clinical/merge.html", context)


def _other_of(request: HttpRequest, patient: Patient) -> Patient | None:
    key = request.GET.get("other", "")
    if not is_key(key) or key == str(patient.pk):
        return None
    return Patient.objects.filter(pk=key, merged_into__isnull=True).first()


def _values(patient: Patient) -> list[str]:
    return [row.value for row in patient.identifiers.all()]


def _shown_or_done(page: Any, request: HttpRequest, context: dict[str, Any]) -> HttpResponse | None:
    """Where a merge led; None to show the page, with what is in the context then."""
    try:
        shown = merging.preview(context["patient"], context["other"])
        form = MergeForm(shown, request.POST or None)
        context |= {"form": form, "preview": shown}
        if not form.is_valid():
            return None
        if form.is_outdated:
            context |= {"form": MergeForm(shown), "note": MEANWHILE}
            return None
        merging.merge(
            shown.survivor,
            shown.merged,
            take=form.taken(),
            by=actor_of(request),
            reason=form.cleaned_data["reason"],
        )
    except REFUSALS as refused:
        page.message_user(request, refusal_text(refused), messages.ERROR)
        return redirect(context["back"])
    page.message_user(request, f"Record {shown.merged.pk} was merged.", messages.SUCCESS)
    return redirect(context["back"])


def _record(request: HttpRequest, context: dict[str, Any]) -> None:
    """Put whom the page shows on record."""
    shown = [context["patient"].pk, *([context["other"].pk] if context["other"] else [])]
    why = reasons.given_reason(request, shown[0])
    record(request, shown, How.DETAIL, reason=why)
    record(request, [s.patient.pk for s in context.get("similar", ())], How.SEARCH, reason=why)


def merges_of(patient: Patient) -> SafeString:
    """What was merged into a record, and where it went, a line each."""
    lines = [
        (date_format(made.at, "j M Y"), _link(made.merged_id), made.actor, made.reason, _end(made))
        for made in patient.merges.all()[:50]
    ]
    text = format_html_join("", "<div>{}: record {} merged into this by {}, “{}”{}</div>", lines)
    if patient.merged_into_id:
        survivor = _link(patient.survivor.pk)
        text += format_html("<div>This record was merged into record {}.</div>", survivor)
    return text


def _end(made: PatientMerge) -> str:
    if made.undone_at is None:
        return ""
    return f"; undone {date_format(made.undone_at, 'j M Y')} by {made.undone_by}"


def _link(key: int) -> SafeString:
    where = reverse("admin:clinical_patient_change", args=[key])
    return format_html('<a class="text-link underline" href="{}">{}</a>', where, key)
