"""What staff and customers have decided: rules, texts, limits and opt-outs.

A message is decided once, by `Policy.decide`; whoever writes it fills that in.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, NamedTuple, Self

from django.db import connection

from core.database import clock
from customers.models import Customer
from customers.values.languages import chain
from notifications.channels import address_key, load_addresses
from notifications.models import Occasion
from notifications.policy.channel_selection import Route, choose, routes_to
from notifications.policy.send_window import SendWindow
from notifications.policy.triggers import Trigger, occasions_of
from orders.models import Order, OrderLine, ProductKind

# For a channel that nobody has written a template for yet.
PLAIN_BODY = "Hi {user_name}, news of your order {order_number}: %s."
SWITCHED_OFF = "Staff have switched this event off: customers do not hear of it."


class MatchedRule(NamedTuple):
    """A rule that is valid today: the channel and the text for an event of such orders."""

    occasion: str
    channel: str
    product_kind: str
    kit_type: str
    template_name: str = ""
    since: str = ""  # the first day of a rule with dates
    dated: bool = False
    pk: int = 0


class TemplateText(NamedTuple):
    """A template's texts, and which version of it they are."""

    subject: str
    body: str
    when_unknown: str = "staff"
    html: str = ""
    version: int | None = None
    language: str = ""
    name: str = ""


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
    """What is decided on these occasions, for these customers and what is in these orders.

    Read in one statement: every order that is placed waits for it.
    """

    def __init__(
        self,
        customers: Sequence[Customer],
        occasions: Collection[str],
        orders: Collection[Order] = (),
    ) -> None:
        self._routes = {customer.pk: routes_to(customer) for customer in customers}
        self._rules: list[MatchedRule] = []
        self._texts: dict[tuple[str, str, str, str], TemplateText] = {}
        self._topics: dict[str, tuple[bool, bool]] = {}
        self._refused: set[tuple[str, str]] = set()
        self.window = SendWindow()
        routes = [route for every in self._routes.values() for route in every.values()]
        for kind, facts in _read(occasions, routes, customers):
            getattr(self, f"_take_{kind}")(*facts)
        if self.window.per_day and customers:
            self.window.slots = _slots(customers, self.window.per_day)
        self._kinds = self._kinds_of(orders)

    @classmethod
    def for_triggers(cls, triggers: Sequence[Trigger]) -> Self:
        """What is decided on all that the messages of these triggers need."""
        orders = [each.order for each in triggers]
        customers = [order.customer for order in orders]
        load_addresses(customers)
        return cls(customers, occasions_of(triggers), orders)

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
        is_on, critical = self._topics.get(occasion, (True, False))
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

    def _take_rule(self, *facts: Any) -> None:
        self._rules.append(MatchedRule(*facts))

    def _take_template(self, *facts: Any) -> None:
        occasion, name, channel, language, *rest = facts
        text = TemplateText(*rest)._replace(language=language, name=name)
        self._texts[occasion, name, channel, language] = text

    def _take_topic(self, occasion: str, is_on: bool, critical: bool) -> None:
        self._topics[occasion] = is_on, critical

    def _take_optout(self, channel: str, recipient: str) -> None:
        self._refused.add((channel, recipient))

    def _take_limits(self, begin: str | None, end: str | None, *most: int) -> None:
        begins, ends = (time.fromisoformat(hour) if hour else None for hour in (begin, end))
        per_day, duplicate, digest = most
        self.window = SendWindow(begins, ends, per_day, duplicate, digest)

    def text_for(
        self, occasion: str, channel: str, language: str = "", name: str = ""
    ) -> TemplateText | None:
        """The text by this name, else the usual one, in the customer's language or the next
        that staff have written."""
        for named in dict.fromkeys((name, "")):
            for tag in chain(language):
                if text := self._texts.get((occasion, named, channel, tag)):
                    return text
        return None

    def unless_refused(self, route: Route) -> Route:
        """The route, with the obstacle when its recipient wants no more messages."""
        if (route.channel, address_key(route.recipient)) not in self._refused:
            return route
        return replace(route, obstacle="The customer has opted out of this channel.")

    def _kinds_of(self, orders: Collection[Order]) -> Mapping[int, set[str]]:
        """The kinds of product in each order; looked up only when a rule asks for one."""
        kinds: defaultdict[int, set[str]] = defaultdict(set)
        for order in orders:
            if order.kit_type:
                kinds[order.pk].add(ProductKind.DNA_KIT)
        if {rule.product_kind for rule in self._rules} - {"", ProductKind.DNA_KIT}:
            for order in (each for each in orders if each.is_revision):
                kinds[order.pk] |= {line.product.kind for line in order.lines.all()}
            present = [order.pk for order in orders if not order.is_revision]
            lines = OrderLine.objects.filter(order__in=present)
            for order_id, kind in lines.values_list("order_id", "product__kind").distinct():
                kinds[order_id].add(kind)
        return kinds

    def _fitting(self, order: Order, occasion: str) -> list[MatchedRule]:
        """The rules that fit, the winner first: kit type before kind of product before any.

        Among those a rule with dates wins over one without, the later begun over the earlier.
        """
        kinds = self._kinds.get(order.pk, ())
        fitting = [
            rule
            for rule in self._rules
            if rule.occasion == occasion
            and rule.kit_type in ("", order.kit_type)
            and rule.product_kind in ("", *kinds)
        ]
        fitting.sort(key=lambda rule: (rule.dated, rule.since, rule.pk), reverse=True)
        fitting.sort(key=lambda rule: (not rule.kit_type, not rule.product_kind))
        return fitting


# By plain SQL: the ORM would take a millisecond to word it, several times what PostgreSQL takes.
_STATEMENT = """
SELECT 'rule', json_build_array(occasion, channel, product_kind, kit_type, template_name,
       coalesce(valid_from::text, ''), valid_from IS NOT NULL OR valid_until IS NOT NULL, id)
  FROM notifications_rule
 WHERE is_active AND occasion = ANY(%(occasions)s)
   AND coalesce(valid_from <= %(today)s, true) AND coalesce(valid_until >= %(today)s, true)
UNION ALL
SELECT 'template',
       json_build_array(occasion, name, channel, language, subject, body, when_unknown,
       html, current_id)
  FROM notifications_template
 WHERE occasion = ANY(%(occasions)s) AND language = ANY(%(languages)s)
UNION ALL
SELECT 'topic', json_build_array(occasion, is_on, critical)
  FROM notifications_topic WHERE occasion = ANY(%(occasions)s)
UNION ALL
SELECT 'optout', json_build_array(channel, recipient)
  FROM notifications_optout WHERE recipient = ANY(%(addresses)s)
UNION ALL
SELECT 'limits', json_build_array(quiet_from::text, quiet_until::text, messages_per_day,
       duplicate_minutes, digest_minutes)
  FROM notifications_limits WHERE id = 1
"""
_SLOTS = """
SELECT c.id, ARRAY(
         SELECT n.next_attempt_at
           FROM notifications_notification n
          WHERE n.customer_id = c.id AND n.state <> 'suppressed'
          ORDER BY n.id DESC LIMIT %s)
  FROM unnest(%s::bigint[]) c(id)
"""


def _read(
    occasions: Iterable[str], routes: Iterable[Route], customers: Iterable[Customer]
) -> list[tuple[str, list[Any]]]:
    """All the facts, each with its kind in front."""
    people = list(customers)
    languages = {"", *(person.language for person in people)}
    parameters: dict[str, Any] = {
        "occasions": list(occasions),
        "addresses": list({address_key(route.recipient) for route in routes}),
        "languages": list({tag for name in languages for tag in chain(name)}),
        "today": clock.today(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, parameters)
        return list(cursor.fetchall())


def _slots(customers: Iterable[Customer], most: int) -> dict[int, list[datetime]]:
    """When each customer's latest messages were due, newest first; those that are committed.

    Nobody is locked here, in the middle of anybody's transaction: `spacing` counts again after it.
    """
    keys = sorted({person.pk for person in customers})
    with connection.cursor() as cursor:
        cursor.execute(_SLOTS, [most, keys])
        return dict(cursor.fetchall())
