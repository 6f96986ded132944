"""What is done with a patient's record on its page: archive, restore, merge, and back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from clinical.admin.merging import UnmergeForm, merge
from clinical.models import Patient, PatientMerge
from clinical.patients import services
from clinical.patients.undoing import undo
from core.admin.dialogs import REFUSALS, go_to, refusal_text
from core.bases import MixinBase
from core.forms import TextField
from core.risks import LONGEST_DETAIL
from identity.actors import actor_of

MERGE = "clinical.merge_patient"


class WhyForm(BaseDialogForm):
    """Why, where somebody says it."""

    reason = TextField(
        required=False,
        max_length=LONGEST_DETAIL,
        label="Why",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Kept in the history. May be left empty.",
    )


class PatientVerbs(MixinBase):
    """For the page of a patient; comes first among its bases."""

    merge = merge

    @action(
        description="Archive",
        icon="inventory_2",
        permissions=["archive"],
        dialog={
            "title": "Archive this patient?",
            "description": "Lists and searches leave the patient out. Nothing is lost: the filter "
            "“archived” shows them, and they can be restored.",
            "form_class": WhyForm,
            "form_submit_text": "Archive",
        },
    )
    def archive(self, request: HttpRequest, form: WhyForm, object_id: str) -> HttpResponse:
        """Take the patient out of lists and searches."""
        verb = partial(services.archive_patient, reason=form.cleaned_data["reason"])
        return self._do(request, object_id, verb, "Archived.")

    @action(
        description="Restore",
        icon="unarchive",
        permissions=["restore"],
        dialog={
            "title": "Restore this patient?",
            "description": "Lists and searches show the patient again.",
            "form_class": WhyForm,
            "form_submit_text": "Restore",
        },
    )
    def restore(self, request: HttpRequest, form: WhyForm, object_id: str) -> HttpResponse:
        """Bring an archived patient back."""
        verb = partial(services.restore_patient, reason=form.cleaned_data["reason"])
        return self._do(request, object_id, verb, "Restored.")

    @action(
        description="Undo the merge",
        icon="call_split",
        permissions=["unmerge"],
        dialog={
            "title": "Undo the merge?",
            "description": "This record comes back with what came from it, as that is now. Fields "
            "that the merge changed, and nobody has written since, are as before.",
            "form_class": UnmergeForm,
            "form_submit_text": "Undo the merge",
        },
    )
    def unmerge(self, request: HttpRequest, form: UnmergeForm, object_id: str) -> HttpResponse:
        """Bring a merged record back."""

        def take_back(patient: Patient, *, by: str) -> None:
            made = PatientMerge.objects.get(merged=patient, undone_at__isnull=True)
            undo(made, by=by, reason=form.cleaned_data["reason"], studies=form.chosen())

        return self._do(request, object_id, take_back, "The merge is undone.")

    def has_archive_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may archive this patient, who is not archived yet."""
        is_current = Patient.objects.current().filter(pk=object_id).exists()
        return is_current and bool(self.has_change_permission(request))

    def has_restore_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may restore this patient, who is archived."""
        is_archived = Patient.objects.archived().filter(pk=object_id).exists()
        return is_archived and bool(self.has_change_permission(request))

    def has_merge_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may merge another record into this one, which is current."""
        is_current = Patient.objects.current().filter(pk=object_id).exists()
        return is_current and request.user.has_perm(MERGE)

    def has_unmerge_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may undo merges, and this record was merged into another."""
        merged = Patient.objects.filter(pk=object_id, merged_into__isnull=False)
        return merged.exists() and request.user.has_perm(MERGE)

    def _do(
        self, request: HttpRequest, object_id: str, verb: Callable[..., Any], done: str
    ) -> HttpResponse:
        page: Any = self
        try:
            verb(get_object_or_404(Patient, pk=object_id), by=actor_of(request))
            page.message_user(request, done, messages.SUCCESS)
        except REFUSALS as refused:
            page.message_user(request, refusal_text(refused), messages.ERROR)
        return go_to(request, reverse("admin:clinical_patient_change", args=[object_id]))
