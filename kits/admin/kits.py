"""Kits in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from core.admin.overview.panels import linked
from core.admin.pages import HistoryInline
from core.forms import TextField
from kits import services
from kits.admin.bench import BenchAdmin
from kits.admin.receipt import ReceiptAdmin
from kits.api.filters import search
from kits.laboratory import receipt, replacing
from kits.models import Kit, KitEvent
from kits.states import KIT, KIT_COLOURS
from kits.values.reasons import is_final


def _before(state: str) -> frozenset[str]:
    """The states from which it can become this one."""
    return frozenset(before for before, moves in KIT.transitions.items() if state in moves)


class ReasonForm(BaseDialogForm):
    """Why it is done."""

    reason = TextField(
        max_length=400,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the kit; no personal data.",
    )


class EventInline(HistoryInline):
    """What happened to the kit."""

    model = KitEvent


@admin.register(Kit)
class KitAdmin(BenchAdmin, ReceiptAdmin):
    """Kits with their history. They come in by import, and are packed at the bench."""

    nothing_here = "Kits come in by import: a file with serial, kit_type, lot and expires_on."
    list_display = [
        "serial",
        "shown_state",
        "kit_type",
        "lot_number",
        "expires_on",
        "order",
        "return_tracking",
    ]
    list_filter = ["state"]
    linked_by = ["shipment__order", "lot"]
    list_select_related = ["lot__product", "shipment__order"]
    sortable_by: list[str] = []
    search_help_text = "A serial, a return label or the number of a lot; whole."
    # Those of the import (kits/imports.py), and where the kit is.
    export_columns = {
        "serial": "serial",
        "kit_type": "kit_type",
        "lot": "lot.number",
        "expires_on": "lot.expires_on",
        "state": "state",
        "parcel": "shipment.reference",
        "return_tracking": "return_tracking",
    }
    inlines = [EventInline]
    actions_list = ["bench", "receipt"]
    actions_detail = ["replace", "resume", "unpack", "give_up", "destroy"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("serial", "state"),
                    ("kit_type", "lot_number", "expires_on"),
                    ("order", "parcel", "return_tracking"),
                    ("received_at", "condition", "reason"),
                    ("in_place_of", "sent_anew_by", "packed_at"),
                ]
            },
        )
    ]
    readonly_fields = [
        "kit_type",
        "lot_number",
        "expires_on",
        "order",
        "parcel",
        "in_place_of",
        "sent_anew_by",
    ]

    @display(description="state", label=KIT_COLOURS)
    def shown_state(self, kit: Kit) -> tuple[str, str]:
        """The state, in its colour."""
        return kit.state, kit.state

    @display(description="kit type")
    def kit_type(self, kit: Kit) -> str:
        """The `item_id` of its product."""
        return kit.kit_type

    @display(description="lot")
    def lot_number(self, kit: Kit) -> str:
        """A link to its lot."""
        return linked(kit.lot)

    @display(description="expires on")
    def expires_on(self, kit: Kit) -> Any:
        """The last day on which it may be used."""
        return kit.lot.expires_on

    @display(description="order")
    def order(self, kit: Kit) -> str:
        """A link to the order that it was packed for."""
        return linked(kit.shipment.order) if kit.shipment else "-"

    @display(description="parcel")
    def parcel(self, kit: Kit) -> str:
        """A link to the parcel that it is in."""
        return linked(kit.shipment) if kit.shipment else "-"

    @display(description="sent in place of")
    def in_place_of(self, kit: Kit) -> str:
        """A link to the kit that could not be used."""
        return linked(kit.replaces) if kit.replaces else "-"

    @display(description="sent anew by")
    def sent_anew_by(self, kit: Kit) -> str:
        """A link to the order that was placed in its place."""
        return linked(kit.replacement.order) if hasattr(kit, "replacement") else "-"

    def search(self, queryset: QuerySet[Kit], text: str) -> QuerySet[Kit]:
        """By serial, label or lot."""
        return search(queryset, text)

    def has_unpack_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be put back on the shelf, by this person."""
        return self.may(request, object_id, _before("in-stock"))

    def has_give_up_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be given up as lost, by this person."""
        return self.may(request, object_id, _before("lost"))

    def has_destroy_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be destroyed, by this person."""
        return self.may(request, object_id, _before("destroyed"))

    def has_replace_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether another one can be sent in its place, by this person."""
        kit = self.get_object(request, str(object_id)) if object_id else None
        fits = kit is None or replacing.may_be_replaced(kit)
        return fits and request.user.has_perm("kits.change_kit")

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it waits for what its person says, and this person may take that."""
        kit = self.get_object(request, str(object_id)) if object_id else None
        waits = kit is None or (kit.state == "rejected" and not is_final(kit.reason))
        return waits and request.user.has_perm("kits.change_kit")

    @action(
        description="Send another kit",
        icon="redo",
        permissions=["replace"],
        dialog={
            "title": "Send another kit?",
            "description": "An order for nothing, to where this one went; the customer is told.",
            "form_submit_text": "Send another",
        },
    )
    def replace(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Place the order for another one."""
        kit = get_object_or_404(Kit, pk=object_id)
        return self.one(request, kit, replacing.replace, "another kit is ordered")

    @action(
        description="Resume it",
        icon="play_arrow",
        permissions=["resume"],
        dialog={
            "title": "Did the person say what was missing?",
            "description": "The kit is accepted then.",
            "form_class": ReasonForm,
            "form_submit_text": "Accept it",
        },
    )
    def resume(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Accept it after all."""
        return self._do(request, object_id, receipt.resume, form, "accepted")

    @action(
        description="Back on the shelf",
        icon="undo",
        permissions=["unpack"],
        dialog={
            "title": "Put this kit back on the shelf?",
            "description": "It belongs to nobody then, and its return label is free again.",
            "form_class": ReasonForm,
            "form_submit_text": "Put it back",
        },
    )
    def unpack(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Put it back."""
        return self._do(request, object_id, services.unpack, form, "back on the shelf")

    @action(
        description="It is lost",
        icon="help",
        permissions=["give_up"],
        dialog={
            "title": "Give this kit up as lost?",
            "description": "Another one may be packed in its place.",
            "form_class": ReasonForm,
            "form_submit_text": "Give it up",
        },
    )
    def give_up(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Give it up."""
        return self._do(request, object_id, services.report_lost, form, "given up as lost")

    @action(
        description="It is destroyed",
        icon="delete",
        permissions=["destroy"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Is this kit destroyed?",
            "description": "It never comes back.",
            "form_class": ReasonForm,
            "form_submit_text": "It is destroyed",
        },
    )
    def destroy(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Record that it is destroyed."""
        return self._do(request, object_id, services.destroy, form, "destroyed")

    def _do(
        self, request: HttpRequest, object_id: str, verb: Any, form: ReasonForm, done: str
    ) -> HttpResponse:
        kit = get_object_or_404(Kit, pk=object_id)
        return self.one(request, kit, verb, done, reason=form.cleaned_data["reason"])
