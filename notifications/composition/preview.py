"""The message that a customer would get about a real order, and which rule wins and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.composition.builder import fill, new_row, values_of
from notifications.content import html, sms_segments
from notifications.content.fields import PARCEL_FIELDS, SAMPLE, fields_for
from notifications.content.rendering import render, render_html
from notifications.models import Notification, Occasion, Rule, Template
from notifications.policy.policy import Decision, Policy
from notifications.policy.quiet_hours import zone_of
from notifications.policy.send_window import SendWindow
from notifications.policy.staff_decisions import MatchedRule, TemplateText, matched
from notifications.policy.triggers import Trigger
from orders.models import Order
from shipping.models import Shipment


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, and how that was decided."""

    row: Notification
    template: str
    rules: list[tuple[MatchedRule, str]]
    channel_because: str
    obstacle: str
    due: str
    count: str


def preview(order: Order, occasion: str, *, hidden: bool = False) -> Preview:
    """The message that the customer of this order would get now. Writes nothing.

    `hidden`: the reader may not see customers, so name and address are masked.
    """
    shipment = Shipment.objects.filter(order=order).order_by("-id").first()
    parcel = shipment if occasion.startswith("shipment-") else None
    return _preview(Trigger("", occasion, order, parcel), hidden=hidden)


def preview_placed(order: Order) -> Preview:
    """The message that an order which is not placed yet would cause; its customer may be new, too.

    Its lines, and what templates name of it, have been filled in.
    """
    return _preview(Trigger("", Occasion.ORDER_PLACED, order), hidden=False)


def _preview(trigger: Trigger, *, hidden: bool) -> Preview:
    order = trigger.order
    decision = Policy.for_triggers([trigger]).decide(trigger)
    row = new_row(order.customer, decision.route)
    fill(row, decision.text, _values(trigger, hidden=hidden))
    if hidden:
        row.recipient = masked(row.recipient)
    return Preview(
        row=row,
        template=_named(decision.text),
        rules=_ranked(decision.rules),
        channel_because=decision.channel_because,
        obstacle=decision.route.obstacle,
        due=_due_text(row, decision.due, decision.deferred),
        count=str(sms_segments.count(row.message)) if row.channel == "sms" else "",
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """A text as it would reach somebody's phone."""

    subject: str
    message: str
    page: str
    count: str


def fill_in(template: Template, order: Order | None, *, hidden: bool = False) -> Filled:
    """A template, saved or not, filled in for an order, or for an invented one. Writes nothing.

    `hidden`: the reader may not see customers, so names are masked.
    """
    values = {name: SAMPLE[name] for name in fields_for(template.occasion, template.channel)}
    if order is not None:
        parcel = Shipment.objects.filter(order=order).order_by("-id").first()
        own = values_of(Trigger("", template.occasion, order, parcel))
        own |= {"user_name": "•••"} if hidden else {}
        values |= {name: str(value) for name, value in own.items() if name in values and value}
    message = render(template.body, values)
    page = ""
    if template.channel == "email":
        body = render_html(template.html, values) if template.html else html.from_text(message)
        page = html.page(body, unsubscribe=values.get("unsubscribe_url", ""))
    is_sms = template.channel == "sms"
    count = str(sms_segments.count(message)) if is_sms else ""
    return Filled(render(template.subject, values), message, page, count)


def decided_with(rule: Rule, order: Order) -> tuple[Decision, str]:
    """What would be decided for an order with this rule, saved or not, and how the rule stands.

    An active rule of the same key gives way to it. Writes nothing.
    """
    trigger = Trigger("", rule.occasion, order)
    typed = matched(rule)
    policy = Policy.for_triggers([trigger], with_rule=typed)
    decision = policy.decide(trigger)
    if typed not in decision.rules:
        return decision, "does not fit"
    return decision, "wins" if decision.rules[0] == typed else "gives way"


def masked(recipient: str) -> str:
    """An address of which only the end can be read."""
    return f"•••{recipient[-3:]}" if recipient else ""


def _values(trigger: Trigger, *, hidden: bool) -> Mapping[str, str]:
    """The order's own facts; of a parcel that is not there yet, invented ones."""
    values = values_of(trigger)
    if trigger.occasion.startswith("shipment-") and trigger.shipment is None:
        values |= {name: SAMPLE[name] for name in PARCEL_FIELDS}
    return values | {"user_name": "•••"} if hidden else values


def _named(text: TemplateText) -> str:
    if not text.language:
        return "no template: plain words"
    name = f"“{text.name}”" if text.name else "the usual words"
    return f"{name}, in {text.language}"


def _ranked(rules: Sequence[MatchedRule]) -> list[tuple[MatchedRule, str]]:
    """Each rule that fits, with the reason it wins or not."""
    return [(rule, _standing(rule, rules[0])) for rule in rules]


def _standing(rule: MatchedRule, winner: MatchedRule) -> str:
    if rule is winner:
        return "wins: the most specific one that is valid today"
    if (rule.kit_type, rule.product_kind) == (winner.kit_type, winner.product_kind):
        return "gives way to one with dates, or begun later"
    return "gives way: it is less specific"


def due_text(row: Notification, window: SendWindow) -> str:
    """When a message would go that can wait, by the customer's clock, and why not at once."""
    return _due_text(row, *window.due(row.customer))


def _due_text(row: Notification, due: datetime, reason: str) -> str:
    local = due.astimezone(zone_of(row.customer))
    return f"{local:%d %b, %H:%M} their time. {reason}" if reason else "at once"
