"""What forms with addresses share."""

from typing import Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from core.bases import ModelForm
from core.forms import CharField
from customers.models import ADDRESS_FIELDS, NEEDS_POSTCODE, Address
from customers.values.countries import code_of, countries, country_choices


class CountryField(CharField):
    """A country, typed: its English name, completed by the browser, or its code; gives the code.

    The page includes `admin/customers/countries.html` once, however many addresses it has: 249
    options in each would be most of it.
    """

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminTextInputWidget({"list": "countries", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "help_text": "Its name, or its code."} | options)

    def prepare_value(self, value: Any) -> Any:
        """The name of a code."""
        return countries().get(value, value)

    def to_python(self, value: Any) -> Any:
        """The code. Raises ValidationError for what is no country."""
        text = super().to_python(value)
        return code_of(text) if text else text


def never_cut(form: forms.BaseForm) -> None:
    """Let the server refuse a line that is too long: a browser cuts what is pasted (C1)."""
    for name in ADDRESS_FIELDS:
        if name in form.fields:
            form.fields[name].widget.attrs.pop("maxlength", None)


class AddressForm(ModelForm):
    """The six lines, with the rules of every address."""

    country: forms.Field = forms.ChoiceField(choices=country_choices)

    class Meta:
        model = Address
        fields = [*ADDRESS_FIELDS]
        field_classes: ClassVar = dict.fromkeys(ADDRESS_FIELDS[:-1], CharField)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django would say of what the model finds missing that “this field is required”.
        self.fields["postcode"].error_messages["required"] = NEEDS_POSTCODE
        never_cut(self)
