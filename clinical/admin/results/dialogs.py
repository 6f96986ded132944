"""The dialogs of a result: whose it is, and that a clinician has seen it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField, HiddenInput, IntegerField
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from clinical.laboratories.comparing import normalized
from clinical.models import Flag, LabResult, Sample
from core.forms import TextField, TokenField
from core.risks import LONGEST_DETAIL, SHORTEST_REASON
from identity.access_log.records import record_dialog


class ResultForm(BaseDialogForm):
    """Why; and which version was looked at: what comes meanwhile is not decided unread."""

    number = IntegerField(widget=HiddenInput)
    reason: CharField = TextField(
        min_length=SHORTEST_REASON,
        max_length=LONGEST_DETAIL,
        label="Why",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on record.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.result = get_object_or_404(LabResult, pk=str(self.object_id))
        self.fields["number"].initial = self.result.number


class AttachForm(ResultForm):
    """Whose it is."""

    serial = TokenField(
        label="Serial of the sample",
        widget=UnfoldAdminTextInputWidget(),
        help_text="One of those that the page lists.",
    )
    field_order = ["serial", "reason", "number"]

    def clean_serial(self) -> Sample:
        """The sample. Raises ValidationError where there is none."""
        sample = Sample.objects.filter(serial=normalized(self.cleaned_data["serial"])).first()
        if sample is None:
            raise ValidationError("No sample is registered under this serial.")
        return sample


class AcknowledgeForm(ResultForm):
    """Shows the version that holds, and asks how the person was reached."""

    form_before_template = "admin/clinical/report.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.result.patient_id:
            record_dialog(self.request, self.result.patient_id)
        reason = self.fields["reason"]
        reason.label = "How the person was reached"
        if self.result.flag == Flag.NORMAL:
            reason.required, reason.min_length = False, None

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """What the laboratory says."""
        version = self.result.versions.filter(number=self.result.number).first()
        if version is None:
            return {}
        heading = f"Version {version.number}, {version.status}: {version.get_flag_display()}"
        return {"heading": heading, "text": version.findings}
