"""The verbs of notifications. A message is a row first; sending it is the outbox's work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.states import move
from customers.models import Customer
from notifications.book import Book, Words
from notifications.history import record
from notifications.models import Notification, Occasion
from notifications.rendering import (
    LONGEST_MESSAGE,
    LONGEST_SUBJECT,
    check_message,
    cut,
    one_line,
    render,
)
from notifications.routing import Route, choose, ways_to
from notifications.tasks import dispatch
from orders.models import Order, OrderEvent
from shipping.models import Shipment, ShipmentEvent
from shipping.states import TRACKED

ORDER_OCCASIONS = {"placed": Occasion.ORDER_PLACED, "cancelled": Occasion.ORDER_CANCELLED}
# For a channel that nobody has written a template for yet.
PLAIN_BODY = "Hi {user_name}, news of your order {order_number}: %s."


@transaction.atomic
def notify(
    customer: Customer, message: str, channel: str = "", *, subject: str = "", by: str = "system"
) -> Notification:
    """Tell a customer something: `notify(customer, message="…", channel="sms")`.

    Without a channel it goes by the first that reaches them. Gives the notification, suppressed
    when they have opted out. Raises ValidationError, by field, for an unknown channel, a customer
    it does not reach, and a message that is empty, longer than 2000 characters, or not plain text.
    """
    text = _checked(message)
    row = _row(customer, _route_to(customer, channel))
    row.message, row.subject = text, cut(one_line(subject), LONGEST_SUBJECT)
    row.save()
    record([row], kind="composed", by=by)
    _nudge([row])
    return row


def _checked(message: str) -> str:
    text = message.replace("\r\n", "\n")
    try:
        check_message(text)
    except ValidationError as error:
        raise ValidationError({"message": error}) from error
    return text.strip()


def _route_to(customer: Customer, channel: str) -> Route:
    """The way to tell them; the only obstacle left is that they want no messages."""
    ways = ways_to(customer)
    book = Book([], ways.values())
    if channel:
        return book.unless_refused(_named(ways, channel))
    routes = [book.unless_refused(way) for way in ways.values() if not way.obstacle]
    if not routes:
        raise ValidationError({"customer": choose(ways, []).obstacle})
    return next((route for route in routes if not route.obstacle), routes[0])


def _named(ways: Mapping[str, Route], channel: str) -> Route:
    if channel not in ways:
        choice = ", ".join(ways)
        raise ValidationError({"channel": f"There is no such channel. Use one of: {choice}."})
    if ways[channel].obstacle:
        raise ValidationError({"channel": ways[channel].obstacle})
    return ways[channel]


@dataclass(frozen=True, slots=True)
class News:
    """Something that a customer hears of once: `source` names it."""

    source: str
    occasion: str
    order: Order
    shipment: Shipment | None = None


def news_of_order(event: OrderEvent) -> News | None:
    """What an order's event tells the customer, if anything."""
    occasion = ORDER_OCCASIONS.get(event.kind)
    if occasion is None:
        return None
    return News(f"order:{event.order_id}:{event.kind}", occasion, event.order)


def news_of_shipment(event: ShipmentEvent) -> News | None:
    """What a shipment's event tells the customer: each status once, however often it comes."""
    if event.to_state not in TRACKED:
        return None
    source = f"shipment:{event.shipment_id}:{event.to_state}"
    return News(source, f"shipment-{event.to_state}", event.shipment.order, event.shipment)


@transaction.atomic(savepoint=False)
def tell(news: Iterable[News | None]) -> int:
    """Write the notifications of these news, in the caller's transaction; how many there are.

    What was told before is not told again (`ON CONFLICT DO NOTHING`). Takes a constant number of
    queries. Who cannot be reached, or has opted out, gets a suppressed one with the reason.
    """
    told = [each for each in news if each]
    if not told:
        return 0
    rows = _rows(told)
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    _nudge(rows)
    return len(rows)


def _rows(news: Sequence[News]) -> list[Notification]:
    ways = [ways_to(each.order.customer) for each in news]
    book = Book({each.occasion for each in news}, chain(*(every.values() for every in ways)))
    kinds = book.kinds_of([each.order for each in news])
    rows = []
    for each, open_ways in zip(news, ways, strict=True):
        order = each.order
        ruled = book.channels(each.occasion, order.kit_type, kinds.get(order.pk, ()))
        route = book.unless_refused(choose(open_ways, [order.channel, *ruled]))
        rows.append(_written(each, route, book.words(each.occasion, route.channel)))
    return rows


def _written(news: News, route: Route, words: Words | None) -> Notification:
    plain = PLAIN_BODY % Occasion(news.occasion).label
    subject, body, when_unknown = words or Words("", plain)
    values = _values(news)
    row = _row(news.order.customer, route)
    row.order, row.shipment, row.source = news.order, news.shipment, news.source
    row.when_unknown = when_unknown
    row.message = cut(render(body, values), LONGEST_MESSAGE)
    row.subject = cut(render(subject, values), LONGEST_SUBJECT)
    return row


def _values(news: News) -> dict[str, str]:
    order, shipment = news.order, news.shipment
    values = {
        "user_name": order.customer.name,
        "order_number": order.number,
        "item": order.item,
        "amount": f"{order.amount} {order.currency}",
    }
    if shipment:
        values |= {
            "reference": shipment.reference,
            "tracking_number": shipment.tracking_number,
            "tracking_url": shipment.tracking_url,
        }
    return values


def _row(customer: Customer, route: Route) -> Notification:
    return Notification(
        customer=customer,
        channel=route.channel,
        recipient=route.recipient,
        provider=route.provider,
        state="suppressed" if route.obstacle else "queued",
        last_error=route.obstacle,
    )


def _nudge(rows: Iterable[Notification]) -> None:
    """A hint after the commit, one for each queue: it carries no key of a person."""
    for channel, provider in {(r.channel, r.provider) for r in rows if r.state == "queued"}:
        dispatch.delay_on_commit(channel, provider)


@transaction.atomic
def resend(notification: Notification, *, by: str, reason: str) -> Notification:
    """Send again what failed or may never have arrived: staff decide that, with a reason.

    It goes to the customer's present address: a wrong one may be why it failed. Raises
    ValidationError without a reason or when the customer cannot be reached or has opted out, and
    IllegalMove when it is neither failed nor unknown.
    """
    if not reason.strip():
        raise ValidationError("Say why it is sent again.")
    route = _route_to(notification.customer, notification.channel)
    if route.obstacle:
        raise ValidationError(route.obstacle)
    changes = {
        "recipient": route.recipient,
        "provider": route.provider,
        "provider_reference": "",
        "next_attempt_at": timezone.now(),
        "first_attempt_at": None,
        "doubtful": False,
        "last_error": "",
        "sent_at": None,
        "closed_at": None,
    }
    move(notification, "queued", by=by, kind="resend", detail=reason.strip(), **changes)
    _nudge([notification])
    return notification
