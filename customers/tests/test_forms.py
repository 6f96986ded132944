"""The six lines, typed: a country by its name or code, and no line cut by a browser."""

import pytest
from django.core.exceptions import ValidationError

from customers.forms import AddressForm, CountryField
from customers.models import ADDRESS_FIELDS, NEEDS_POSTCODE

LINES = {
    "recipient": "Ada Byron",
    "line_1": "1 Mill Lane",
    "line_2": "",
    "city": "London",
    "postcode": "w26nb",
    "country": "GB",
}


@pytest.mark.parametrize("typed", ["Kenya", "kenya", "KE", "ke", " KE "])
def test_a_country_is_typed_by_its_name_or_its_code(typed):
    assert CountryField().clean(typed) == "KE"


@pytest.mark.parametrize("typed", ["Atlantis", "XX", "K", "<b>"])
def test_what_is_no_country_is_refused(typed):
    with pytest.raises(ValidationError):
        CountryField().clean(typed)


def test_no_country_is_none_where_none_is_asked_for():
    assert CountryField(required=False).clean("") == ""


@pytest.mark.parametrize(("kept", "shown"), [("KE", "Kenya"), ("??", "??"), (None, None)])
def test_a_page_shows_the_name_of_a_code_and_anything_else_as_it_is(kept, shown):
    assert CountryField().prepare_value(kept) == shown


def test_the_lines_come_out_as_carriers_get_them():
    form = AddressForm(LINES | {"city": " London "})
    assert form.is_valid(), form.errors
    assert form.instance.address() == LINES | {"postcode": "W2 6NB"}


@pytest.mark.parametrize("line", ["recipient", "line_1", "city", "country"])
def test_a_line_that_is_missing_is_asked_for_where_it_is_typed(line):
    assert line in AddressForm(LINES | {line: ""}).errors


def test_a_missing_postcode_is_asked_for_because_of_the_country():
    assert AddressForm(LINES | {"postcode": ""}).errors["postcode"] == [NEEDS_POSTCODE]


@pytest.mark.parametrize("line", ["recipient", "line_1", "line_2", "city"])
def test_a_line_that_is_too_long_comes_to_the_server_and_is_refused_there(line):
    assert all("maxlength" not in AddressForm()[name].field.widget.attrs for name in ADDRESS_FIELDS)
    assert line in AddressForm(LINES | {line: "x" * 36}).errors
