"""What messages cost, by the services' own answers: exact, never rounded, in their currency."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from core.values.money import parse_price


def add(taken: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Add messages that were taken, each by (channel, service, price as the service named it)."""
    sums: defaultdict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for channel, provider, price in taken:
        cost = parse_price(price)
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
