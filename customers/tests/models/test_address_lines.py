"""The lines of an address as carriers get them."""

import pytest
from django.core.exceptions import ValidationError

from customers.models import (
    ADDRESS_FIELDS,
    CITY_STATES,
    Address,
    canonical_address,
)
from customers.tests.factories import CustomerFactory
from customers.values.countries import countries
from customers.values.postcodes import needs_postcode

LONDON = {
    "recipient": "John Doe",
    "line_1": "179 Harrow Road",
    "line_2": "",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}


def wrong(**change: str) -> set[str]:
    """The lines that are sent back."""
    try:
        canonical_address(LONDON | change)
    except ValidationError as error:
        return set(error.message_dict)
    return set()


def test_blanks_around_lines_are_left_out():
    padded = {name: f"  {line} " if name != "country" else line for name, line in LONDON.items()}
    assert canonical_address(padded) == LONDON


@pytest.mark.parametrize("name", ["recipient", "line_1", "city", "postcode"])
@pytest.mark.parametrize("blank", ["", "   "])
def test_a_line_that_carriers_want_is_asked_for(name, blank):
    assert wrong(**{name: blank}) == {name}


def test_all_that_is_missing_is_said_at_once():
    assert wrong(recipient="", city="", postcode="ZZZ") == {"recipient", "city", "postcode"}


def test_the_second_line_may_be_empty():
    assert canonical_address(LONDON)["line_2"] == ""
    assert wrong(line_2=" ") == set()


@pytest.mark.parametrize("country", CITY_STATES)
def test_a_country_that_is_one_city_is_its_own(country):
    assert needs_postcode(country) or wrong(country=country, city="", postcode="") == set()
    lines = LONDON | {"country": country, "city": "", "postcode": _postcode(country)}
    assert canonical_address(lines)["city"] == CITY_STATES[country]
    assert canonical_address(lines | {"city": "Elsewhere"})["city"] == "Elsewhere"


def _postcode(country: str) -> str:
    return {"GI": "GX11 1AA", "MC": "98000", "SG": "546080", "SM": "47890", "VA": "00120"}.get(
        country, ""
    )


def test_no_other_country_has_its_city_filled_in():
    assert set(CITY_STATES) <= set(countries())
    assert wrong(country="KE", city="", postcode="00100") == {"city"}


def test_a_postcode_is_asked_for_only_where_there_are_any():
    assert wrong(country="IE", postcode="") == set()
    assert wrong(country="DE", postcode="") == {"postcode"}


def test_an_address_without_a_country_complains_of_the_country_alone(db):
    address = Address(customer=CustomerFactory.create(), **LONDON | {"country": "", "city": ""})
    with pytest.raises(ValidationError) as caught:
        address.full_clean()
    assert set(caught.value.message_dict) == {"country"}


@pytest.mark.parametrize("country", ["XX", "gb", "UK", "G", "GBR", "EU"])
def test_a_country_that_there_is_not_is_refused(db, country):
    address = Address(customer=CustomerFactory.create(), **LONDON | {"country": country})
    with pytest.raises(ValidationError) as caught:
        address.full_clean()
    assert "country" in caught.value.message_dict


@pytest.mark.parametrize("name", ADDRESS_FIELDS[:-1])
def test_no_line_is_longer_than_a_label_and_none_turns_the_writing_around(db, name):
    customer = CustomerFactory.create()
    for text in ("x" * 36, "a\nb", "a\u202eb", "a\u2028b", "a\x85b"):
        with pytest.raises(ValidationError) as caught:
            Address(customer=customer, **LONDON | {name: text}).full_clean()
        assert name in caught.value.message_dict, repr(text)


def test_a_model_that_is_cleaned_holds_the_lines_as_carriers_get_them(db):
    address = Address(customer=CustomerFactory.create(), **LONDON | {"postcode": "w26nb"})
    address.full_clean()
    assert address.address() == LONDON
