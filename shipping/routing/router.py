"""Which provider an order goes by, and why: the staff's rules, read in one way everywhere.

For one order they are read here, for a run of the schedule by `set_based`, the same in SQL.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import md5
from typing import Any, Self

from django.conf import settings
from django.db import connection

from core.database.reference import KeptWhole
from orders.models import Order
from shipping import providers
from shipping.models import ProviderProfile, RoutingRule


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an order at one rule."""

    rule: RoutingRule
    outcome: str
    is_match: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """The provider of an order, why, and all that it may go by, in order of preference."""

    provider: str
    because: str
    preference: tuple[str, ...]
    steps: tuple[Step, ...] = ()


@dataclass
class Router:
    """The rules and the providers as they are at this moment."""

    rules: Sequence[RoutingRule]
    profiles: Sequence[ProviderProfile] = ()
    default: str = field(default_factory=lambda: str(settings.SHIPPING_PROVIDER))

    @classmethod
    def load(cls) -> Self:
        """As they are now: every order that is placed asks. The rows are not to be changed."""
        return cls(*_kept.get())

    def with_rule(self, rule: RoutingRule) -> "Router":
        """As they would be if this rule were in use."""
        rules = sorted(
            [*self.without(rule).rules, rule], key=lambda each: (each.priority, each.pk or 2**63)
        )
        return Router(rules, self.profiles, self.default)

    def without(self, rule: RoutingRule) -> "Router":
        """As they would be without this rule."""
        rules = [each for each in self.rules if each.pk != rule.pk]
        return Router(rules, self.profiles, self.default)

    @cached_property
    def usable(self) -> dict[str, str]:
        """The providers there are, each with what speaks against it: empty when nothing does."""
        profiles = {profile.provider: profile for profile in self.profiles}
        return {name: obstacle(name, profiles.get(name)) for name in providers.names()}

    def profile(self, name: str) -> ProviderProfile:
        """What staff set for a provider."""
        known = {profile.provider: profile for profile in self.profiles}
        return known.get(name) or ProviderProfile(provider=name)

    def route(self, order: Order) -> Route:
        """The first rule that takes the order decides; without one SHIPPING_PROVIDER carries it.

        Fail-over keeps to what staff have said of such an order: the rules that take it, then the
        provider of those that only their share left out.
        """
        steps = tuple(self._step(rule, order) for rule in self.rules)
        taking = [step.rule for step in steps if step.is_match]
        left_out = [step.rule for step in steps if step.outcome == LEFT_OUT]
        chosen = [rule.provider for rule in taking] or [self.default]
        preference = tuple(dict.fromkeys([*chosen, *(rule.provider for rule in left_out)]))
        return Route(chosen[0], _because(taking, self.default), preference, steps)

    def _step(self, rule: RoutingRule, order: Order) -> Step:
        if why := self.usable.get(rule.provider, "there is no such provider"):
            return Step(rule, f"{rule.provider}: {why}")
        if why := _mismatch(rule, order):
            return Step(rule, why)
        if bucket(rule, order) >= rule.share:
            return Step(rule, LEFT_OUT)
        return Step(rule, "takes it", is_match=True)


_ALL = """
SELECT (SELECT coalesce(json_agg(r ORDER BY r.priority, r.id), '[]')
        FROM shipping_routingrule r WHERE r.is_active),
       (SELECT coalesce(json_agg(p), '[]') FROM shipping_providerprofile p)
"""


def _read() -> tuple[list[RoutingRule], list[ProviderProfile]]:
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        rules, profiles = cursor.fetchone()
    return [RoutingRule(**row) for row in rules], [_profile(row) for row in profiles]


_kept = KeptWhole(_read)

LEFT_OUT = "not in its share"


def _profile(row: dict[str, Any]) -> ProviderProfile:
    """The row, whose days JSON has as texts."""
    days = [date.fromisoformat(day) for day in row["closed_days"]]
    return ProviderProfile(**row | {"closed_days": days})


def obstacle(name: str, profile: ProviderProfile | None) -> str:
    """What speaks against giving parcels to a provider; empty when nothing does."""
    if profile is not None and not profile.is_active:
        return "switched off"
    if name not in providers.names():
        return "there is no such provider"
    try:
        provider = providers.get(name)
    except Exception as error:  # noqa: BLE001 - a broken file must not stop the orders of others
        return f"its file cannot be used ({type(error).__name__})"
    if provider.is_fake and not settings.DEMO:
        return "carries no real parcels"
    has = provider.with_url(profile.url) if profile is not None and profile.url else provider
    return f"lacks {', '.join(missing)}" if (missing := has.missing()) else ""


def _because(taking: Sequence[RoutingRule], default: str) -> str:
    if not taking:
        return f"by {default}: no rule takes it"
    rule = taking[0]
    asked = ", ".join(conditions(rule)) or "every order"
    return f"by {rule.provider}: rule “{rule.name}” takes it ({asked})"


def conditions(rule: RoutingRule) -> Iterable[str]:
    """What a rule asks for, in words."""
    if rule.country:
        yield f"to {rule.country}"
    if rule.delivery_service:
        yield rule.delivery_service
    if rule.kind:
        yield f"holds {rule.get_kind_display()}"
    if rule.weight_from is not None:
        yield f"from {rule.weight_from} g"
    if rule.weight_below is not None:
        yield f"below {rule.weight_below} g"
    if rule.share < 100:
        yield f"{rule.share} % of them"


def _mismatch(rule: RoutingRule, order: Order) -> str:
    """The first condition that does not hold; empty when all do."""
    if rule.country not in {"", order.country}:
        return "another country"
    if rule.delivery_service not in {"", order.delivery_service}:
        return "another delivery service"
    if rule.weight_from is not None and grams(order) < rule.weight_from:
        return "lighter"
    if rule.weight_below is not None and grams(order) >= rule.weight_below:
        return "heavier"
    if rule.kind and rule.kind not in {line.product.kind for line in order.lines.all()}:
        return "holds no such product"
    return ""


def grams(order: Order) -> int:
    """The weight of all its pieces."""
    return sum(line.quantity * line.weight for line in order.lines.all())


def bucket(rule: RoutingRule, order: Order) -> int:
    """0 to 99, by rule and order number: the same at every reading, and other for each rule."""
    digest = md5(f"{rule.pk}:{order.number}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 100


_GRAMS = (
    "(SELECT coalesce(sum(l.quantity::bigint * l.weight), 0) "
    "FROM orders_orderline l WHERE l.order_id = o.id)"
)
_HOLDS = (
    "EXISTS (SELECT 1 FROM orders_orderline l JOIN orders_product p ON p.id = l.product_id "
    "WHERE l.order_id = o.id AND p.kind = {})"
)
_BUCKET = "('x' || left(md5({} || ':' || o.number), 8))::bit(32)::bigint %% 100"


def set_based() -> tuple[str, dict[str, object]]:
    """SQL for the provider of each row of `occurrences`, by its order, and its values.

    Only what the rules ask of an order is looked at, and only as far as they are asked.
    """
    router = Router.load()
    values: dict[str, object] = {"provider": router.default}
    cases = ""
    for number, rule in enumerate(router.rules):
        if not router.usable.get(rule.provider, "there is no such provider"):
            asked = list(_asked(rule, f"rule_{number}_", values)) or ["TRUE"]
            cases += f" WHEN {' AND '.join(asked)} THEN %(rule_{number}_provider)s"
            values[f"rule_{number}_provider"] = rule.provider
    if not cases:
        return "SELECT occurrences.*, %(provider)s AS provider FROM occurrences", values
    return (
        f"SELECT occurrences.*, CASE{cases} ELSE %(provider)s END AS provider "  # noqa: S608 - ours
        "FROM occurrences JOIN orders_order o ON o.id = occurrences.order_id"
    ), values


def _asked(rule: RoutingRule, prefix: str, values: dict[str, object]) -> Iterable[str]:
    """The conditions of a rule in SQL; their values go into `values`."""

    def value(name: str, given: object) -> str:
        values[prefix + name] = given
        return f"%({prefix}{name})s"

    if rule.country:
        yield f"o.country = {value('country', rule.country)}"
    if rule.delivery_service:
        yield f"o.delivery_service = {value('service', rule.delivery_service)}"
    if rule.weight_from is not None:
        yield f"{_GRAMS} >= {value('from', rule.weight_from)}"
    if rule.weight_below is not None:
        yield f"{_GRAMS} < {value('below', rule.weight_below)}"
    if rule.kind:
        yield _HOLDS.format(value("kind", rule.kind))
    if rule.share < 100:
        yield f"{_BUCKET.format(value('id', rule.pk))} < {value('share', rule.share)}"
