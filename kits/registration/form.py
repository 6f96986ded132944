"""The form in which a person registers a kit, in their language."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from clinical.laboratories.samples import TestTaker
from clinical.models import Sample, Sex
from core.forms import CharField, TokenField
from customers.models import Customer
from kits.registration.texts import texts_for
from kits.values import serials

LONGEST_NAME: Any = Sample._meta.get_field("first_name").max_length
AUTOFILL = {"first_name": "given-name", "last_name": "family-name", "birth_date": "bday"}
SERIAL_CODES = frozenset({"invalid", "check"})


def _typed(kind: str, form: str = "") -> "forms.DateInput":
    return forms.DateInput(attrs={"type": kind}, format=form or None)


class RegistrationForm(forms.Form):
    """What is asked, with labels and errors in the person's language."""

    serial = TokenField(max_length=100)
    first_name = CharField(max_length=LONGEST_NAME)
    last_name = CharField(max_length=LONGEST_NAME)
    birth_date = forms.DateField(input_formats=["%Y-%m-%d"], widget=_typed("date", "%Y-%m-%d"))
    sex = forms.ChoiceField(choices=Sex.choices, initial=Sex.UNKNOWN)
    sampled_at = forms.DateTimeField(
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=_typed("datetime-local", "%Y-%m-%dT%H:%M"),
    )
    is_buyer = forms.BooleanField(required=False)
    consent = forms.BooleanField()

    def __init__(self, language: str, data: Any = None) -> None:
        super().__init__(data, auto_id="%s", use_required_attribute=False)
        self.texts, _ = texts_for(language)
        for name, field in self.fields.items():
            field.label = self.texts[name]
            field.widget.attrs |= {"autocomplete": AUTOFILL.get(name, "off")}
        sex: Any = self.fields["sex"]
        sex.choices = [(value, self.texts[value]) for value in Sex.values]

    def clean_serial(self) -> str:
        """The serial as it is kept. Raises ValidationError for what is none."""
        return serials.normalise(self.cleaned_data["serial"])

    def add_error(self, field: str | None, error: Any) -> None:
        """Say it in the person's language, where the form asks for it; else above the form."""
        by_name = getattr(error, "error_dict", {field: getattr(error, "error_list", [error])})
        for name, errors in by_name.items():
            known = name if name in self.fields else None
            super().add_error(known, [self._translated(known, each) for each in errors])

    def taker(self, buyer: Customer | None) -> TestTaker:
        """Who gave the sample; `buyer` is who they are among our customers, if they say so."""
        given: dict[str, Any] = self.cleaned_data
        customer = buyer if given["is_buyer"] else None
        names = (given["first_name"], given["last_name"])
        return TestTaker(*names, given["birth_date"], given["sex"], customer)

    @property
    def sampled_at_given(self) -> datetime:
        """When the sample was taken."""
        moment: datetime = self.cleaned_data["sampled_at"]
        return moment

    def _translated(self, name: str | None, error: Any) -> ValidationError:
        code = "serial" if name == "serial" and error.code in SERIAL_CODES else error.code
        text = self.texts.get(f"error_{code}", self.texts["error_other"])
        return ValidationError(text, code)
