"""The form of an order of products: for whom, where it goes, what is in it, how often."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from core.forms import CharField, EmailField
from core.values.keys import is_key
from customers import contact_channels
from customers.forms import CountryField, never_cut
from customers.models import ADDRESS_FIELDS, LONGEST_LINE, Address, Customer
from customers.services import add_address
from customers.values.phone_numbers import PhoneFormField
from customers.values.validators import OneLine
from orders.admin.forms import PlacingForm
from orders.api.serializers import NO_ADDRESS
from orders.models import Order
from orders.rules import Lines, check_address, check_lines
from orders.services import Delivery

NEW = {"new_name": "name", "new_phone": "phone_number", "new_email": "email"}
BOTH = "Choose a customer, or type a new one: not both."
NOBODY = "Choose a customer, or type the name of a new one."


class PlaceOrderForm(PlacingForm):
    """An order of products. `may_add_customer`: this person may type a new customer here, too."""

    may_add_customer = False

    new_name = CharField(
        max_length=100,
        required=False,
        validators=[OneLine()],
        widget=UnfoldAdminTextInputWidget,
        label="Name",
    )
    new_phone = PhoneFormField(
        required=False, widget=UnfoldAdminTextInputWidget({"type": "tel"}), label="Phone number"
    )
    new_email = EmailField(required=False, widget=UnfoldAdminEmailInputWidget, label="E-mail")
    kept = forms.ModelChoiceField(
        Address.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        label="Address",
        empty_label="The default address, or the one typed below",
    )
    country = CountryField(required=False)

    class Meta:
        model = Order
        fields = ["customer", "delivery_service", "shipping_interval", "channel", *ADDRESS_FIELDS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].required = False
        self.fields["delivery_service"].required = True
        self.fields["delivery_service"].initial = "standard"
        self.fields["recipient"].help_text = "Empty: the customer."
        never_cut(self)
        if not self.may_add_customer:
            for name in NEW:
                del self.fields[name]
        kept: Any = self.fields["kept"]
        kept.queryset = Address.objects.filter(customer=self.named_customer)
        kept.label_from_instance = Address.on_one_line

    @property
    def named_customer(self) -> int | None:
        """The key of the customer that was chosen, if any."""
        key: Any = self.data.get("customer") if self.is_bound else self.initial.get("customer")
        return int(key) if is_key(key) else None

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError for no customer or two, and for an address that no carrier takes,
        or that is missing."""
        cleaned = super().clean()
        customer, named = cleaned.get("customer"), any(cleaned.get(name) for name in NEW)
        if customer and named:
            raise ValidationError({"new_name": BOTH})
        if not customer and not cleaned.get("new_name") and not self.errors.get("customer"):
            where = "new_name" if named else "customer"
            raise ValidationError({where: NOBODY})
        if not customer and cleaned.get("new_name"):
            self._check_new_customer()
        typed = self.typed_address()
        if any(typed.values()):
            cleaned["recipient"] = typed["recipient"]
            check_address(typed)
        elif self.kept_address() is None and not self._failed("kept"):
            raise ValidationError({"recipient": NO_ADDRESS.replace("Send", "Type")})
        return cleaned

    def new_customer(self) -> Customer:
        """The customer that was typed, not saved."""
        return Customer(**{column: self.cleaned_data.get(n) or "" for n, column in NEW.items()})

    def _check_new_customer(self) -> None:
        """Show what is wrong with the customer that was typed at its own fields.

        Raises ValidationError for a channel that does not reach them.
        """
        by_column = {column: name for name, column in NEW.items()}
        try:
            self.new_customer().full_clean()
        except ValidationError as error:
            for column, texts in error.message_dict.items():
                self.add_error(by_column.get(column), texts)
            return
        if channel := self.cleaned_data.get("channel"):
            contact_channels.check(self.new_customer(), channel)

    def kept_address(self) -> Address | None:
        """The address of the book that it goes to when none is typed."""
        chosen: Address | None = self.cleaned_data.get("kept")
        customer = self.cleaned_data.get("customer")
        return chosen or (customer.default_address if customer else None)

    def buyer(self, *, by: str) -> Customer:
        """Whom the order is for: a new customer is saved, and who has no address gets this one."""
        customer: Customer | None = self.cleaned_data["customer"]
        if customer is None:
            customer = self.new_customer()
            customer.save(force_insert=True)
        typed = self.typed_address()
        if any(typed.values()) and customer.default_address is None:
            add_address(customer, typed, by=by)
        return customer

    def delivery(self) -> Delivery:
        """Where it goes: as typed, or to an address of the customer's."""
        typed, kept = self.typed_address(), None
        if not any(typed.values()):
            kept = self.kept_address()
        lines = kept.address() if kept else typed
        given = self.cleaned_data
        return Delivery(
            lines, given["delivery_service"], given["shipping_interval"], is_kept=kept is not None
        )

    def typed_address(self) -> dict[str, str]:
        """The address that was typed; the parcel is for the customer where it says nobody else."""
        typed = {name: self.cleaned_data.get(name) or "" for name in ADDRESS_FIELDS}
        if any(typed.values()) and not typed["recipient"]:
            customer = self.cleaned_data.get("customer")
            name = customer.name if customer else self.cleaned_data.get("new_name") or ""
            typed["recipient"] = name[:LONGEST_LINE]
        return typed

    def _failed(self, name: str) -> bool:
        return bool(self.errors.get(name)) or bool(self.errors.get("customer"))


class NewLines(PaginationInlineFormSet):
    """The products of an order that is being placed."""

    def clean(self) -> None:
        """Raise ValidationError for lines that the rules refuse."""
        super().clean()
        if any(self.errors):
            return
        try:
            check_lines(self.lines())
        except ValidationError as error:
            raise ValidationError(error.messages) from error

    def lines(self) -> Lines:
        """Products and quantities, as far as they are typed rightly; one where none is said."""
        filled = [getattr(form, "cleaned_data", {}) for form in self.forms]
        whole = [line for line in filled if line.get("product") and "quantity" in line]
        return [(line["product"], line["quantity"] or 1) for line in whole]
