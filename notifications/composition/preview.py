"""What a customer would hear of a real order: which rule wins and why, and the words as sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notifications.composition.builder import (
    PLAIN_BODY,
    Choice,
    News,
    choice,
    fill,
    new_row,
    occasions_of,
    values_of,
)
from notifications.content import sms_segments
from notifications.content.rendering import PARCEL_FIELDS, SAMPLE
from notifications.models import Notification, Occasion
from notifications.policy.channel_selection import ways_to
from notifications.policy.policy import Book, Case, Words
from notifications.policy.send_window import Pace, zone_of
from orders.models import Order
from shipping.models import Shipment


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, and how that was decided."""

    row: Notification
    words: str
    rules: list[tuple[Case, str]]
    channel_because: str
    obstacle: str
    due: str
    count: str


def preview(order: Order, occasion: str, *, hidden: bool = False) -> Preview:
    """What the customer of this order would hear now. Writes nothing.

    `hidden`: the reader may not see customers, so name and address are masked.
    """
    shipment = Shipment.objects.filter(order=order).order_by("-id").first()
    parcel = shipment if occasion.startswith("shipment-") else None
    news = News("", occasion, order, parcel)
    ways = ways_to(order.customer)
    book = Book(occasions_of([news]), ways.values(), [order.customer])
    kinds = book.kinds_of([order]).get(order.pk, ())
    chosen = choice(news, book, kinds, ways)
    row = new_row(order.customer, chosen.route)
    plain = Words("", PLAIN_BODY % Occasion(occasion).label)
    fill(row, chosen.words or plain, _values(news, hidden=hidden))
    if hidden:
        row.recipient = masked(row.recipient)
    return Preview(
        row=row,
        words=_named(chosen.words),
        rules=_ranked(chosen.rules),
        channel_because=_because(order, chosen),
        obstacle=chosen.route.obstacle,
        due=due_in_words(row, book.pace, critical=book.is_critical(occasion)),
        count=str(sms_segments.count(row.message)) if row.channel == "sms" else "",
    )


def masked(recipient: str) -> str:
    """An address of which only the end can be read."""
    return f"•••{recipient[-3:]}" if recipient else ""


def _values(news: News, *, hidden: bool) -> Mapping[str, str]:
    """The order's own facts; of a parcel that is not there yet, invented ones."""
    values = values_of(news)
    if news.occasion.startswith("shipment-") and news.shipment is None:
        values |= {name: SAMPLE[name] for name in PARCEL_FIELDS}
    return values | {"user_name": "•••"} if hidden else values


def _named(words: Words | None) -> str:
    if words is None:
        return "no template: plain words"
    name = f"“{words.name}”" if words.name else "the usual words"
    return f"{name}, in {words.language}"


def _ranked(rules: Sequence[Case]) -> list[tuple[Case, str]]:
    """Each rule that fits, with the reason it wins or not."""
    return [(rule, _standing(rule, rules[0])) for rule in rules]


def _standing(rule: Case, winner: Case) -> str:
    if rule is winner:
        return "wins: the most specific one that is valid today"
    if (rule.kit_type, rule.product_kind) == (winner.kit_type, winner.product_kind):
        return "gives way to one with dates, or begun later"
    return "gives way: it is less specific"


def _because(order: Order, chosen: Choice) -> str:
    channel = chosen.route.channel
    if channel == order.channel:
        return "the order asked for it"
    if channel == order.customer.channel:
        return "the customer chose it"
    if chosen.rules and channel == chosen.rules[0].channel:
        return "the rule says so"
    return "nothing else reaches the customer" if chosen.rules else "no rule fits"


def due_in_words(row: Notification, pace: Pace, *, critical: bool) -> str:
    """When it would go, by the customer's clock, and why not at once."""
    due, reason = pace.due(row.customer, critical=critical)
    local = due.astimezone(zone_of(row.customer))
    return f"{local:%d %b, %H:%M} their time. {reason}" if reason else "at once"
