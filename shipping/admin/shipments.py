"""Shipments in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.admin.dialogs import DecisionBar
from core.admin.overview.panels import linked
from core.database import clock
from core.models import Circuit
from orders.api.filters import keys_of_customers
from shipping import services
from shipping.admin.dialogs import CancelForm, ReasonForm, ResendForm, RetryForm
from shipping.admin.filters import ProviderFilter, StateFilter
from shipping.admin.inlines import EventInline, TrackingInline, UnreadableInline
from shipping.admin.read_only import ReadOnlyAdmin
from shipping.admin.rerouting import ShipmentBar, may_send_by, send_by, send_selected_by
from shipping.api.filters import search
from shipping.models import Shipment
from shipping.staff_actions import resending
from shipping.states import (
    FAILED,
    RETURNABLE,
    SHIPMENT,
    SHIPMENT_COLOURS,
    UNDECIDED,
)
from shipping.tracking import returns

CANCELLED = frozenset(
    state for state, moves in SHIPMENT.transitions.items() if "cancelled" in moves
)


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    """Parcels with their history; what went wrong can be sent again or closed."""

    nothing_here = "Parcels are made by orders, and by schedules on their days."
    list_display = [
        "reference",
        "shown_state",
        "provider",
        "delivery_service",
        "ship_on",
        "shown_order",
        "recipient",
        "tracking_number",
        "last_error",
    ]
    list_display_links = ["reference"]
    export_columns = {
        "reference": "reference",
        "order": "order.number",
        **{name: name for name in ("state", "provider", "delivery_service", "ship_on")},
        **{name: name for name in ("tracking_number", "created_at", "sent_at")},
    }
    list_filter = [StateFilter, ProviderFilter, "delivery_service", ("ship_on", RangeDateFilter)]
    linked_by = ["state", "order"]
    sortable_by = ["ship_on"]
    search_help_text = "A number of an order, a shipment or its tracking; or the customer."
    list_select_related = ["order"]
    inlines = [EventInline, TrackingInline, UnreadableInline]
    action_form = ShipmentBar
    actions = ["retry_selected", "send_selected_by", "cancel_selected"]
    actions_detail = ["retry", "send_by", "resend", "cancel", "take_back"]
    send_by, send_selected_by = send_by, send_selected_by
    has_send_by_permission = may_send_by
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("reference", "state"),
                    ("order", "schedule", "occurrence"),
                    ("in_place_of", "resent_as", "may_also_be_with"),
                    ("comes_back_as", "held"),
                ]
            },
        ),
        (
            "Handover",
            {
                "fields": [
                    ("provider", "delivery_service", "ship_on"),
                    ("attempts", "next_attempt_at", "sent_at"),
                    "last_error",
                    "last_answer",
                ]
            },
        ),
        ("Provider", {"fields": [("provider_reference", "tracking_number"), "tracking_url"]}),
        (
            "Address",
            {"fields": [("recipient", "country"), ("line_1", "line_2"), ("city", "postcode")]},
        ),
    ]

    readonly_fields = ["in_place_of", "resent_as", "may_also_be_with", "comes_back_as", "held"]

    @display(description="sent in place of")
    def in_place_of(self, shipment: Shipment) -> str:
        """A link to the parcel that could not be delivered."""
        return linked(shipment.resend_of) if shipment.resend_of else "-"

    @display(description="sent again as")
    def resent_as(self, shipment: Shipment) -> str:
        """Links to the parcels that were sent in its place."""
        links = ((linked(each),) for each in shipment.resends.order_by("id"))
        return format_html_join(", ", "{}", links) or "-"

    @display(description="comes back as")
    def comes_back_as(self, shipment: Shipment) -> str:
        """Links to its returns, with their states."""
        rows = shipment.returns.order_by("id")
        links = ((linked(each), each.get_state_display()) for each in rows)
        return format_html_join(", ", "{}: {}", links) or "-"

    @display(description="held for collection")
    def held(self, shipment: Shipment) -> str:
        """Where, and until when, as staff wrote it; of one that no carrier has tried again."""
        return resending.held(shipment) or "-"

    @display(description="may also be with")
    def may_also_be_with(self, shipment: Shipment) -> str:
        """Who may hold another parcel of it, for it was sent again despite a doubt."""
        return ", ".join(shipment.may_be_with) or "-"

    @display(description="state", label=SHIPMENT_COLOURS)
    def shown_state(self, shipment: Shipment) -> tuple[str, str]:
        """The state, in its colour."""
        return shipment.state, shipment.state

    @display(description="order")
    def shown_order(self, shipment: Shipment) -> str:
        """A link to its order."""
        return linked(shipment.order)

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By order, reference or tracking number, or by the order's customer."""
        return search(queryset, text, orders=keys_of_customers(text))

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this shipment can be sent again, by this person."""
        return self.may(request, object_id, UNDECIDED)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this shipment can be cancelled, by this person."""
        return self.may(request, object_id, CANCELLED)

    @admin.action(description="Send again", permissions=["retry"])
    def retry_selected(
        self, request: HttpRequest, queryset: QuerySet[Shipment]
    ) -> HttpResponse | None:
        """Queue those that are unknown, rejected or missed, under the same keys."""
        decision = DecisionBar.decision(request)
        return self.each(request, queryset, services.retry, "Queued again", **decision)

    @admin.action(description="Cancel selected shipments", permissions=["cancel"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Shipment]
    ) -> HttpResponse | None:
        """Cancel those that no provider has."""
        decision = DecisionBar.decision(request)
        return self.each(request, queryset, services.cancel, "Cancelled", **decision)

    @action(
        description="Send again",
        icon="send",
        permissions=["retry"],
        dialog={
            "title": "Send this shipment again?",
            "description": "To the same provider, under the same key. One that it may have is "
            "looked up first, where that can be done.",
            "form_class": RetryForm,
            "form_submit_text": "Send it again",
        },
    )
    def retry(self, request: HttpRequest, form: RetryForm, object_id: str) -> HttpResponse:
        """Queue it again."""
        row = get_object_or_404(Shipment, pk=object_id)
        return self.one(request, row, services.retry, "queued again", **form.decision())

    def has_resend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether a second parcel can be sent in its place, by this person."""
        if not self.may(request, object_id, frozenset({FAILED})):
            return False
        again = Shipment.objects.filter(resend_of=object_id).exclude(state="cancelled")
        return object_id is None or not again.exists()

    @action(
        description="Send a second parcel",
        icon="forward_to_inbox",
        permissions=["resend"],
        dialog={
            "title": "Send a second parcel?",
            "description": "In place of this one, which could not be delivered.",
            "form_class": ResendForm,
            "form_submit_text": "Send a second parcel",
        },
    )
    def resend(self, request: HttpRequest, form: ResendForm, object_id: str) -> HttpResponse:
        """Send a new parcel, linked to this one."""
        row = get_object_or_404(Shipment, pk=object_id)
        given = form.decision() | {"later_too": form.cleaned_data["later_too"]} | form.address()
        return self.one(request, row, resending.resend, "sent again", **given)

    @action(
        description="Cancel the shipment",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["cancel"],
        dialog={
            "title": "Cancel this shipment?",
            "description": "It is never sent again. One that its provider has is cancelled there, "
            "where that can be done.",
            "form_class": CancelForm,
            "form_submit_text": "Cancel the shipment",
        },
    )
    def cancel(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        """Cancel it, for the reason typed."""
        row = get_object_or_404(Shipment, pk=object_id)
        return self.one(request, row, services.cancel, "cancelled", **form.decision())

    def has_take_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether something of it can come back and does not yet, and this person may say so."""
        row = self.get_object(request, str(object_id)) if object_id else None
        may = self.may(request, object_id, RETURNABLE)
        is_free = row is None or returns.open_return_of(row) is None
        return may and is_free and request.user.has_perm("shipping.add_return")

    @action(
        description="Take it back",
        icon="undo",
        permissions=["take_back"],
        dialog={
            "title": "Take this shipment back?",
            "description": "A return is written down. Make its label with the provider, then "
            "record each step on the return's page.",
            "form_class": ReasonForm,
            "form_submit_text": "Take it back",
        },
    )
    def take_back(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Begin a return, for the reason typed."""
        row = get_object_or_404(Shipment, pk=object_id)
        reason = form.cleaned_data["reason"]
        return self.one(request, row, returns.request, "comes back", reason=reason)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with a warning for each provider that takes nothing at the moment."""
        resting = Circuit.objects.filter(name__startswith="shipping:", open_until__gt=clock.now())
        for circuit in resting:
            name = circuit.name.partition(":")[2]
            text = f"{name} takes no parcels at the moment. They wait, and go out by themselves."
            self.message_user(request, text, messages.WARNING)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page
