"""What an order's request is made of, read strictly."""

import re
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field

from core.api.filters import LARGEST_ID
from core.api.serializers import ChoiceField
from core.bases import SerializerField
from customers import contact_channels
from customers.models import Customer
from customers.reading import with_default_address

_KEY = re.compile(r"[0-9]{1,19}", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
            {"type": "string", "pattern": "^[0-9]{1,19}$"},
        ],
        "description": "The customer's id.",
    }
)
class CustomerField(SerializerField):
    """A customer by id, fetched with the default address in one statement."""

    default_error_messages = {
        "invalid": "Give the customer's id, a whole number.",
        "does_not_exist": "There is no customer with this id.",
    }

    def to_internal_value(self, data: Any) -> Customer:
        """The customer. A ValidationError for anything but the id of one."""
        if not _KEY.fullmatch(str(data)):
            self.fail("invalid")
        try:
            return with_default_address(int(data))
        except Customer.DoesNotExist:
            self.fail("does_not_exist")


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$"},
            {"type": "number", "minimum": 0, "maximum": 9999999999.99},
        ],
        "description": "Not negative, at most two decimals. Send text to keep it exact.",
        "example": "56000.68",
    }
)
class AmountField(SerializerField):
    """An exact amount of money."""

    default_error_messages = {
        "invalid": "Write the amount like 56000.68: at most ten digits, a point and two decimals.",
    }

    def to_internal_value(self, data: Any) -> Decimal:
        """The amount. A ValidationError for a sign, an exponent, a third decimal, or no number."""
        text = data.strip() if isinstance(data, str) else repr(data)
        if isinstance(data, float) and data.is_integer():
            text = text.removesuffix(".0")
        if not _AMOUNT.fullmatch(text):
            self.fail("invalid")
        return Decimal(text).quantize(Decimal("0.01"))


class ChannelField(ChoiceField):
    """A way to reach the customer, of those that are known when the request comes."""

    default_error_messages = {"invalid_choice": "There is no such channel. Use one of: {known}."}

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=contact_channels.choices(), **options)

    def to_internal_value(self, data: Any) -> str:
        """The channel's name. A ValidationError for one that does not exist."""
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", known=", ".join(self.choices))
        return data


class CurrencyLetters(RegexValidator):
    """Three capitals: the pattern that the OpenAPI document shows."""

    regex = r"^[A-Z]{3}\Z"
    message = "Use an ISO 4217 code such as GBP or KES."
    code = "unknown_currency"


def default_currency() -> str:
    """What an amount without a currency is in."""
    return str(settings.DEFAULT_CURRENCY)
