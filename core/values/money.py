"""Money is an exact decimal with an ISO 4217 currency. Data from Unicode CLDR, through Babel."""

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from babel.core import Locale
from babel.numbers import get_currency_precision, get_territory_currencies, is_currency
from django.core.exceptions import ValidationError

_PRICE = re.compile(r"([A-Z]{3}) (\d{1,9}(?:\.\d{1,6})?)", re.ASCII)


class Price(NamedTuple):
    """An exact amount in an ISO 4217 currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.currency} {self.amount}"


def shown(amount: Decimal, currency: str) -> str:
    """An amount for people: with separators, and as many decimals as its currency has."""
    return f"{amount:,.{get_currency_precision(currency)}f} {currency}"


def parse_service_price(text: str) -> Price | None:
    """The price that a service names by a text like "KES 0.8000"; None for any other form: nothing
    is guessed."""
    match = _PRICE.fullmatch(text)
    if match is None or not is_currency(match[1]):
        return None
    return Price(Decimal(match[2]), match[1])


@cache
def currencies() -> frozenset[str]:
    """The ISO 4217 codes that are legal tender somewhere today and have at most two decimals."""
    lands = [str(code) for code in Locale("en").territories]
    current = {code for land in lands for code in get_territory_currencies(land)}
    return frozenset(code for code in current if get_currency_precision(code) <= 2)


def validate_currency(code: str) -> None:
    """Raise ValidationError unless `code` is a currency in use, with at most two decimals."""
    if code not in currencies():
        raise ValidationError(
            "“%(code)s” is not a currency we can charge. Use an ISO 4217 code such as GBP or KES.",
            code="unknown_currency",
            params={"code": code},
        )


def validate_amount(amount: Decimal, currency: str) -> None:
    """Raise ValidationError when the amount is finer than the currency's smallest unit."""
    allowed = get_currency_precision(currency)
    exponent = amount.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > allowed:
        raise ValidationError(
            f"{currency} amounts have at most {allowed} decimals.", code="too_many_decimals"
        )
