"""An address that providers would send back is refused when it is typed."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from customers.models import Address
from customers.tests.factories import CustomerFactory
from customers.values.countries import countries
from customers.values.postcodes import OPTIONAL
from orders.rules import check_address
from sandbox.carriers.shipment_rules import NO_POSTCODE

GOOD = {
    "recipient": "John Doe",
    "line_1": "1 Queen's Road",
    "line_2": "",
    "city": "Central",
    "postcode": "",
    "country": "HK",
}


def test_the_countries_without_postcodes_are_countries():
    assert set(countries()) >= OPTIONAL
    assert NO_POSTCODE == OPTIONAL, "the stand-in keeps the same list"


def test_an_address_without_a_postcode_is_taken_where_there_are_none(db):
    check_address(GOOD)
    Address(customer=CustomerFactory.create(), **GOOD).full_clean()


@pytest.mark.parametrize("country", ["GB", "DE", "US", "KE"])
@pytest.mark.parametrize("postcode", ["", "  "])
def test_elsewhere_it_is_asked_for_by_name(db, country, postcode):
    wrong: dict[str, Any] = GOOD | {"country": country, "postcode": postcode}
    for refuse in (
        lambda: check_address(wrong),
        lambda: Address(customer=CustomerFactory.create(), **wrong).full_clean(),
    ):
        with pytest.raises(ValidationError) as refused:
            refuse()
        assert list(refused.value.message_dict) == ["postcode"]


@pytest.mark.parametrize("name", ["recipient", "line_1", "city"])
def test_a_line_of_blanks_says_nothing(name):
    with pytest.raises(ValidationError) as refused:
        check_address(GOOD | {name: "  ", "country": "KE", "postcode": "00100"})
    assert list(refused.value.message_dict) == [name]


@pytest.mark.parametrize(("country", "city"), [("SG", "Singapore"), ("GI", "Gibraltar")])
def test_a_country_that_is_a_city_names_it_by_itself(country, city):
    postcode = {"SG": "546080", "GI": "GX11 1AA"}[country]
    given = GOOD | {"city": "", "country": country, "postcode": postcode}
    assert check_address(given)["city"] == city
    assert check_address(given | {"city": "Downtown"})["city"] == "Downtown"


def test_carriers_get_the_postcode_as_its_country_writes_it(db):
    assert check_address(GOOD | {"country": "GB", "postcode": " w26nb "})["postcode"] == "W2 6NB"
    booked = Address(customer=CustomerFactory.create(), **GOOD)
    booked.country, booked.postcode = "GB", "w2\u00a06nb"
    booked.full_clean()
    assert booked.postcode == "W2 6NB"
