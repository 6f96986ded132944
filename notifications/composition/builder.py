"""The messages of triggers, filled in as they were decided."""

from collections.abc import Mapping, Sequence

from customers.models import Customer
from kits.registration import link as kit_link
from notifications.content.fields import SAMPLE, hidden_fields
from notifications.content.rendering import (
    LONGEST_MESSAGE,
    LONGEST_SUBJECT,
    cut,
    render,
    render_html,
)
from notifications.models import Notification, Occasion
from notifications.policy import unsubscribe_tokens
from notifications.policy.channel_selection import Route
from notifications.policy.policy import Decision, Policy
from notifications.policy.staff_decisions import TemplateText
from notifications.policy.triggers import Trigger
from orders.address_page import link


def messages_for(triggers: Sequence[Trigger]) -> tuple[list[Notification], Policy]:
    """The messages of these triggers, not yet saved; and the policy they follow."""
    policy = Policy.for_triggers(triggers)
    decisions = [policy.decide(each) for each in triggers]
    return [message(*pair) for pair in zip(triggers, decisions, strict=True)], policy


def message(trigger: Trigger, decision: Decision) -> Notification:
    """The message of a trigger as it was decided, not yet saved."""
    row = new_row(trigger.order.customer, decision.route)
    row.order, row.shipment, row.source = trigger.order, trigger.shipment, trigger.source
    row.critical = decision.critical
    if row.state == "queued":
        row.next_attempt_at, row.last_error = decision.due, decision.deferred
    fill(row, decision.text, values_of(trigger))
    return row


def new_row(customer: Customer, route: Route) -> Notification:
    """A message by this route, still without text; suppressed when there is an obstacle."""
    return Notification(
        customer=customer,
        channel=route.channel,
        recipient=route.recipient,
        provider=route.provider,
        state="suppressed" if route.obstacle else "queued",
        last_error=route.obstacle,
    )


def fill(row: Notification, text: TemplateText, values: Mapping[str, str]) -> None:
    """Fill the message with this text and these values."""
    if row.channel == "email":
        values = {**values, "unsubscribe_url": unsubscribe_tokens.unsubscribe_url(row)}
    hidden = hidden_fields(row.channel)
    values = {name: value for name, value in values.items() if name not in hidden}
    row.message = cut(render(text.body, values), LONGEST_MESSAGE)
    row.subject = cut(render(text.subject, values), LONGEST_SUBJECT)
    row.html = render_html(text.html, values) if text.html else ""
    row.template_version_id, row.when_unknown = text.version, text.when_unknown


def values_of(trigger: Trigger) -> dict[str, str]:
    """What the fields of a template stand for."""
    order, shipment = trigger.order, trigger.shipment
    values = {
        "user_name": order.customer.name,
        "order_number": order.number,
        "item": order.item,
        "amount": f"{order.amount} {order.currency}",
    }
    if trigger.occasion == Occasion.ORDER_NEEDS_ADDRESS:
        values["address_url"] = link.url_for(order) if trigger.source else SAMPLE["address_url"]
    if trigger.occasion in (Occasion.KIT_HERE, Occasion.KIT_DUE):
        url = kit_link.url_of_order(order) if trigger.source else SAMPLE["registration_url"]
        values["registration_url"] = url
    if shipment:
        values |= {
            "reference": shipment.reference,
            "tracking_number": shipment.tracking_number,
            "tracking_url": shipment.tracking_url,
        }
    return values
