"""Messages and consent on the pages of customers, and messages on those of orders."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format

from core.admin.overview.panels import MOST_LINES, Line, Panel, ShownPanel, list_of, page_of
from core.admin.overview.timeline import Source
from customers.models import Customer
from notifications.composition.preview import preview_placed
from notifications.content.rendering import cut
from notifications.models import Consent, Notification
from notifications.states import STATE_COLOURS
from orders.admin.draft import Draft
from orders.models import Order

EXCERPT = 80


def message_line(row: Notification) -> Line:
    """A message on a page of something else."""
    channel = row.get_channel_display()
    text = f"{channel}: {cut(row.shown_message, EXCERPT)}"
    facts = [f"to {row.recipient}" if row.recipient else "", row.last_error]
    colour = STATE_COLOURS.get(row.state, "")
    return Line(text, page_of(row), row.get_state_display(), colour, facts)


def _messages(request: HttpRequest, customer: Customer) -> list[Line]:
    newest = customer.notifications.order_by("-id")[: MOST_LINES + 1]
    return [dated(message_line(row), row.created_at) for row in newest]


def _about_order(request: HttpRequest, order: Order) -> list[Line]:
    newest = _of_order(request, order).order_by("-id")[: MOST_LINES + 1]
    return [dated(message_line(row), row.created_at) for row in newest]


def dated(line: Line, at: datetime) -> Line:
    """The line, beginning with a day."""
    return replace(line, facts=[date_format(at, "j M Y"), *line.facts])


def _consent(row: Consent) -> Line:
    given = row.get_kind_display()
    facts = [row.channel, row.recipient, row.get_how_display(), row.detail, row.actor]
    return Line(given[:1].upper() + given[1:], page_of(row), facts=facts)


def _consents(request: HttpRequest, customer: Customer) -> list[Line]:
    newest = customer.consents.order_by("-id")[: MOST_LINES + 1]
    return [dated(_consent(row), row.at) for row in newest]


def _of_order(request: HttpRequest, order: Order) -> Any:
    return Notification.objects.filter(order=order.pk)


def placed_message(request: HttpRequest, draft: Draft) -> ShownPanel | None:
    """The message that a typed order would cause, for who may read messages."""
    if not request.user.has_perm("notifications.view_notification"):
        return None
    if not draft.lines:
        return ShownPanel("Message", "It depends on what is ordered.")
    shown = preview_placed(draft.order)
    row = shown.row
    if shown.obstacle:
        return ShownPanel("Message", "", [Line(shown.obstacle, state="none", colour="warning")])
    facts = [f"to {row.recipient}", shown.due, shown.channel_because]
    lines = [Line(f"By {row.get_channel_display()}", facts=facts), Line(row.message)]
    return ShownPanel("Message", "", lines)


CUSTOMERS_PANELS = [
    Panel(
        "Messages",
        "notifications.view_notification",
        _messages,
        lambda customer: list_of(Notification, customer__id__exact=customer.pk),
        place=30,
    ),
    Panel(
        "Consent",
        "notifications.view_consent",
        _consents,
        lambda customer: list_of(Consent, customer__id__exact=customer.pk),
        empty="They have agreed or objected to nothing.",
        place=40,
    ),
]
CUSTOMERS_TIMELINE = [
    Source(
        "message",
        "notifications.view_notification",
        lambda _, customer: customer.notifications.all(),
        message_line,
        at="created_at",
    ),
    Source(
        "consent",
        "notifications.view_consent",
        lambda _, customer: customer.consents.all(),
        _consent,
    ),
]
ORDERS_PANEL = Panel(
    "Messages",
    "notifications.view_notification",
    _about_order,
    lambda order: list_of(Notification, q=order.number),
    empty="No message yet.",
    place=30,
)
ORDERS_TIMELINE = Source(
    "message", "notifications.view_notification", _of_order, message_line, at="created_at"
)
