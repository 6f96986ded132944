"""Staff give parcels that nobody has to another provider: one, or many of the list."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.dialogs import DecisionBar, DecisionForm
from shipping.exceptions import risks
from shipping.models import Shipment
from shipping.staff_actions import resolutions
from shipping.staff_actions.actions import in_use
from shipping.states import AHEAD, UNDECIDED


def _others() -> list[tuple[str, str]]:
    return [("", "Another provider"), *in_use()]


class SendByForm(DecisionForm):
    """Which other provider takes it, and why."""

    model = Shipment

    provider = ChoiceField(choices=in_use, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["provider"]
        field.choices = [choice for choice in in_use() if choice[0] != self.row.provider]
        self.order_fields(["provider", "reason"])

    def obstacle(self, row: Shipment) -> str:
        """That its provider may have it."""
        return risks.second_parcel_risk(row)


class ShipmentBar(DecisionBar):
    """The bar of the actions on many parcels, with who is to take them instead."""

    provider = ChoiceField(
        choices=_others,
        required=False,
        label="",
        widget=UnfoldAdminSelectWidget(attrs={"style": "min-width: 10rem"}),
    )


def may_send_by(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """Whether this shipment can be given to another provider, by this person."""
    may: bool = page.may(request, object_id, AHEAD | UNDECIDED)
    return may


@action(
    description="Send by another provider",
    icon="alt_route",
    url_path="send-by",
    permissions=["send_by"],
    dialog={
        "title": "Send this shipment by another provider?",
        "description": "Under the same key and reference. One that waits for its turn waits for "
        "it there.",
        "form_class": SendByForm,
        "form_submit_text": "Send it by this one",
    },
)
def send_by(page: Any, request: HttpRequest, form: SendByForm, object_id: str) -> HttpResponse:
    """Give it to the chosen one."""
    row, name = get_object_or_404(Shipment, pk=object_id), form.cleaned_data["provider"]
    answer: HttpResponse = page.one(
        request, row, resolutions.reroute, f"goes by {name}", provider=name, **form.decision()
    )
    return answer


@admin.action(description="Send by another provider", permissions=["send_by"])
def send_selected_by(
    page: Any, request: HttpRequest, rows: QuerySet[Shipment]
) -> HttpResponse | None:
    """Give those that nobody has to the one chosen in the bar."""
    name = request.POST.get("provider", "")
    if not name:
        page.message_user(request, "Choose the provider, beside the action.", messages.ERROR)
        return None
    decision = DecisionBar.decision(request)
    answer: HttpResponse | None = page.each(
        request, rows, resolutions.reroute, f"Go by {name}", provider=name, **decision
    )
    return answer
