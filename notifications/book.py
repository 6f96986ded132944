"""What staff and customers have decided: rules, words and opt-outs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from django.db import connection

from notifications.routing import Route
from orders.models import Order, OrderLine, ProductKind


class Case(NamedTuple):
    """By which channel customers hear of an occasion, with orders of this sort."""

    occasion: str
    channel: str
    product_kind: str
    kit_type: str


class Words(NamedTuple):
    """A template's texts."""

    subject: str
    body: str
    when_unknown: str = "staff"


class Book:
    """The decisions on these occasions and routes.

    Read in one statement: it is in the way of every order that is placed.
    """

    def __init__(self, occasions: Collection[str], routes: Iterable[Route]) -> None:
        self._cases: list[Case] = []
        self._words: dict[tuple[str, str], Words] = {}
        self._refused: set[tuple[str, str]] = set()
        for kind, *facts in _read(occasions, {route.recipient.lower() for route in routes}):
            if kind == "rule":
                self._cases.append(Case(*facts[:4]))
            elif kind == "template":
                occasion, channel, *words = facts
                self._words[occasion, channel] = Words(*words)
            else:
                self._refused.add((facts[0], facts[1]))

    def words(self, occasion: str, channel: str) -> Words | None:
        """The words for an occasion by this channel, where staff have written any."""
        return self._words.get((occasion, channel))

    def unless_refused(self, route: Route) -> Route:
        """The route, with the obstacle when its recipient wants no more messages."""
        if (route.channel, route.recipient.lower()) not in self._refused:
            return route
        return replace(route, obstacle="The customer has opted out of this channel.")

    def kinds_of(self, orders: Collection[Order]) -> Mapping[int, set[str]]:
        """The kinds of product in each order; looked up only when a rule asks for one."""
        kinds: defaultdict[int, set[str]] = defaultdict(set)
        for order in orders:
            if order.kit_type:
                kinds[order.pk].add(ProductKind.DNA_KIT)
        if {case.product_kind for case in self._cases} - {"", ProductKind.DNA_KIT}:
            lines = OrderLine.objects.filter(order__in=orders)
            for order_id, kind in lines.values_list("order_id", "product__kind").distinct():
                kinds[order_id].add(kind)
        return kinds

    def channels(self, occasion: str, kit_type: str, kinds: Collection[str]) -> list[str]:
        """What the most specific rule says: kit type before kind of product before any."""
        fitting = [
            case
            for case in self._cases
            if case.occasion == occasion
            and case.kit_type in ("", kit_type)
            and case.product_kind in ("", *kinds)
        ]
        fitting.sort(key=lambda case: (not case.kit_type, not case.product_kind, case))
        return [case.channel for case in fitting[:1]]


# By plain SQL: the ORM would take a millisecond to word it, several times what PostgreSQL takes.
_STATEMENT = """
SELECT 'rule', occasion, channel, product_kind, kit_type, ''
  FROM notifications_rule WHERE is_active AND occasion = ANY(%(occasions)s)
UNION ALL SELECT 'template', occasion, channel, subject, body, when_unknown
  FROM notifications_template WHERE occasion = ANY(%(occasions)s)
UNION ALL SELECT 'opt-out', channel, recipient, '', '', ''
  FROM notifications_optout WHERE recipient = ANY(%(addresses)s)
"""


def _read(occasions: Iterable[str], addresses: Iterable[str]) -> list[tuple[str, ...]]:
    """All the facts, each with its kind in front."""
    with connection.cursor() as cursor:
        known = {"occasions": list(occasions), "addresses": list(addresses)}
        cursor.execute(_STATEMENT, known)
        return list(cursor.fetchall())
