"""The form about a customer who has moved."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from core.forms import CharField
from customers.forms import CountryField, never_cut
from customers.models import ADDRESS_FIELDS, LONGEST_LINE, Address, Customer
from orders.models import Order
from orders.rules import check_address
from shipping.models import Schedule
from shipping.staff_actions import order_changes
from shipping.staff_actions.moving import Move, subscriptions_of, waiting_orders_of

NOTHING = "Choose what goes there, or type a new address."


class MoveForm(forms.Form):
    """Where to, and what. `may_add`: this person may add an address to the address book."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    address = forms.ModelChoiceField(
        Address.objects.none(), required=False, widget=UnfoldAdminSelectWidget, label="Send to"
    )
    schedules = forms.ModelMultipleChoiceField(
        Schedule.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Which of these subscriptions go there",
    )
    include_unsent = forms.BooleanField(
        required=False,
        label="Parcels that are made, but not handed over yet, too",
        widget=UnfoldBooleanWidget,
    )
    orders = forms.ModelMultipleChoiceField(
        Order.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Which of these orders, not handed over yet, go there",
    )

    def __init__(self, customer: Customer, data: Any = None, *, may_add: bool, **more: Any) -> None:
        super().__init__(data, **more)
        self.customer = customer
        fields: Any = self.fields
        fields["address"].queryset = customer.addresses.all()
        fields["address"].label_from_instance = Address.on_one_line
        fields["address"].empty_label = "A new address: type it below"
        if may_add:
            self._offer_new()
        else:
            fields["address"].required, fields["address"].empty_label = True, None
        self._offer_subscriptions()
        self._offer_orders()

    def _offer_new(self) -> None:
        for name in ADDRESS_FIELDS[:-1]:
            self.fields[name] = CharField(
                max_length=LONGEST_LINE, required=False, widget=UnfoldAdminTextInputWidget
            )
        self.fields["country"] = CountryField(required=False)
        never_cut(self)
        self.fields["is_default"] = forms.BooleanField(
            required=False,
            label="It becomes their default address",
            widget=UnfoldBooleanWidget,
        )
        self.order_fields(["seen", "address", *ADDRESS_FIELDS, "is_default"])

    def _offer_subscriptions(self) -> None:
        chosen: Any = self.fields["schedules"]
        chosen.queryset = subscriptions_of(self.customer)
        chosen.label_from_instance = _label
        if not chosen.queryset:
            del self.fields["schedules"], self.fields["include_unsent"]
            return
        waiting = [p.reference for p in order_changes.waiting_of(s.order for s in chosen.queryset)]
        names = ", ".join(waiting) or "There are none now"
        self.fields["include_unsent"].help_text = f"{names}. What a provider has stays as it is."

    def _offer_orders(self) -> None:
        chosen: Any = self.fields["orders"]
        chosen.queryset = waiting_orders_of(self.customer)
        chosen.label_from_instance = _order_label
        if not chosen.queryset:
            del self.fields["orders"]

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError for an address that carriers would send back, and for nothing."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned.get("address") is None:
            cleaned |= check_address(self._typed())
        elif not (cleaned.get("schedules") or cleaned.get("orders")):
            raise ValidationError(NOTHING)
        return cleaned

    def to(self) -> Move:
        """What is to be done."""
        given = self.cleaned_data
        known = given["address"]
        return Move(
            lines=known.address() if known else self._typed(),
            known=known,
            is_default=given.get("is_default", False),
            schedules=list(given.get("schedules", [])),
            orders=list(given.get("orders", [])),
            include_unsent=given.get("include_unsent", False),
        )

    def _typed(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ADDRESS_FIELDS}


def _label(schedule: Schedule) -> str:
    order = schedule.order
    return f"{order.number}, {schedule.interval}, {order.item}: to {order.on_one_line()}"


def _order_label(order: Order) -> str:
    return f"{order.number}, {order.item}: to {order.on_one_line()}"
