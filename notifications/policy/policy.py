"""What staff and customers have decided: rules, texts, limits and opt-outs.

A message is decided once, by `Policy.decide`; whoever writes it fills that in.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Self

from django.db import connection

from core.database import clock
from core.database.unit_of_work import unit_of_work
from customers.models import Customer
from notifications.channels import address_key
from notifications.models import Occasion
from notifications.policy import staff_decisions
from notifications.policy.channel_selection import Route, choose, read_contacts, routes_to
from notifications.policy.staff_decisions import MatchedRule, TemplateText
from notifications.policy.triggers import Trigger
from orders.models import Order, OrderLine, ProductKind

# For a channel that nobody has written a template for yet.
PLAIN_BODY = "Hi {user_name}, news of your order {order_number}: %s."
SWITCHED_OFF = "Staff have switched this event off: customers do not hear of it."


@dataclass(frozen=True, slots=True)
class Decision:
    """What is sent for a trigger: route, text, moment, and why.

    A route with an obstacle means that nothing is. `deferred`: why it is not `due` at once.
    `rules`: those that fit, the winner first.
    """

    route: Route
    text: TemplateText
    critical: bool
    due: datetime
    deferred: str
    rules: Sequence[MatchedRule]
    channel_because: str


class Policy:
    """What is decided for these customers and what is in these orders.

    What customers decided is read in one statement; what staff did is kept in each process.
    """

    def __init__(
        self,
        customers: Sequence[Customer],
        orders: Collection[Order] = (),
        with_rule: MatchedRule | None = None,
    ) -> None:
        with unit_of_work():  # one reading of the mark
            self._refused = read_contacts(customers)
            self._routes = {customer.pk: routes_to(customer) for customer in customers}
            self._staff = staff_decisions.present()
            if with_rule is not None:  # not saved yet
                self._staff = self._staff.with_rule(with_rule)
            self.window = self._staff.window()
        self._orders, self._today = orders, clock.today()
        if self.window.per_day and customers:
            self.window.slots = _slots(customers, self.window.per_day)

    @classmethod
    def for_triggers(
        cls, triggers: Sequence[Trigger], with_rule: MatchedRule | None = None
    ) -> Self:
        """What is decided on all that the messages of these triggers need."""
        orders = [each.order for each in triggers]
        return cls([order.customer for order in orders], orders, with_rule)

    def decide(self, trigger: Trigger) -> Decision:
        """What is sent: by the channel that the order asked for, else the customer, else the rules.

        Counts the message for the customer's limit.
        """
        order, customer, occasion = trigger.order, trigger.order.customer, trigger.occasion
        rules = self._fitting(order, occasion)
        wanted = [
            (order.channel, "the order asked for it"),
            (customer.channel, "the customer chose it"),
            *((rule.channel, "the rule says so") for rule in rules[:1]),
        ]
        is_on, critical = self._staff.events.get(occasion, (True, False))
        route = self.unless_refused(choose(self.routes_to(customer), [name for name, _ in wanted]))
        if not is_on:
            route = replace(route, obstacle=SWITCHED_OFF)
        name = rules[0].template_name if rules else ""
        text = self.text_for(occasion, route.channel, customer.language, name)
        due, deferred = self.window.due(customer, critical=critical, counted=not route.obstacle)
        otherwise = "nothing else reaches the customer" if rules else "no rule fits"
        return Decision(
            route=route,
            text=text or TemplateText("", PLAIN_BODY % Occasion(occasion).label),
            critical=critical,
            due=due,
            deferred=deferred,
            rules=rules,
            channel_because=next((why for name, why in wanted if name == route.channel), otherwise),
        )

    def routes_to(self, customer: Customer) -> Mapping[str, Route]:
        """The route to one of the customers by each channel, opt-outs left aside."""
        return self._routes[customer.pk]

    def text_for(
        self, occasion: str, channel: str, language: str = "", name: str = ""
    ) -> TemplateText | None:
        """The text by this name, else the usual one, in the customer's language or the next
        that staff have written."""
        return self._staff.text_for(occasion, channel, language, name)

    def unless_refused(self, route: Route) -> Route:
        """The route, with the obstacle when its recipient wants no more messages."""
        if (route.channel, address_key(route.recipient)) not in self._refused:
            return route
        return replace(route, obstacle="The customer has opted out of this channel.")

    @cached_property
    def _kinds(self) -> Mapping[int, set[str]]:
        """The kinds of product in each order."""
        kinds: defaultdict[int, set[str]] = defaultdict(set)
        unknown = []
        for order in self._orders:
            if order.kit_type:
                kinds[order.pk].add(ProductKind.DNA_KIT)
            if (lines := order.known_lines) is None:
                unknown.append(order.pk)
            else:
                kinds[order.pk] |= {line.product.kind for line in lines}
        if unknown:
            others = OrderLine.objects.filter(order__in=unknown)
            for order_id, kind in others.values_list("order_id", "product__kind").distinct():
                kinds[order_id].add(kind)
        return kinds

    def _kinds_in(self, order: Order, rules: Iterable[MatchedRule]) -> Collection[str]:
        """The kinds of product in an order; looked up only when a rule asks for one."""
        if {rule.product_kind for rule in rules} - {"", ProductKind.DNA_KIT}:
            return self._kinds[order.pk]
        return {ProductKind.DNA_KIT} if order.kit_type else ()

    def _fitting(self, order: Order, occasion: str) -> list[MatchedRule]:
        """The rules that fit, the winner first: kit type before kind of product before any.

        Among those a rule with dates wins over one without, the later begun over the earlier.
        """
        every = self._staff.rules.get(occasion, ())
        valid = [rule for rule in every if rule.is_valid_on(self._today)]
        kinds = self._kinds_in(order, valid)
        fitting = [
            rule
            for rule in valid
            if rule.kit_type in ("", order.kit_type) and rule.product_kind in ("", *kinds)
        ]
        fitting.sort(key=lambda rule: (rule.dated, rule.since, rule.pk), reverse=True)
        fitting.sort(key=lambda rule: (not rule.kit_type, not rule.product_kind))
        return fitting


_SLOTS = """
SELECT c.id, ARRAY(
         SELECT n.next_attempt_at
           FROM notifications_notification n
          WHERE n.customer_id = c.id AND n.state <> 'suppressed'
          ORDER BY n.id DESC LIMIT %s)
  FROM unnest(%s::bigint[]) c(id)
"""


def _slots(customers: Iterable[Customer], most: int) -> dict[int, list[datetime]]:
    """When each customer's latest messages were due, newest first; those that are committed.

    Nobody is locked here, in the middle of anybody's transaction: `spacing` counts again after it.
    """
    keys = sorted({person.pk for person in customers})
    with connection.cursor() as cursor:
        cursor.execute(_SLOTS, [most, keys])
        return dict(cursor.fetchall())
