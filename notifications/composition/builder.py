"""How news becomes messages: the way, the words and the moment, as staff and customers decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from customers.models import Customer
from notifications.channels import load_addresses
from notifications.content.rendering import (
    LONGEST_MESSAGE,
    LONGEST_SUBJECT,
    SAMPLE,
    cut,
    hidden_fields,
    render,
    render_html,
)
from notifications.models import Notification, Occasion
from notifications.policy import send_window, unsubscribe_tokens
from notifications.policy.channel_selection import Route, choose, ways_to
from notifications.policy.policy import Book, Case, Words
from orders.address_page import link
from orders.models import Order, OrderEvent
from shipping.models import Shipment, ShipmentEvent
from shipping.states import ATTEMPT, FAILED, TRACKED

ORDER_OCCASIONS = {
    "placed": Occasion.ORDER_PLACED,
    "address-set": Occasion.ORDER_PLACED,
    "cancelled": Occasion.ORDER_CANCELLED,
}
NEEDS_ADDRESS = "needs-address"
PARCEL_OCCASIONS = (Occasion.WAITING, Occasion.IN_TRANSIT, Occasion.DELIVERED, Occasion.FAILED)
# For a channel that nobody has written a template for yet.
PLAIN_BODY = "Hi {user_name}, news of your order {order_number}: %s."
SWITCHED_OFF = "Staff have switched this event off: customers do not hear of it."


@dataclass(frozen=True, slots=True)
class News:
    """Something that a customer hears of once: `source` names it."""

    source: str
    occasion: str
    order: Order
    shipment: Shipment | None = None


def news_of_order(event: OrderEvent) -> News | None:
    """What an order's event tells the customer, if anything.

    One that waits for an address is asked for it, and counts as placed once it has one: what it was
    told before that, also by a release that asked nobody, is not told again.
    """
    occasion, order = ORDER_OCCASIONS.get(event.kind), event.order
    if occasion is None or (event.kind == "address-set" and not order.ships):
        return None
    if event.kind == "placed" and order.delivery_service and not order.ships:
        waits = News(f"order:{order.pk}:{NEEDS_ADDRESS}", Occasion.ORDER_NEEDS_ADDRESS, order)
        return waits if order.awaits_address else None
    told = "cancelled" if event.kind == "cancelled" else "placed"
    return News(f"order:{order.pk}:{told}", occasion, order)


def news_of_shipment(event: ShipmentEvent) -> News | None:
    """What a shipment's event tells the customer: each status once, however often it comes; of
    failed attempts to deliver each one."""
    status = FAILED if event.kind == ATTEMPT else event.to_state
    if status not in TRACKED:
        return None
    source = f"shipment:{event.shipment_id}:{status}"
    if status == FAILED and event.reported_id:
        source += f":{event.reported_id}"
    # Of what is in this parcel, whatever its order holds by now.
    order = event.shipment.as_ordered
    return News(source, f"shipment-{status}", order, event.shipment)


def occasion_of_source(source: str) -> str:
    """The occasion of news of a parcel, by their `source`."""
    return f"shipment-{source.split(':')[2]}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for news, and which rules it was chosen from, the winner first."""

    route: Route
    words: Words | None
    rules: Sequence[Case]


def written(news: Sequence[News]) -> tuple[list[Notification], Book]:
    """The messages of these news, not yet saved; and the decisions they follow."""
    load_addresses([each.order.customer for each in news])
    ways = [ways_to(each.order.customer) for each in news]
    book = Book(
        occasions_of(news),
        chain(*(every.values() for every in ways)),
        [each.order.customer for each in news],
    )
    kinds = book.kinds_of([each.order for each in news])
    rows = []
    for each, open_ways in zip(news, ways, strict=True):
        chosen = choice(each, book, kinds.get(each.order.pk, ()), open_ways)
        rows.append(_written(each, chosen, book))
    return rows, book


def occasions_of(news: Iterable[News]) -> set[str]:
    """What to look up: with a parcel, all that several of them may be told in one message."""
    occasions = {each.occasion for each in news}
    if occasions & set(PARCEL_OCCASIONS):
        occasions |= {*PARCEL_OCCASIONS, Occasion.DIGEST}
    return occasions


def choice(
    news: News, book: Book, kinds: Iterable[str], ways: Mapping[str, Route] | None = None
) -> Choice:
    """The way and the words: what the order asked for, else the customer, else the rules."""
    order = news.order
    rules = book.rules(news.occasion, order.kit_type, list(kinds))
    ruled = [rule.channel for rule in rules[:1]]
    wanted = [order.channel, order.customer.channel, *ruled]
    route = book.unless_refused(choose(ways or ways_to(order.customer), wanted))
    if not book.is_on(news.occasion):
        route = replace(route, obstacle=SWITCHED_OFF)
    name = rules[0].template_name if rules else ""
    words = book.words(news.occasion, route.channel, order.customer.language, name)
    return Choice(route, words, rules)


def _written(news: News, chosen: Choice, book: Book) -> Notification:
    plain = PLAIN_BODY % Occasion(news.occasion).label
    row = new_row(news.order.customer, chosen.route)
    row.order, row.shipment, row.source = news.order, news.shipment, news.source
    row.critical = book.is_critical(news.occasion)
    fill(row, chosen.words or Words("", plain), values_of(news))
    send_window.apply(row, book.pace)
    return row


def new_row(customer: Customer, route: Route) -> Notification:
    """A message by this way, still without words; suppressed when there is an obstacle."""
    return Notification(
        customer=customer,
        channel=route.channel,
        recipient=route.recipient,
        provider=route.provider,
        state="suppressed" if route.obstacle else "queued",
        last_error=route.obstacle,
    )


def fill(row: Notification, words: Words, values: Mapping[str, str]) -> None:
    """Put these words, with these values, into the message."""
    hidden = hidden_fields(row.channel)
    values = {name: value for name, value in values.items() if name not in hidden}
    if row.channel == "email":
        values = {**values, "unsubscribe_url": unsubscribe_tokens.link(row)}
    row.message = cut(render(words.body, values), LONGEST_MESSAGE)
    row.subject = cut(render(words.subject, values), LONGEST_SUBJECT)
    row.html = render_html(words.html, values) if words.html else ""
    row.template_version_id, row.when_unknown = words.version, words.when_unknown


def values_of(news: News) -> dict[str, str]:
    """What the fields of a template stand for."""
    order, shipment = news.order, news.shipment
    values = {
        "user_name": order.customer.name,
        "order_number": order.number,
        "item": order.item,
        "amount": f"{order.amount} {order.currency}",
    }
    if news.occasion == Occasion.ORDER_NEEDS_ADDRESS:
        values["address_url"] = link.url_for(order) if news.source else SAMPLE["address_url"]
    if shipment:
        values |= {
            "reference": shipment.reference,
            "tracking_number": shipment.tracking_number,
            "tracking_url": shipment.tracking_url,
        }
    return values
