"""The samples and results of a patient, on the patient's page: where each is, and no value."""

from typing import Any

from django.http import HttpRequest

from clinical.models import LabResult, Sample
from core.admin.pages import ReadOnlyInline


class SampleInline(ReadOnlyInline):
    """The samples of a patient."""

    model = Sample
    hide_title = False
    fields = ["serial", "kit_type", "state", "sampled_at"]
    show_change_link = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see samples."""
        return request.user.has_perm("clinical.view_sample")


class ResultInline(ReadOnlyInline):
    """The results of a patient; what each says is on its page."""

    model = LabResult
    hide_title = False
    fields = ["laboratory", "state", "study", "received_at"]
    show_change_link = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see results."""
        return request.user.has_perm("clinical.view_labresult")
