"""Exports in the admin: asked for from a list, written in the background, then downloaded."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import CharField, ChoiceField, HiddenInput
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.text import capfirst
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin.pages import HistoryInline
from core.bases import ModelForm
from core.forms import CharField as CleanCharField
from identity.access_log.reasons import LONGEST
from identity.access_log.records import address_of
from identity.models import User
from transfers.admin.jobs import JobAdmin
from transfers.exports import services
from transfers.exports.lists import MAY_EXPORT, ListOf
from transfers.exports.writing import TYPES
from transfers.models import Export, ExportEvent
from transfers.states import OPEN_EXPORTS


class ExportForm(ModelForm):
    """What is exported was chosen in its list; asks how, and why."""

    list_of = CharField(widget=HiddenInput, max_length=60)
    asked = CharField(widget=HiddenInput, max_length=2_000, required=False)
    kind = ChoiceField(label="File", choices=Export.Format.choices, widget=UnfoldAdminSelectWidget)
    why = CleanCharField(
        label="Reason",
        max_length=LONGEST,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept in the access log: name no customer.",
    )

    class Meta:
        model = Export
        fields: list[str] = []


class ExportEventInline(HistoryInline):
    """What was done with it: downloads, too."""

    model = ExportEvent
    fields = ["at", "what", "actor", "detail"]


@admin.register(Export)
class ExportAdmin(JobAdmin):
    """Files of lists. Each is its owner's alone to download."""

    nothing_here = "An export begins in a list, with “Export”."
    list_display = ["created_at", "what", "owner", "shown_state", "rows", "reason"]
    search_help_text = "Who asked for it, by the name they sign in by."
    inlines = [ExportEventInline]
    actions_detail = ["download", "cancel"]
    change_form_before_template = "admin/transfers/export.html"

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The form of a new one."""
        form = {} if obj else {"form": ExportForm}
        return super().get_form(request, obj, **form, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The form of a new one, or what came of it."""
        if obj is None:
            return ["list_of", "asked", "kind", "why"]
        return [("what", "state"), ("owner", "created_at"), ("rows", "format"), "filters", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nothing is changed by hand."""
        if obj is None:
            return []
        return ["what", "state", "owner", "created_at", "rows", "format", "filters", "reason"]

    @display(description="list")
    def what(self, job: Export) -> str:
        """What its rows are called."""
        try:
            return capfirst(ListOf(job.of, "", job.owner).title)
        except PermissionDenied:
            return job.of

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The list that the address names, with its search and filters."""
        asked = request.GET.copy()
        of = asked.pop("of", [""])[-1]
        return {"list_of": of, "asked": asked.urlencode()}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Asks how and why. Raises PermissionDenied for what this person may not export, and
        BadRequest for a list whose address cannot be read."""
        sent = (
            request.POST if request.method == "POST" else self.get_changeform_initial_data(request)
        )
        of = ListOf(sent.get("list_of", ""), sent.get("asked", ""), cast(User, request.user))
        of.rows()
        shown = {
            "title": f"Export {of.title}",
            "subtitle": of.filters() and f"Only what matches: {of.filters()}",
        }
        answer: HttpResponse = super().add_view(request, form_url, (extra_context or {}) | shown)
        return answer

    def save_model(self, request: HttpRequest, obj: Export, form: Any, change: bool) -> None:
        """Have it written."""
        given = form.cleaned_data
        of = ListOf(given["list_of"], given["asked"], cast(User, request.user))
        job = services.ask_for(
            of, format=given["kind"], reason=given["why"], address=address_of(request)
        )
        obj.__dict__.update(job.__dict__)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who has the right to export. Which lists, add_view asks."""
        return request.user.has_perm(MAY_EXPORT)

    def _may(self, request: HttpRequest, object_id: Any, *states: str) -> bool:
        job = self.get_object(request, str(object_id)) if object_id else None
        if job is not None and (job.owner_id != request.user.pk or job.state not in states):
            return False
        return request.user.has_perm(MAY_EXPORT)

    def has_download_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Its owner, while it is there."""
        return self._may(request, object_id, "ready")

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Its owner, before it is written."""
        return self._may(request, object_id, *OPEN_EXPORTS)

    @action(
        description="Download",
        icon="download",
        permissions=["download"],
        variant=ActionVariant.PRIMARY,
    )
    def download(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The file."""
        job = get_object_or_404(Export, pk=object_id)
        parts = services.download(job, by=cast(User, request.user))
        name = f"{job.of.rpartition('.')[2]}-{job.created_at:%Y-%m-%d}-{job.pk}.{job.format}"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(parts, content_type=TYPES[job.format], headers=disposition)

    @action(
        description="Cancel",
        icon="cancel",
        permissions=["cancel"],
        dialog={
            "title": "Give this export up?",
            "description": "No file is written.",
            "form_submit_text": "Cancel it",
        },
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Give it up."""
        job = get_object_or_404(Export, pk=object_id)
        by = cast(User, request.user).actor
        return self._do(request, job, lambda: services.cancel(job, by=by))
