"""What may be ordered. Each rule raises a ValidationError that names the field it is about."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal

from django.core.exceptions import ValidationError

from core.values.money import validate_amount, validate_currency
from customers.models import ADDRESS_FIELDS, Address, canonical_address
from orders.models import MOST_OF_A_PRODUCT, Product

MOST_LINES = 100
MOST_MONEY = Decimal("9999999999.99")

Lines = Sequence[tuple[Product, int]]


def check_price(amount: Decimal, currency: str) -> None:
    """Refuse a currency that does not exist, and an amount it has no coins for."""
    with _about("currency"):
        validate_currency(currency)
    with _about("amount"):
        if not (amount.is_finite() and 0 <= amount <= MOST_MONEY):
            raise ValidationError(f"The amount must be between 0 and {MOST_MONEY}.", "amount_range")
        validate_amount(amount, currency)


def check_lines(lines: Lines) -> tuple[Decimal, str]:
    """What the lines come to, and the currency.

    Refuses no lines, more than 100, a product that is listed twice or not on sale, a quantity
    that is not 1 to 1,000, products priced in several currencies, and more than an amount can hold.
    """
    with _about("items"):
        if not 1 <= len(lines) <= MOST_LINES:
            raise ValidationError(f"Order 1 to {MOST_LINES} different products.", "line_count")
        _check_each(lines)
        currencies = {product.currency for product, _ in lines}
        if len(currencies) > 1:
            text = f"Order products in {' and '.join(sorted(currencies))} separately."
            raise ValidationError(text, "mixed_currencies")
    amount = sum((product.price * quantity for product, quantity in lines), Decimal("0.00"))
    check_total(amount)
    return amount, currencies.pop()


def check_total(amount: Decimal) -> None:
    """Refuse lines that come to more than an amount can hold."""
    with _about("items"):
        if amount > MOST_MONEY:
            raise ValidationError(f"An order may come to at most {MOST_MONEY}.", "too_much")


def _check_each(lines: Lines) -> None:
    seen = set()
    for product, quantity in lines:
        if product.pk in seen:
            text = f"{product.item_id} is listed twice. Add the quantities up."
            raise ValidationError(text, "listed_twice")
        seen.add(product.pk)
        if not product.is_active:
            raise ValidationError(f"{product.item_id} is not on sale.", "not_on_sale")
        if not 1 <= quantity <= MOST_OF_A_PRODUCT:
            text = f"Order 1 to {MOST_OF_A_PRODUCT} of {product.item_id}."
            raise ValidationError(text, "quantity")


def check_address(address: Mapping[str, str]) -> dict[str, str]:
    """The address as carriers get it; the errors about one that none could print name its lines."""
    unknown = set(address) - set(ADDRESS_FIELDS)
    if unknown:
        raise ValidationError(f"An address has no {sorted(unknown)[0]}.", "unknown_field")
    given = Address(**address)
    given.clean_fields(exclude={"customer", "is_default"})
    return canonical_address(given.address())


@contextmanager
def _about(field: str) -> Iterator[None]:
    """Say which field the errors raised inside are about."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError({field: error}) from None
