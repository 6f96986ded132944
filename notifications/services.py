"""The verbs of notifications. A message is a row first; sending it is the outbox's work."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.states import move
from customers.models import Customer
from notifications import cases, digest, pacing
from notifications.book import Book
from notifications.health import check_words
from notifications.history import record
from notifications.models import Notification
from notifications.rendering import LONGEST_SUBJECT, check_message, cut, one_line
from notifications.routing import Route, choose, ways_to
from notifications.tasks import dispatch
from notifications.telling import (
    ORDER_OCCASIONS,
    News,
    new_row,
    news_of_order,
    news_of_shipment,
    written,
)

__all__ = [
    "ORDER_OCCASIONS",
    "News",
    "news_of_order",
    "news_of_shipment",
    "notify",
    "resend",
    "tell",
]


@transaction.atomic
def notify(
    customer: Customer,
    message: str,
    channel: str = "",
    *,
    subject: str = "",
    critical: bool = False,
    by: str = "system",
) -> Notification:
    """Tell a customer something: `notify(customer, message="…", channel="sms")`.

    Without a channel it goes by the one they chose, or the first that reaches them. Gives the
    notification: it waits for the end of quiet hours unless it is `critical`, and is suppressed
    when they have opted out or have just been told the same. Raises ValidationError, by field,
    for an unknown channel, a customer it does not reach, a message that is empty, longer than
    2000 characters or not plain text, and an SMS that reveals something of health.
    """
    text = _checked(message)
    route, book = _route_to(customer, channel)
    check_words(route.channel, text, subject)
    row = new_row(customer, route)
    row.message, row.subject = text, cut(one_line(subject), LONGEST_SUBJECT)
    row.critical = critical
    pacing.apply(row, book.pace)
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


def _route_to(customer: Customer, channel: str) -> tuple[Route, Book]:
    """The way to tell them, and what was decided; the only obstacle left is an opt-out."""
    ways = ways_to(customer)
    book = Book([], ways.values(), [customer])
    if channel:
        return book.unless_refused(_named(ways, channel)), book
    names = dict.fromkeys([*filter(ways.get, [customer.channel]), *ways])
    routes = [book.unless_refused(ways[name]) for name in names if not ways[name].obstacle]
    if not routes:
        raise ValidationError({"customer": choose(ways, []).obstacle})
    return next((route for route in routes if not route.obstacle), routes[0]), book


def _named(ways: Mapping[str, Route], channel: str) -> Route:
    if channel not in ways:
        choice = ", ".join(ways)
        raise ValidationError({"channel": f"There is no such channel. Use one of: {choice}."})
    if ways[channel].obstacle:
        raise ValidationError({"channel": ways[channel].obstacle})
    return ways[channel]


@transaction.atomic(savepoint=False)
def tell(news: Iterable[News | None]) -> int:
    """Write the notifications of these news, in the caller's transaction; how many there are.

    What was told before is not told again (`ON CONFLICT DO NOTHING`). Takes a constant number of
    queries. Who cannot be reached, or has opted out, gets a suppressed one with the reason.
    """
    told = [each for each in news if each]
    if not told:
        return 0
    rows, book = written(told)
    if not digest.gather(rows, book):
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
    _nudge(rows)
    return len(rows)


def _nudge(rows: Iterable[Notification]) -> None:
    """A hint after the commit, one for each queue: it carries no key of a person."""
    now = timezone.now()
    due = [row for row in rows if row.state == "queued" and row.next_attempt_at <= now]
    for channel, provider in {(row.channel, row.provider) for row in due}:
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
    route, _ = _route_to(notification.customer, notification.channel)
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
    cases.keep_in_step([notification], by=by, how="It is sent again.")
    _nudge([notification])
    return notification
