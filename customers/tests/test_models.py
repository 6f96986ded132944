"""A customer's particulars, and the form in which carriers get an address."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customers.models import (
    ADDRESS_FIELDS,
    CITY_STATES,
    Address,
    Customer,
    canonical_address,
    new_code,
)
from customers.tests.factories import AddressFactory, CustomerFactory
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


def test_a_code_of_ours_is_no_counter_and_holds_no_letters_that_look_alike():
    codes = [new_code() for _ in range(200)]
    assert len(set(codes)) == 200
    assert {len(code) for code in codes} == {12}
    assert not set("".join(code.removeprefix("C-") for code in codes)) & set("OILU")


def test_a_customer_is_named_by_name_and_code(db):
    assert str(CustomerFactory.create(name="Ada", code="ADA-1")) == "Ada (ADA-1)"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "Ada\nBcc: all@example.com"),
        ("name", "x" * 101),
        ("code", "a b"),
        ("code", "-a"),
        ("email", "nobody"),
        ("language", "english"),
        ("language", "en_GB"),
        ("time_zone", "Nairobi"),
        ("time_zone", "africa/nairobi"),
        ("phone_number", "12345"),
    ],
)
def test_what_cannot_be_so_is_refused_by_its_field(db, field, value):
    customer = Customer(**{"name": "Ada", field: value})
    with pytest.raises(ValidationError) as caught:
        customer.full_clean()
    assert set(caught.value.message_dict) == {field}


@pytest.mark.parametrize(
    ("typed", "kept"), [("PT-br", "pt-BR"), ("EN", "en"), ("zh-hant-TW", "zh-Hant-TW"), ("", "")]
)
def test_a_language_is_kept_in_its_usual_letters(db, typed, kept):
    customer = Customer(name="Ada", language=typed)
    customer.full_clean()
    assert customer.language == kept


def test_two_customers_have_no_code_in_common(db):
    CustomerFactory.create(code="ADA-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerFactory.create(code="ADA-1")


def test_the_database_allows_one_default_address(db):
    home = AddressFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        AddressFactory.create(customer=home.customer)
    AddressFactory.create()
    assert Address.objects.filter(is_default=True).count() == 2


def test_the_default_address_is_ones_own(db):
    AddressFactory.create()
    ada = CustomerFactory.create()
    AddressFactory.create(customer=ada, is_default=False)
    assert ada.default_address is None
    home = AddressFactory.create(customer=ada)
    assert ada.default_address == home


def test_an_address_in_a_log_names_no_street():
    address = Address(**LONDON)
    assert str(address) == "John Doe, London"
    assert address.on_one_line() == "John Doe, 179 Harrow Road, London, W2 6NB, GB"


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


def test_a_deleted_customer_takes_the_address_book_along(db):
    home, other = AddressFactory.create(), AddressFactory.create()
    home.customer.delete()
    assert list(Address.objects.all()) == [other]
