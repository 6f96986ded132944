"""The dialogs of a study: its report is written, signed or amended, or it leaves the record."""

from typing import Any

from django.forms import HiddenInput, IntegerField
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from clinical.models import LONGEST_REPORT, Study
from clinical.reading.reports import current_report
from core.forms import TextField
from core.risks import LONGEST_DETAIL, SHORTEST_REASON
from identity.access_log.records import record_dialog


class ReportForm(BaseDialogForm):
    """The text of a report; it begins with the one there is."""

    text = TextField(
        max_length=LONGEST_REPORT,
        label="Report",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        study = get_object_or_404(Study, pk=str(self.object_id))
        record_dialog(self.request, study.patient_id)
        self.report = current_report(study)
        self.fields["text"].initial = self.report.text if self.report else ""


class AmendForm(ReportForm):
    """What replaces a signed report, and why."""

    reason = TextField(
        min_length=SHORTEST_REASON,
        max_length=LONGEST_DETAIL,
        label="What was wrong with it",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on record, with the old text.",
    )


class SignForm(BaseDialogForm):
    """Shows the report that is signed."""

    form_before_template = "admin/clinical/report.html"

    # The version that is shown: another one, written meanwhile, is not signed unread.
    number = IntegerField(widget=HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        study = get_object_or_404(Study, pk=str(self.object_id))
        record_dialog(self.request, study.patient_id)
        self.report = current_report(study)
        self.fields["number"].initial = self.report.number if self.report else 0

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """The report."""
        if self.report is None:
            return {}
        heading = f"Report {self.report.number}, written by {self.report.written_by}"
        return {"heading": heading, "text": self.report.text}


class EnterInErrorForm(BaseDialogForm):
    """Why a study is taken off the record."""

    reason = TextField(
        min_length=SHORTEST_REASON,
        max_length=LONGEST_DETAIL,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on record.",
    )


class CancelForm(BaseDialogForm):
    """Why a study is not taken."""

    reason = TextField(
        max_length=LONGEST_DETAIL,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on record.",
    )
