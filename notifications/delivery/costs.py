"""What messages cost, by the services' own answers: exact, never rounded, in their currency."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from babel.numbers import is_currency
from django.db import connection, models
from django.utils import timezone

_PRICE = re.compile(r"([A-Z]{3}) (\d{1,9}(?:\.\d{1,6})?)", re.ASCII)


class Price(NamedTuple):
    """An exact amount in an ISO 4217 currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.currency} {self.amount}"


def price(said: str) -> Price | None:
    """The price in a text like "KES 0.8000"; None for any other form: nothing is guessed."""
    found = _PRICE.fullmatch(said)
    if found is None or not is_currency(found[1]):
        return None
    return Price(Decimal(found[2]), found[1])


class DailyCost(models.Model):
    """What a service took on a day, and what that cost. Without a currency: it named no price.

    Added up when an answer is recorded, in the same transaction: a message that is sent again
    costs again, and its own row only shows the last price.
    """

    day = models.DateField(help_text="In the time zone of this house.")
    channel = models.CharField(max_length=20)
    provider = models.CharField("service", max_length=30)
    currency = models.CharField(max_length=3, blank=True, default="")
    messages = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=18, decimal_places=6, default=Decimal(0))

    class Meta:
        ordering = ["-day", "channel", "provider", "currency"]
        verbose_name = "cost of a day"
        verbose_name_plural = "costs"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "channel", "provider", "currency"], name="one_cost_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel} by {self.provider}"


def add(taken: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Add messages that were taken, each by (channel, service, price as the service said it)."""
    sums: defaultdict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for channel, provider, said in taken:
        cost = price(said)
        sums[channel, provider, cost.currency if cost else ""].append(
            cost.amount if cost else Decimal(0)
        )
    day = timezone.localdate(now)
    with connection.cursor() as cursor:
        for key, amounts in sorted(sums.items()):
            cursor.execute(_ADD, [day, *key, len(amounts), sum(amounts)])


_ADD = """
INSERT INTO notifications_dailycost AS c (day, channel, provider, currency, messages, amount)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (day, channel, provider, currency) DO UPDATE
   SET messages = c.messages + excluded.messages, amount = c.amount + excluded.amount
"""
