"""Returns in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.decorators import action, display

from core.admin.list_filters import TimeRangeFilter
from core.admin.overview.panels import linked
from core.admin.pages import HistoryInline
from core.values.text import reference
from shipping.admin.dialogs import ReasonForm
from shipping.admin.filters import ProviderFilter
from shipping.admin.inlines import TrackingInline
from shipping.admin.read_only import ReadOnlyAdmin
from shipping.models import Return, ReturnEvent
from shipping.states import RETURN, RETURN_COLOURS
from shipping.tracking import returns


def _before(state: str) -> frozenset[str]:
    """The states from which it can become this one."""
    return frozenset(before for before, moves in RETURN.transitions.items() if state in moves)


class StepInline(HistoryInline):
    """What happened to it."""

    model = ReturnEvent


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    """Parcels that come back, and what staff record of them. One begins at its shipment."""

    nothing_here = "A return begins on the page of its shipment: “Take it back”."
    list_display = ["reference", "shown_state", "out", "provider", "reason", "created_at"]
    list_filter = ["state", ProviderFilter, ("created_at", TimeRangeFilter)]
    list_select_related = ["shipment"]
    sortable_by: list[str] = []
    search_help_text = "A return's reference; whole."
    inlines = [StepInline, TrackingInline]
    actions_detail = ["receive", "send_label", "refuse", "close"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("reference", "state"),
                    ("out", "provider"),
                    ("reason", "tracking_number"),
                    "created_at",
                ]
            },
        )
    ]
    readonly_fields = ["out"]

    @display(description="state", label=RETURN_COLOURS)
    def shown_state(self, parcel: Return) -> tuple[str, str]:
        """The state, in its colour."""
        return parcel.state, parcel.state

    @display(description="went out as")
    def out(self, parcel: Return) -> str:
        """A link to the parcel that went out."""
        return linked(parcel.shipment)

    def search(self, queryset: QuerySet[Return], text: str) -> QuerySet[Return]:
        """By reference."""
        return queryset.filter(reference=reference(text))

    def has_receive_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be received, by this person."""
        return self.may(request, object_id, _before("received"))

    def has_send_label_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether its label can be sent, by this person."""
        return self.may(request, object_id, _before("label-sent"))

    def has_refuse_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be refused, by this person."""
        return self.may(request, object_id, _before("refused"))

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be closed, by this person."""
        return self.may(request, object_id, _before("closed"))

    @action(
        description="It is here",
        icon="inventory",
        permissions=["receive"],
        dialog={
            "title": "Is it here again?",
            "description": "This ends the return.",
            "form_class": ReasonForm,
            "form_submit_text": "It is here",
        },
    )
    def receive(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Record that it is here."""
        return self._do(request, object_id, returns.receive, form, "received")

    @action(
        description="Label sent",
        icon="label",
        permissions=["send_label"],
        dialog={
            "title": "Does the customer have the label?",
            "description": "Make it with the provider, and send it to the customer.",
            "form_submit_text": "Yes",
        },
    )
    def send_label(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Record that the customer has it."""
        row = get_object_or_404(Return, pk=object_id)
        return self.one(request, row, returns.send_label, "label sent")

    @action(
        description="Refuse",
        icon="block",
        permissions=["refuse"],
        dialog={
            "title": "Refuse this return?",
            "description": "It goes back to the customer.",
            "form_class": ReasonForm,
            "form_submit_text": "Refuse it",
        },
    )
    def refuse(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Refuse it."""
        return self._do(request, object_id, returns.refuse, form, "refused")

    @action(
        description="Close the return",
        icon="close",
        permissions=["close"],
        dialog={
            "title": "Close this return?",
            "description": "It does not happen.",
            "form_class": ReasonForm,
            "form_submit_text": "Close it",
        },
    )
    def close(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """End it."""
        return self._do(request, object_id, returns.close, form, "closed")

    def _do(
        self, request: HttpRequest, object_id: str, verb: Any, form: ReasonForm, done: str
    ) -> HttpResponse:
        row = get_object_or_404(Return, pk=object_id)
        return self.one(request, row, verb, done, reason=form.cleaned_data["reason"])
