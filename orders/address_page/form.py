"""The form in which a customer gives an address, in their language."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from customers.forms import AddressForm
from customers.values.countries import country_choices
from orders.address_page.texts import texts_for

# What browsers fill in by themselves: HTML, 4.10.18.7 (autofill).
AUTOFILL = {
    "recipient": "name",
    "line_1": "address-line1",
    "line_2": "address-line2",
    "city": "address-level2",
    "postcode": "postal-code",
    "country": "country",
}


class CustomersAddressForm(AddressForm):
    """The six lines with labels and errors in the customer's language, and what was typed."""

    def __init__(self, language: str, data: Any = None) -> None:
        super().__init__(
            data, auto_id="%s", initial={"country": settings.PHONENUMBER_DEFAULT_REGION}
        )
        self.texts, tag = texts_for(language)
        country: Any = self.fields["country"]
        country.choices = country_choices(tag)
        for name, field in self.fields.items():
            field.label = self.texts[name]
            field.help_text = ""
            field.widget.attrs |= {"autocomplete": AUTOFILL[name]}

    def add_error(self, field: str | None, error: Any) -> None:
        """Say it in the customer's language."""
        by_name = getattr(error, "error_dict", {field: getattr(error, "error_list", [error])})
        for name, errors in by_name.items():
            super().add_error(name, [self._translated(each) for each in errors])

    def refuse(self) -> None:
        """Say that nothing can be sent to such an address."""
        super().add_error(None, self.texts["undeliverable"])

    def _translated(self, error: Any) -> ValidationError:
        code = {"blank": "required", "invalid_choice": "required"}.get(error.code, error.code)
        text = self.texts.get(f"error_{code}", self.texts["error_other"])
        return ValidationError(text, code, params=error.params or {})
