"""What messages cost, by the services' own answers: exact, never rounded, in their currency."""

from collections import defaultdict
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from core.values.money import parse_service_price
from notifications.content.sms_segments import segments_of
from notifications.delivery.answers import Answers


def add(answers: Answers) -> None:
    """Add the messages that were taken, each at the price that its service named."""
    costs: defaultdict[tuple[str, str, str], list[tuple[Decimal, int]]] = defaultdict(list)
    for row in answers.taken:
        cost = parse_service_price(row.cost)
        amount, currency = cost or (Decimal(0), "")
        costs[row.channel, row.provider, currency].append(
            (amount, segments_of(row.channel, row.message))
        )
    day = timezone.localdate(answers.at)
    with connection.cursor() as cursor:
        for key, each in sorted(costs.items()):
            amounts, segments = zip(*each, strict=True)
            cursor.execute(_ADD, [day, *key, len(each), sum(segments), sum(amounts)])


_ADD = """
INSERT INTO notifications_dailycost AS c
       (day, channel, provider, currency, messages, segments, amount)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (day, channel, provider, currency) DO UPDATE
   SET messages = c.messages + excluded.messages,
       segments = c.segments + excluded.segments,
       amount = c.amount + excluded.amount
"""
