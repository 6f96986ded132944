"""Messages, what became of them, and sending them again."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from unfold.decorators import action, display

from core.admin.bulk_actions import bulk
from core.admin.dialogs import REFUSALS, DecisionBar, DecisionForm, refusal_text
from core.admin.list_filters import SetAsideFilter, TimeRangeFilter
from core.admin.overview.panels import linked
from core.admin.pages import LargeTableAdmin
from core.admin.read_only import ReadOnly
from core.database import clock
from core.models import Circuit
from identity.actors import actor_of
from notifications.admin.inlines import DeliveryReportInline, EventInline
from notifications.admin.services.pages import ServicesPage
from notifications.api.search import search
from notifications.cases import twice_risk
from notifications.channels import channel_choices, transports
from notifications.content.rendering import cut
from notifications.models import DeliveryReport, Notification
from notifications.models.notifications import NOT_UNDERSTOOD
from notifications.services import resend
from notifications.states import EXCEPTIONS, STATE_COLOURS
from orders.api.filters import order_key


class SendAgainForm(DecisionForm):
    """Why a message is sent again, and whether although it may have arrived."""

    model = Notification

    def obstacle(self, row: Notification) -> str:
        """That they may get it twice."""
        return twice_risk(row)

    def needs_reason(self, row: Notification) -> bool:
        """Always."""
        return True


class ProviderFilter(admin.SimpleListFilter):
    """By service, without reading every message for the choices."""

    title = "service"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The services there are."""
        return [(name, name) for name in sorted({name for _, name in transports()})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The messages of the chosen one."""
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(Notification)
class NotificationAdmin(ServicesPage, ReadOnly, LargeTableAdmin):
    """Every message, with an action to send it again."""

    list_display = ["created_at", "shown_customer", "channel", "shown_state", "excerpt", "sent_at"]
    # No text: what was written to somebody is read on its page.
    export_columns = {
        "created_at": "created_at",
        "customer": "customer.code",
        **{name: name for name in ("channel", "recipient", "state", "provider", "cost")},
        **{name: name for name in ("sent_at", "delivered_at")},
    }
    list_filter = ["state", "channel", ProviderFilter, ("created_at", TimeRangeFilter)]
    list_filter_submit = True
    list_disable_select_all = True
    list_select_related = ["customer"]
    linked_by = ["customer"]
    list_display_links = ["created_at"]
    search_help_text = "An order's number, or its customer's name, code, e-mail or phone number."
    ordering = ["-id"]
    sortable_by = ["created_at"]
    fieldsets = [
        (None, {"fields": [("customer", "state"), ("order", "shipment"), "why"]}),
        ("Message", {"fields": [("channel", "recipient"), "subject", "whole"]}),
        (
            "Sending",
            {
                "fields": [
                    ("provider", "provider_reference"),
                    ("attempts", "next_attempt_at"),
                    ("created_at", "sent_at"),
                    ("delivered_at", "cost"),
                ]
            },
        ),
    ]
    readonly_fields = ["why", "whole", "attempts", "next_attempt_at", "created_at"]
    inlines = [EventInline, DeliveryReportInline]
    action_form = DecisionBar
    actions = ["send_selected_again"]
    actions_detail = ["send_again"]

    @display(description="state", label=STATE_COLOURS)
    def shown_state(self, row: Notification) -> tuple[str, str]:
        """The state, in its colour."""
        return row.state, row.get_state_display()

    @display(description="customer")
    def shown_customer(self, row: Notification) -> str:
        """A link to their page."""
        return linked(row.customer)

    @display(description="why")
    def why(self, row: Notification) -> str:
        """Why it failed, waits or was suppressed; and what the service answered."""
        return f"{row.last_error or '-'} {row.last_answer}".rstrip()

    @display(description="message")
    def excerpt(self, row: Notification) -> str:
        """The beginning of the text."""
        return cut(row.shown_message, 80)

    @display(description="message")
    def whole(self, row: Notification) -> str:
        """The text; a link by which the customer acts is cut short."""
        return row.shown_message

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The messages about the order of this number; else to the customers that match."""
        order = order_key(text) if text.lower().startswith("co") else None
        return queryset.filter(order=order) if order else search(queryset, text)

    def has_send_again_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person may send this message, or messages at all, again."""
        row = self.get_object(request, str(object_id)) if object_id else None
        fits = row is None or row.state in EXCEPTIONS
        return fits and request.user.has_perm("notifications.change_notification")

    @admin.action(description="Send again", permissions=["send_again"])
    def send_selected_again(
        self, request: HttpRequest, queryset: QuerySet[Notification]
    ) -> HttpResponse | None:
        """Send the selected messages again, where they failed or may never have arrived."""
        again = partial(resend, by=actor_of(request), **DecisionBar.decision(request))
        rows = queryset.select_related("customer")
        return bulk.seen_first(self, request, rows, again, "Queued again")

    @action(
        description="Send again",
        icon="send",
        permissions=["send_again"],
        dialog={
            "title": "Send this message again?",
            "description": "To the customer's present address. It goes at once, in the customer's "
            "quiet hours, too.",
            "form_class": SendAgainForm,
            "form_submit_text": "Send it again",
        },
    )
    def send_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Send this message again, for the reason typed."""
        row = get_object_or_404(Notification, pk=object_id)
        if self._send_again(request, row, **form.decision()):
            self.message_user(request, "Queued again.", messages.SUCCESS)
        return redirect("admin:notifications_notification_change", object_id)

    def _send_again(self, request: HttpRequest, row: Notification, **decision: Any) -> bool:
        try:
            resend(row, by=actor_of(request), **decision)
        except REFUSALS as error:
            text = f"Notification {row.pk}: {refusal_text(error)}"
            self.message_user(request, text, messages.ERROR)
            return False
        return True

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with a warning for each service that takes nothing at the moment."""
        open_circuits = Circuit.objects.filter(
            name__startswith="notifications:", open_until__gt=clock.now()
        )
        for circuit in open_circuits:
            _, channel, provider = circuit.name.split(":")
            label = dict(channel_choices()).get(channel, channel)
            text = (
                f"No {label} goes out by {provider} at the moment. "
                "Open one that is queued to see why."
            )
            self.message_user(request, text, messages.WARNING)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page


class NotUnderstoodFilter(SetAsideFilter):
    """What nobody understood, and waits for somebody."""

    title = "not understood"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The reports that wait, or were set aside."""
        chosen = super().queryset(request, queryset)
        return chosen if self.value() is None else chosen.filter(status=NOT_UNDERSTOOD)


@admin.register(DeliveryReport)
class DeliveryReportAdmin(ReadOnly, LargeTableAdmin):
    """What services reported; without a notification, of a message we do not know."""

    list_display = ["received_at", "provider", "status", "reason", "notification"]
    list_filter = [("notification", admin.EmptyFieldListFilter), NotUnderstoodFilter]
    readonly_fields = ["as_it_came"]
    search_help_text = "The service's id of the message, whole."
    ordering = ["-id"]
    sortable_by = ["received_at"]

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The reports of one message."""
        return queryset.filter(reference=text)

    @display(description="as it came")
    def as_it_came(self, report: DeliveryReport) -> str:
        """What nobody understood; it may name people."""
        return "" if report.raw is None else bytes(report.raw).decode(errors="replace")
