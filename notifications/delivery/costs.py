"""What messages cost, by the services' own answers: exact, never rounded, in their currency."""

from collections import defaultdict
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from core.values.money import parse_price
from notifications.delivery.answers import Answers


def add(answers: Answers) -> None:
    """Add the messages that were taken, each at the price that its service named."""
    sums: defaultdict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for row in answers.taken:
        cost = parse_price(row.cost)
        sums[row.channel, row.provider, cost.currency if cost else ""].append(
            cost.amount if cost else Decimal(0)
        )
    day = timezone.localdate(answers.at)
    with connection.cursor() as cursor:
        for key, amounts in sorted(sums.items()):
            cursor.execute(_ADD, [day, *key, len(amounts), sum(amounts)])


_ADD = """
INSERT INTO notifications_dailycost AS c (day, channel, provider, currency, messages, amount)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (day, channel, provider, currency) DO UPDATE
   SET messages = c.messages + excluded.messages, amount = c.amount + excluded.amount
"""
