"""A message to one customer, before it is written down: the way, the words, what stands against."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError

from customers.models import Customer
from notifications.channels.smtp import NO_SUBJECT
from notifications.composition.builder import fill, new_row
from notifications.content.rendering import LONGEST_SUBJECT, check_message, cut, one_line
from notifications.content.sensitive_words import check_words
from notifications.models import Notification, Occasion
from notifications.policy.channel_selection import Route, choose, ways_to
from notifications.policy.policy import Book

LEFT = ("sent", "delivered")
BOTH = "Name a template or write a text, not both."


def compose(
    customer: Customer,
    message: str = "",
    channel: str = "",
    *,
    template: str = "",
    subject: str = "",
) -> tuple[Notification, Book]:
    """The message as it would be sent, not saved, and what was decided. Writes nothing.

    In these words, or in those of a template “message to many”, in the customer's language. It is
    suppressed when they have opted out. Raises ValidationError as `notify` does.
    """
    if template and (message or subject):
        raise ValidationError({"message": BOTH})
    text = "" if template else _checked(message)
    route, book = route_to(customer, channel, [Occasion.MAILING] if template else [])
    row = new_row(customer, route)
    if template:
        _fill_in(row, book, template)
    else:
        check_words(route.channel, text, subject)
        row.message, row.subject = text, cut(one_line(subject), LONGEST_SUBJECT)
        if row.channel == "email" and not row.subject:
            row.subject = NO_SUBJECT
    return row, book


def _fill_in(row: Notification, book: Book, template: str) -> None:
    words = book.words(Occasion.MAILING, row.channel, row.customer.language, template)
    if words is None or words.name != template:
        text = f"The template “{template[:40]}” has no words by {row.get_channel_display()}."
        raise ValidationError({"template": text})
    fill(row, words, {"user_name": row.customer.name})


def _checked(message: str) -> str:
    text = message.replace("\r\n", "\n")
    try:
        check_message(text)
    except ValidationError as error:
        raise ValidationError({"message": error}) from error
    return text.strip()


def route_to(
    customer: Customer, channel: str, occasions: list[Occasion] | None = None
) -> tuple[Route, Book]:
    """The way to tell them, and what was decided; the only obstacle left is an opt-out.

    Without a channel: the one they chose, else the one that reached them last, else any.
    """
    ways = ways_to(customer)
    book = Book(occasions or [], ways.values(), [customer])
    if channel:
        return book.unless_refused(_named(ways, channel)), book
    wanted = [customer.channel or usual_channel(customer)]
    names = dict.fromkeys([*filter(ways.get, wanted), *ways])
    routes = [book.unless_refused(ways[name]) for name in names if not ways[name].obstacle]
    if not routes:
        raise ValidationError({"customer": choose(ways, []).obstacle})
    return next((route for route in routes if not route.obstacle), routes[0]), book


def usual_channel(customer: Customer) -> str:
    """The channel of the last message that left for them; "" before the first one."""
    sent = Notification.objects.filter(customer=customer, state__in=LEFT).order_by("-id")
    return sent.values_list("channel", flat=True).first() or ""


def _named(ways: Mapping[str, Route], channel: str) -> Route:
    if channel not in ways:
        choice = ", ".join(ways)
        raise ValidationError({"channel": f"There is no such channel. Use one of: {choice}."})
    if ways[channel].obstacle:
        raise ValidationError({"channel": ways[channel].obstacle})
    return ways[channel]
