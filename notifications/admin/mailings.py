"""Messages to many in the admin: drafted from a list of customers, checked, started, stopped."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import CharField, HiddenInput, IntegerField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from core.admin.dialogs import REFUSALS, go_to
from core.admin.list_filters import TimeRangeFilter
from core.admin.pages import HistoryInline, LargeTableAdmin
from core.bases import ModelForm
from customers.models import Customer
from identity.actors import actor_of
from notifications.mailings import service as mailings
from notifications.models import Mailing, MailingEvent
from notifications.states import MAILING_COLOURS


class DraftForm(ModelForm):
    """The content of a draft, refused when it is typed."""

    class Meta:
        model = Mailing
        fields = ["channel", "template_name", "subject", "message"]

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError for content that could not be sent."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            mailings.check(Mailing(**cleaned))
        return cleaned


class StartForm(BaseDialogForm):
    """What it comes to; whoever starts it types the number of recipients."""

    form_before_template = "admin/notifications/forecast.html"
    count = IntegerField(
        min_value=0,
        widget=UnfoldAdminIntegerFieldWidget,
        label="How many does it go to?",
        help_text="Type the number of recipients.",
    )
    seen = CharField(widget=HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            mailing = get_object_or_404(Mailing, pk=str(self.object_id))
            self.initial["seen"] = mailings.content_hash(mailing)

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """The forecast, or why it cannot be sent."""
        mailing = get_object_or_404(Mailing, pk=object_id)
        try:
            mailings.check(mailing)
        except ValidationError as error:
            return {"problems": error.messages}
        return {"forecast": mailings.forecast(mailing)}


class MailingEventInline(HistoryInline):
    """What was done to it."""

    model = MailingEvent
    fields = ["at", "what", "from_state", "to_state", "actor"]


@admin.register(Mailing)
class MailingAdmin(LargeTableAdmin):
    """What is written to many. It begins in the list of customers, as “Write to these”."""

    nothing_here = "A mailing begins in the list of customers, with “Write to these”."
    form = DraftForm
    list_display = ["created_at", "created_by", "channel", "shown_state", "progress"]
    list_display_links = ["created_at"]
    list_filter = ["state", ("created_at", TimeRangeFilter)]
    list_filter_submit = True
    ordering = ["-id"]
    sortable_by: list[str] = []
    search_help_text = "Who made it, by their name."
    fieldsets = [
        (None, {"fields": [("state", "total"), ("created_by", "created_at")]}),
        (
            "Words",
            {
                "fields": [("channel", "template_name"), "subject", "message"],
                "description": "Fields: {user_name}. Without a channel each customer hears by "
                "the one they chose, or else by the first that reaches them.",
            },
        ),
    ]
    readonly_fields = ["state", "total", "created_by", "created_at"]
    inlines = [MailingEventInline]
    actions_detail = ["start", "stop", "go_on", "cancel"]
    change_form_before_template = "admin/notifications/progress.html"

    class Media:
        js = ("notifications/segments.js",)

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Those of one person."""
        return queryset.filter(created_by__icontains=text)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The text, with a count of the SMS that it takes."""
        if db_field.name == "message":
            kwargs["widget"] = UnfoldAdminTextareaWidget({"data-segments": "", "rows": 6})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description="state", label=MAILING_COLOURS)
    def shown_state(self, mailing: Mailing) -> tuple[str, str]:
        """The state, in its colour."""
        return mailing.state, mailing.get_state_display()

    @display(description="progress")
    def progress(self, mailing: Mailing) -> str:
        """How many messages are made, of how many, and how many of them go nowhere."""
        text = f"{mailing.written} of {mailing.total} messages made"
        return f"{text}, {mailing.suppressed} of them suppressed" if mailing.suppressed else text

    def change_view(
        self, request: HttpRequest, object_id: str, *given: Any, **more: Any
    ) -> HttpResponse:
        """The page. Its progress bar asks for it again and again, until the mailing has ended:
        then the browser loads all of it, since other things may be done now."""
        page: HttpResponse = super().change_view(request, object_id, *given, **more)
        mailing = getattr(page, "context_data", {}).get("original")
        asked = request.headers.get("HX-Trigger") == "mailing-progress"
        if asked and mailing and mailing.state != "running":
            page.headers["HX-Refresh"] = "true"
        return page

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One begins in the list of customers."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Mailings stay on record."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Mailing | None = None) -> bool:
        """The content of a draft may be changed."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.state == "draft")

    def _may(self, request: HttpRequest, object_id: Any, *states: str) -> bool:
        mailing = self.get_object(request, str(object_id)) if object_id else None
        fits = mailing is None or mailing.state in states
        return fits and request.user.has_perm("notifications.change_mailing")

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may start it."""
        return self._may(request, object_id, "draft")

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may stop it."""
        return self._may(request, object_id, "running")

    def has_go_on_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may go on with it."""
        return self._may(request, object_id, "stopped")

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may end it."""
        return self._may(request, object_id, "draft", "stopped")

    @action(
        description="Check and send",
        icon="send",
        permissions=["start"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Send this to all of them?",
            "form_class": StartForm,
            "form_submit_text": "Send it",
        },
    )
    def start(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Let its messages be made."""
        data = form.cleaned_data
        return self._do(
            request,
            object_id,
            "It is being written.",
            mailings.start,
            confirmed_count=data["count"],
            confirmed_hash=data["seen"],
        )

    @action(
        description="Stop",
        icon="stop_circle",
        permissions=["stop"],
        dialog={
            "title": "Make no more of its messages?",
            "description": "Those that are made go out. You can go on later.",
            "form_submit_text": "Stop it",
        },
    )
    def stop(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Make no more."""
        return self._do(request, object_id, "Stopped.", mailings.stop)

    @action(
        description="Go on",
        icon="play_circle",
        permissions=["go_on"],
        dialog={
            "title": "Make the rest of its messages?",
            "form_submit_text": "Go on",
        },
    )
    def go_on(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Make the rest."""
        return self._do(request, object_id, "It is being written.", mailings.resume)

    @action(
        description="Cancel the mailing",
        icon="cancel",
        permissions=["cancel"],
        dialog={
            "title": "End it for good?",
            "description": "The messages that are not made yet never will be.",
            "form_submit_text": "Cancel it",
        },
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """End it."""
        return self._do(request, object_id, "Cancelled.", mailings.cancel)

    def _do(
        self, request: HttpRequest, object_id: str, done: str, verb: Any, **given: Any
    ) -> HttpResponse:
        mailing = get_object_or_404(Mailing, pk=object_id)
        try:
            verb(mailing, by=actor_of(request), **given)
        except REFUSALS as error:
            text = " ".join(getattr(error, "messages", [str(error)]))
            self.message_user(request, text, messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return go_to(request, reverse("admin:notifications_mailing_change", args=[object_id]))


@admin.action(description="Write to these", permissions=["write_to"])
def write_to_these(
    page: Any, request: HttpRequest, queryset: QuerySet[Customer]
) -> HttpResponse | None:
    """Draft a mailing to the chosen customers."""
    return _draft(page, request, queryset)


@admin.action(description="Write to all that this list has found", permissions=["write_to"])
def write_to_all_matching(
    page: Any, request: HttpRequest, queryset: QuerySet[Customer]
) -> HttpResponse | None:
    """Draft a mailing to all customers that match search and filters, on every page of the list."""
    customers = page.get_changelist_instance(request).get_queryset(request)
    return _draft(page, request, customers)


def _draft(page: Any, request: HttpRequest, queryset: QuerySet[Customer]) -> HttpResponse | None:
    try:
        mailing = mailings.draft(queryset, by=actor_of(request))
    except ValidationError as error:
        page.message_user(request, " ".join(error.messages), messages.ERROR)
        return None
    return redirect("admin:notifications_mailing_change", mailing.pk)


def may_write_to(page: Any, request: HttpRequest) -> bool:
    """Whoever may make mailings."""
    return request.user.has_perm("notifications.add_mailing")
