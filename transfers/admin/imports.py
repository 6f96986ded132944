"""Imports in the admin: a file is uploaded, what it would do is looked at, then it is applied."""

from typing import Any, cast

from django.contrib import admin
from django.forms import ChoiceField, FileField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from core.admin.pages import HistoryInline
from core.bases import ModelForm
from core.imports import Importer
from identity.access_log import reasons
from identity.access_log.records import address_of, record
from identity.models import How, User
from transfers.admin.jobs import JobAdmin
from transfers.admin.preview import Preview, importer_of
from transfers.imports import services
from transfers.imports.rights import importable, may_import
from transfers.models import Import, ImportEvent
from transfers.states import OPEN_IMPORTS


class UploadForm(ModelForm):
    """What is imported, and the file."""

    kind = ChoiceField(label="What is in it", widget=UnfoldAdminSelectWidget)
    upload = FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget,
        help_text="CSV (UTF-8, commas) or a workbook (.xlsx), of 32 MB at most. Nothing is written "
        "before you have seen what would change.",
    )

    class Meta:
        model = Import
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (noun, f"{noun.capitalize()} ({_columns(importer)})")
            for noun, importer in importable(user).items()
        ]
        cast(ChoiceField, self.fields["kind"]).choices = choices


def _columns(importer: type[Importer]) -> str:
    """The names of its columns, in words."""
    needed = ", ".join(column.name for column in importer.columns if column.required)
    others = ", ".join(column.name for column in importer.columns if not column.required)
    return f"{needed}; perhaps {others}" if others else needed


class ImportEventInline(HistoryInline):
    """What was done with it."""

    model = ImportEvent
    fields = ["at", "what", "actor", "detail"]


@admin.register(Import)
class ImportAdmin(JobAdmin):
    """Files that were uploaded. What one would do is shown to its owner alone."""

    nothing_here = "An import begins with a file: “Import” on the list of customers, say."
    list_display = ["created_at", "noun", "owner", "shown_state", "figures"]
    search_help_text = "Who uploaded it, by the name they sign in by."
    inlines = [ImportEventInline]
    actions_detail = ["apply", "cancel"]
    change_form_before_template = "admin/transfers/import.html"

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The form of a new one offers what this person may import."""
        if obj is not None:
            return super().get_form(request, obj, **kwargs)
        form = super().get_form(request, obj, form=UploadForm, **kwargs)
        user = request.user

        class Form(form):  # type: ignore[misc,valid-type]  # made by Django
            def __init__(self, *args: Any, **more: Any) -> None:
                super().__init__(*args, user=user, **more)

        return Form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The form of a new one, or what came of it."""
        if obj is None:
            return ["kind", "upload"]
        return [("noun", "state"), ("owner", "created_at"), ("figures", "remark")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nothing is changed by hand."""
        return ["noun", "state", "owner", "created_at", "figures", "remark"] if obj else []

    @display(description="rows")
    def figures(self, job: Import) -> str:
        """What came of its rows, or would."""
        if job.state == "refused":
            return f"{job.problems:,} problem{'s' if job.problems != 1 else ''}"
        if job.state not in ("checked", "applying", "applied"):
            return "–"
        return f"{job.created:,} new, {job.updated:,} changed, {job.unchanged:,} unchanged"

    def save_model(self, request: HttpRequest, obj: Import, form: Any, change: bool) -> None:
        """Keep the file."""
        given = form.cleaned_data
        job = services.upload(
            given["kind"],
            given["upload"].chunks(),
            by=cast(User, request.user),
            address=address_of(request),
        )
        obj.__dict__.update(job.__dict__)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page, with what it would do for its owner."""
        preview = Preview.asked_for(request, object_id)
        if preview and preview.reads_health_data:
            if page := reasons.page_for(request, reasons.LISTS):
                return page
            why = reasons.given_reason(request, reasons.LISTS)
            record(request, preview.patients, How.LIST, reason=why)
        shown = (extra_context or {}) | {"preview": preview}
        return super().change_view(request, object_id, form_url, shown)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may import something."""
        return bool(importable(request.user))

    def _may(self, request: HttpRequest, object_id: Any, *states: str) -> bool:
        job = self.get_object(request, str(object_id)) if object_id else None
        if job is None:
            return bool(importable(request.user))
        importer = importer_of(job)
        is_own = job.owner_id == request.user.pk
        return (
            is_own and job.state in states and bool(importer and may_import(request.user, importer))
        )

    def has_apply_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may have it written now."""
        return self._may(request, object_id, "checked")

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may give it up now."""
        return self._may(request, object_id, *OPEN_IMPORTS, "checked")

    @action(
        description="Apply",
        icon="check",
        permissions=["apply"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Write all of it?",
            "description": "All rows or none. If something changed since you looked, nothing is "
            "written, and you look again.",
            "form_submit_text": "Apply it",
        },
    )
    def apply(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Have it written."""
        job = get_object_or_404(Import, pk=object_id)
        return self._do(request, job, lambda: services.apply(job, by=cast(User, request.user)))

    @action(
        description="Cancel",
        icon="cancel",
        permissions=["cancel"],
        dialog={
            "title": "Give this import up?",
            "description": "Nothing of it is written, and the file is deleted.",
            "form_submit_text": "Cancel it",
        },
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Give it up."""
        job = get_object_or_404(Import, pk=object_id)
        by = cast(User, request.user).actor
        return self._do(request, job, lambda: services.cancel(job, by=by))
