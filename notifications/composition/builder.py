"""How triggers become messages: route, text and moment, as staff and customers decided."""

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
from notifications.policy.channel_selection import Route, choose, routes_to
from notifications.policy.policy import MatchedRule, Policy, TemplateText
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
class Trigger:
    """What a customer is notified of, once: `source` names it."""

    source: str
    occasion: str
    order: Order
    shipment: Shipment | None = None


def trigger_from_order(event: OrderEvent) -> Trigger | None:
    """The trigger of an order's event; None when customers are not notified of it.

    One that waits for an address is asked for it, and counts as placed once it has one: what was
    announced before that, also by a release that asked nobody, is not announced again.
    """
    occasion, order = ORDER_OCCASIONS.get(event.kind), event.order
    if occasion is None or (event.kind == "address-set" and not order.ships):
        return None
    if event.kind == "placed" and order.delivery_service and not order.ships:
        waits = Trigger(f"order:{order.pk}:{NEEDS_ADDRESS}", Occasion.ORDER_NEEDS_ADDRESS, order)
        return waits if order.awaits_address else None
    name = "cancelled" if event.kind == "cancelled" else "placed"
    return Trigger(f"order:{order.pk}:{name}", occasion, order)


def trigger_from_shipment(event: ShipmentEvent) -> Trigger | None:
    """The trigger of a shipment's event: each status once, however often it comes; of failed
    attempts to deliver each one. None when customers are not notified of it."""
    status = FAILED if event.kind == ATTEMPT else event.to_state
    if status not in TRACKED:
        return None
    source = f"shipment:{event.shipment_id}:{status}"
    if status == FAILED and event.reported_id:
        source += f":{event.reported_id}"
    # Of what is in this parcel, whatever its order holds by now.
    order = event.shipment.as_ordered
    return Trigger(source, f"shipment-{status}", order, event.shipment)


def occasion_of_source(source: str) -> str:
    """The occasion of a parcel's trigger, by its `source`."""
    return f"shipment-{source.split(':')[2]}"


@dataclass(frozen=True, slots=True)
class Decision:
    """Route and text for a trigger, and which rules they come from, the winner first."""

    route: Route
    text: TemplateText | None
    rules: Sequence[MatchedRule]


def messages_for(triggers: Sequence[Trigger]) -> tuple[list[Notification], Policy]:
    """The messages of these triggers, not yet saved; and the policy they follow."""
    load_addresses([each.order.customer for each in triggers])
    routes = [routes_to(each.order.customer) for each in triggers]
    policy = Policy(
        occasions_of(triggers),
        chain(*(every.values() for every in routes)),
        [each.order.customer for each in triggers],
    )
    kinds = policy.kinds_of([each.order for each in triggers])
    rows = []
    for each, open_routes in zip(triggers, routes, strict=True):
        decision = decide(each, policy, kinds.get(each.order.pk, ()), open_routes)
        rows.append(_message(each, decision, policy))
    return rows, policy


def occasions_of(triggers: Iterable[Trigger]) -> set[str]:
    """What to look up: with a parcel, all that one message about several of them may need."""
    occasions = {each.occasion for each in triggers}
    if occasions & set(PARCEL_OCCASIONS):
        occasions |= {*PARCEL_OCCASIONS, Occasion.DIGEST}
    return occasions


def decide(
    trigger: Trigger,
    policy: Policy,
    kinds: Iterable[str],
    routes: Mapping[str, Route] | None = None,
) -> Decision:
    """Route and text: what the order asked for, else the customer, else the rules."""
    order = trigger.order
    rules = policy.rules(trigger.occasion, order.kit_type, list(kinds))
    ruled = [rule.channel for rule in rules[:1]]
    wanted = [order.channel, order.customer.channel, *ruled]
    route = policy.unless_refused(choose(routes or routes_to(order.customer), wanted))
    if not policy.is_on(trigger.occasion):
        route = replace(route, obstacle=SWITCHED_OFF)
    name = rules[0].template_name if rules else ""
    text = policy.text_for(trigger.occasion, route.channel, order.customer.language, name)
    return Decision(route, text, rules)


def _message(trigger: Trigger, decision: Decision, policy: Policy) -> Notification:
    plain = PLAIN_BODY % Occasion(trigger.occasion).label
    row = new_row(trigger.order.customer, decision.route)
    row.order, row.shipment, row.source = trigger.order, trigger.shipment, trigger.source
    row.critical = policy.is_critical(trigger.occasion)
    fill(row, decision.text or TemplateText("", plain), values_of(trigger))
    send_window.apply(row, policy.window)
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
    hidden = hidden_fields(row.channel)
    values = {name: value for name, value in values.items() if name not in hidden}
    if row.channel == "email":
        values = {**values, "unsubscribe_url": unsubscribe_tokens.unsubscribe_url(row)}
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
    if shipment:
        values |= {
            "reference": shipment.reference,
            "tracking_number": shipment.tracking_number,
            "tracking_url": shipment.tracking_url,
        }
    return values
