"""The dialogs that ask what is decided about a parcel, and why."""

from typing import Any

from django.forms import BooleanField
from django.http import HttpRequest
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from core.admin.dialogs import DecisionForm
from core.forms import TextField
from customers.models import ADDRESS_FIELDS
from orders.admin.forms import AddressDialog
from shipping.exceptions import risks
from shipping.models import Shipment
from shipping.staff_actions import resending
from shipping.states import EXCEPTIONS


class RetryForm(DecisionForm):
    """Why a shipment is sent again, and whether although it may be taken already."""

    model = Shipment

    def obstacle(self, row: Shipment) -> str:
        """That a provider may have it."""
        return risks.resend_risk(row)


class CancelForm(DecisionForm):
    """Why a shipment is cancelled, and whether although it may be delivered all the same."""

    model = Shipment

    def obstacle(self, row: Shipment) -> str:
        """That a provider may have it."""
        return risks.second_parcel_risk(row)

    def needs_reason(self, row: Shipment) -> bool:
        """One that went wrong is given up for a reason."""
        return row.state in EXCEPTIONS


class ResendForm(DecisionForm, AddressDialog):
    """Where a second parcel goes, and why; what it costs stands above."""

    model = Shipment

    later_too = BooleanField(
        required=False,
        label="Later parcels of the order go there too",
        help_text="Of a recurring order; else only this one does.",
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial |= self.row.address()
        self.order_fields([*ADDRESS_FIELDS, "later_too", "reason"])

    def obstacle(self, row: Shipment) -> str:
        """That a provider may have yet another."""
        return risks.another_parcel_risk(row)

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """What will be done, what it costs, and what speaks against it."""
        shown = super().get_before_template_context(request, object_id)
        return shown | {"text": resending.preview(self.row)}


class ReasonForm(BaseDialogForm):
    """Why it is done."""

    reason = TextField(
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the shipment.",
    )
