"""Rights of the person in the admin: all data as a ZIP, and erasure by two people."""

from typing import Any, cast

from django.contrib import admin, messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from core.admin.dialogs import go_to
from core.admin.pages import ModelAdmin
from core.admin.read_only import ReadOnly
from core.bases import MixinBase
from core.forms import TextField
from core.risks import LONGEST_DETAIL, SHORTEST_REASON
from core.values.keys import is_key
from core.workflow import TransitionNotAllowedError
from desk.models import Erasure, ErasureState, PersonExport, RetentionRun
from desk.personal_data import erasure, export
from desk.personal_data.parts import NotErasableError, Subject
from identity.models import User

# Whose data somebody may give out and erase: who may change them.
RIGHTS = {"customer": "customers.change_customer", "patient": "clinical.change_patient"}
REFUSALS = (TransitionNotAllowedError, NotErasableError)


class ExportForm(Form):
    """Why the data are given out."""

    reason = TextField(
        min_length=SHORTEST_REASON,
        max_length=LONGEST_DETAIL,
        label="Why",
        initial="The person asked for their data",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on record: name nobody.",
    )


class ErasureForm(BaseDialogForm):
    """Shows what would go and what stays."""

    form_before_template = "admin/desk/erasure.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """What an erasure would do now, or why it cannot be done."""
        asked = get_object_or_404(Erasure, pk=number(object_id))
        try:
            return {"effects": erasure.preview(Subject(asked.kind, asked.subject))}  # type: ignore[arg-type]  # of its kinds
        except NotErasableError as refused:
            return {"refusal": str(refused)}


def may(request: HttpRequest, kind: str) -> bool:
    """Whether this person may give out and erase such data."""
    return request.user.has_perm(RIGHTS[kind])


def number(object_id: object) -> int:
    """The key in an address, which anybody may have typed; 0, nobody's, for what is no number."""
    text = str(object_id)
    return int(text) if is_key(text) else 0


class SeenKinds(MixinBase):
    """For lists about people: of patients only for those who may see patients."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """Those about people whom this person may see."""
        views = {kind: right.replace("change_", "view_") for kind, right in RIGHTS.items()}
        seen = [kind for kind, right in views.items() if request.user.has_perm(right)]
        return super().get_queryset(request).filter(kind__in=seen)


@admin.register(Erasure)
class ErasureAdmin(SeenKinds, ModelAdmin):
    """Requests to erase a person, and what became of them."""

    list_display = ["kind", "subject", "state", "requested_by", "requested_at", "decided_by"]
    list_filter = ["state", "kind"]
    list_select_related = ["requested_by", "decided_by"]
    fields = ["kind", "subject", "reason", ("state", "requested_by", "requested_at"), "decided"]
    readonly_fields = ["state", "requested_by", "requested_at", "decided"]
    actions_detail = ["confirm", "withdraw"]
    search_fields: list[str] = []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of a request that is being written only what is written."""
        return self.fields if obj else self.fields[:3]

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only those kinds whose data this person may erase."""
        if db_field.name == "kind":
            kwargs["choices"] = [(kind, kind) for kind in RIGHTS if may(request, kind)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may erase some kind of person."""
        allowed = any(may(request, kind) for kind in RIGHTS)
        return allowed and bool(super().has_add_permission(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A request is confirmed or withdrawn, and never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It stays on record."""
        return False

    def save_model(self, request: HttpRequest, obj: Erasure, form: Any, change: bool) -> None:
        """Ask for it, in the name of who is signed in."""
        obj.requested_by = cast("User", request.user)
        obj.save()

    @display(description="decided")
    def decided(self, asked: Erasure) -> str:
        """By whom, when, and what was done."""
        if asked.decided_by is None or asked.decided_at is None:
            return "–"
        done = ", ".join(f"{name}: {rows}" for name, rows in asked.outcome.items())
        return f"{asked.decided_by.actor}, {asked.decided_at:%d %b %Y, %H:%M}. {done}"

    @action(
        description="Confirm and erase",
        icon="delete_forever",
        variant=ActionVariant.DANGER,
        permissions=["confirm"],
        dialog={
            "title": "Erase this for good?",
            "description": "This cannot be undone. Backups forget it when their time is over.",
            "form_class": ErasureForm,
            "form_submit_text": "Erase",
        },
    )
    def confirm(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Erase, as the second person."""
        return self._decide(request, object_id, erasure.confirm, "Erased.")

    @action(
        description="Withdraw",
        icon="undo",
        permissions=["withdraw"],
        dialog={
            "title": "Withdraw this request?",
            "description": "Nothing is erased.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Withdraw",
        },
    )
    def withdraw(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Do without it."""
        return self._decide(request, object_id, erasure.withdraw, "Withdrawn.")

    def has_confirm_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may erase it: not the one who asked."""
        asked = self._open(object_id)
        return bool(
            asked
            and asked.requested_by_id != request.user.pk
            and may(request, asked.kind)
            and request.user.has_perm("desk.change_erasure")
        )

    def has_withdraw_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may withdraw it."""
        asked = self._open(object_id)
        right = request.user.has_perm("desk.change_erasure")
        return bool(asked and right and may(request, asked.kind))

    def _open(self, object_id: Any) -> Erasure | None:
        open_ones = Erasure.objects.filter(state=ErasureState.REQUESTED)
        return open_ones.filter(pk=number(object_id)).first()

    def _decide(self, request: HttpRequest, object_id: str, verb: Any, done: str) -> HttpResponse:
        try:
            verb(get_object_or_404(Erasure, pk=number(object_id)), by=request.user)
            self.message_user(request, done, messages.SUCCESS)
        except REFUSALS as refused:
            self.message_user(request, str(refused), messages.ERROR)
        return go_to(request, reverse("admin:desk_erasure_change", args=[object_id]))


@admin.register(PersonExport)
class PersonExportAdmin(ReadOnly, SeenKinds, ModelAdmin):
    """To whom data were given out is the person's to know: who did it, and why."""

    list_display = ["at", "kind", "subject", "actor", "reason"]


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnly, ModelAdmin):
    """What nightly runs let go."""

    list_display = ["at", "what", "rows"]


def _page(kind: str) -> Any:
    @action(
        description="Give out all data",
        icon="folder_zip",
        url_path="all-data",
        permissions=["all_data"],
    )
    def all_data(page: Any, request: HttpRequest, object_id: str) -> Any:
        """A page that asks why; a POST of it gives the ZIP."""
        row = get_object_or_404(page.model, pk=number(object_id))
        form = ExportForm(request.POST or None)
        if form.is_valid():
            return _zip(request, Subject(kind, row.pk), form.cleaned_data["reason"])  # type: ignore[arg-type]  # of its kinds
        context = page.admin_site.each_context(request) | {
            "title": f"All data of {kind} {row.pk}",
            "form": form,
            "back": reverse(f"admin:{page.opts.app_label}_{kind}_change", args=[row.pk]),
        }
        return TemplateResponse(request, "admin/desk/all_data.html", context)

    return all_data


def _zip(request: HttpRequest, subject: Subject, reason: str) -> StreamingHttpResponse:
    """The ZIP, once it is on record who gets it."""
    user = cast("User", request.user)
    pieces = export.give_out(subject, to=user, who=request, reason=reason)
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    name = f"{subject.kind}-{subject.key}.zip"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _allowed(kind: str) -> Any:
    def allowed(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
        return may(request, kind) and request.user.has_perm("desk.add_personexport")

    return allowed


def pages(kind: str) -> dict[str, Any]:
    """The page for that of a customer or patient, and who may open it."""
    return {"all_data": (_page(kind), _allowed(kind))}
