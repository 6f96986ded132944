"""Money is exact and its currency exists."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from core.values.money import validate_amount, validate_currency


@pytest.mark.parametrize("code", ["GBP", "KES", "EUR", "JPY"])
def test_currencies_in_use_are_taken(code):
    validate_currency(code)


@pytest.mark.parametrize("code", ["", "gbp", "XXX", "DEM", "KWD", "GBPS"])
def test_other_codes_are_refused(code):
    with pytest.raises(ValidationError, match="ISO 4217"):
        validate_currency(code)


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.005", "GBP"), ("1.0001", "KES"), ("100.5", "JPY")]
)
def test_finer_than_the_smallest_unit_is_refused(amount, currency):
    with pytest.raises(ValidationError, match="decimals"):
        validate_amount(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.00", "JPY"), ("1.50", "GBP"), ("1E+2", "KES")]
)
def test_amounts_in_the_smallest_unit_are_taken(amount, currency):
    validate_amount(Decimal(amount), currency)
