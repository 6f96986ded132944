"""The forms in which staff place orders, give them an address, and cancel them."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core.bases import ModelChoiceField, ModelForm
from core.forms import CharField, TextField
from customers import contact_channels
from customers.forms import never_cut
from customers.models import ADDRESS_FIELDS, LONGEST_LINE, Customer
from customers.values.countries import country_choices
from orders.models import DnaKitOrder, Order, Product, ProductKind
from orders.rules import check_address


class PlacingForm(ModelForm):
    """An order for a customer, who gets its messages by a channel that must reach them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "as the rules choose"), *contact_channels.choices()]
        self.fields["channel"] = forms.ChoiceField(
            choices=choices,
            required=False,
            widget=UnfoldAdminSelectWidget,
            help_text="How the customer hears of this order.",
        )

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError, on the channel, when it does not reach the customer."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        customer, channel = cleaned.get("customer"), cleaned.get("channel")
        if customer and channel:
            contact_channels.check(customer, channel)
        return cleaned


class KitChoice(ModelChoiceField):
    """A DNA kit that is on sale."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Product.objects.none(), widget=UnfoldAdminSelectWidget, **options)

    @staticmethod
    def on_sale() -> QuerySet[Product]:
        """The kits to choose from."""
        return Product.objects.filter(kind=ProductKind.DNA_KIT, is_active=True)


class PlaceKitForm(PlacingForm):
    """An order of one DNA kit, to the customer's default address."""

    kit = KitChoice()

    class Meta:
        model = DnaKitOrder
        fields = ["customer", "channel"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kit: Any = self.fields["kit"]
        kit.queryset = KitChoice.on_sale()

    @property
    def buyer(self) -> Customer:
        """Whom the kit is for."""
        customer: Customer = self.cleaned_data["customer"]
        return customer


class CancelForm(BaseDialogForm):
    """Why an order is cancelled."""

    reason = TextField(
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept with the order.",
    )


class AddressDialog(BaseDialogForm):
    """The address that an order lacked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ADDRESS_FIELDS[:-1]:
            self.fields[name] = CharField(
                max_length=LONGEST_LINE,
                required=name in ("recipient", "line_1"),
                widget=UnfoldAdminTextInputWidget,
            )
        self.fields["country"] = forms.ChoiceField(
            choices=country_choices, widget=UnfoldAdminSelectWidget
        )
        never_cut(self)

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError for an address that cannot be printed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            check_address(self.address())
        return cleaned

    def address(self) -> dict[str, str]:
        """The six lines."""
        return {name: self.cleaned_data[name] for name in ADDRESS_FIELDS}


class FirstAddressDialog(AddressDialog):
    """The address of an order that waits for one: its customer's, as a rule."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = get_object_or_404(Order.objects.select_related("customer"), pk=str(self.object_id))
        self.initial.setdefault("recipient", order.customer.name[:LONGEST_LINE])
