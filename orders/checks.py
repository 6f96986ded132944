"""What must be right before anything starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from core.values.money import currencies


@register
def default_currency_exists(**_: Any) -> list[CheckMessage]:
    """DEFAULT_CURRENCY is a currency that can be charged."""
    if settings.DEFAULT_CURRENCY in currencies():
        return []
    hint = "Use an ISO 4217 code such as GBP or KES."
    return [Error("DEFAULT_CURRENCY is not a currency we can charge.", hint, id="orders.E001")]
