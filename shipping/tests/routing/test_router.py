"""Which provider an order goes by: the rules, one by one and set-based alike."""

import random
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from customers.tests.factories import CustomerFactory
from orders.models import Order, ProductKind
from orders.tests.factories import ADDRESS, KitFactory, ProductFactory, placed_order
from shipping.models import ProviderProfile, RoutingRule, Schedule, Shipment
from shipping.routing import router
from shipping.routing.router import LEFT_OUT, Router
from shipping.schedules.forecast import forecast
from shipping.schedules.run import run_schedule
from shipping.tests.factories import last_event, weekly_schedule

pytestmark = pytest.mark.django_db


def rule(provider: str = "northpost", **conditions: Any) -> RoutingRule:
    """A rule that is in use."""
    made = {"name": f"to {provider}", "is_active": True} | conditions
    return RoutingRule.objects.create(provider=provider, **made)


def by(order: Any = None) -> str:
    return Router.load().route(order or placed_order()).provider


def test_without_a_rule_an_order_goes_by_the_setting():
    route = Router.load().route(placed_order())
    assert (route.provider, route.preference) == ("reference", ("reference",))
    assert route.because == "by reference: no rule takes it"


def test_an_order_is_shipped_by_the_provider_of_its_rule_and_the_history_says_why():
    rule(name="Britain", country="GB")
    shipment = placed_order().shipments.get()
    assert shipment.provider == "northpost"
    assert last_event(shipment).detail == "by northpost: rule “Britain” takes it (to GB)"


@pytest.mark.parametrize(
    ("conditions", "takes"),
    [
        ({"country": "GB"}, True),
        ({"country": "DE"}, False),
        ({"delivery_service": "standard"}, True),
        ({"delivery_service": "express"}, False),
        ({"weight_from": 20}, True),
        ({"weight_from": 21}, False),
        ({"weight_below": 21}, True),
        ({"weight_below": 20}, False),
        ({"kind": "treatment"}, True),
        ({"kind": "dna-kit"}, False),
        ({"country": "GB", "kind": "dna-kit"}, False),
        ({"is_active": False}, False),
    ],
)
def test_each_condition_is_asked(conditions, takes):
    rule(**conditions)
    assert (by() == "northpost") == takes


def test_the_first_by_priority_decides_and_the_others_are_next_in_line():
    rule("swiftparcel", priority=20)
    rule("northpost", priority=10)
    rule("swiftparcel", priority=30)
    route = Router.load().route(placed_order())
    assert route.preference == ("northpost", "swiftparcel")


def test_a_share_takes_the_same_orders_every_time_and_about_as_many_as_it_says():
    first = rule(share=30)
    orders = [placed_order() for _ in range(3)]
    for number in range(1000):
        orders[0].number = f"co-{number}"
        orders[1].number = f"co-{number}"
        assert router.bucket(first, orders[0]) == router.bucket(first, orders[1])
    taken = 0
    for number in range(1000):
        orders[0].number = f"co-{number}"
        taken += router.bucket(first, orders[0]) < 30
    assert 240 < taken < 360


def test_what_a_share_leaves_out_goes_to_the_next_rule_and_may_fall_back_on_it():
    low, order = rule(share=1), placed_order()
    while router.bucket(low, order) == 0:
        order = placed_order()
    route = Router.load().route(order)
    assert route.preference == ("reference", "northpost")
    assert [step.outcome for step in route.steps] == [LEFT_OUT]


@pytest.mark.parametrize("why", ["switched off", "lacks NORTHPOST_LOGIN", "no such provider"])
def test_a_provider_that_cannot_be_used_is_passed_over_and_the_reason_given(why, settings):
    made = rule()
    if why == "switched off":
        ProviderProfile.objects.create(provider="northpost", is_active=False)
    elif why.startswith("lacks"):
        settings.NORTHPOST_LOGIN = ""
    else:
        RoutingRule.objects.filter(pk=made.pk).update(provider="gone")
    route = Router.load().route(placed_order())
    assert route.provider == "reference"
    assert why in route.steps[0].outcome


def test_a_file_that_is_broken_stops_nobody(monkeypatch):
    rule()

    def broken(name: str) -> None:
        raise TypeError(name)

    monkeypatch.setattr("shipping.routing.router.providers.get", broken)
    assert "its file cannot be used" in router.obstacle("northpost", None)
    assert by(Order(number="co-1", country="GB")) == "reference"


def test_the_console_carries_nothing_in_production(settings):
    rule("console")
    assert by() == "console"
    settings.DEMO = False
    assert by() == "reference"


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": 0},
        {"share": 101},
        {"country": "XX"},
        {"weight_below": 0},
        {"weight_from": 9, "weight_below": 9},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        RoutingRule(name="x", provider="northpost", **wrong).full_clean()


def test_a_run_of_the_schedule_goes_by_the_same_rules():
    """Whatever the rules are, SQL and Python agree on every order."""
    dice = random.Random(4)
    kit = KitFactory.create(weight=700)
    light, heavy = ProductFactory.create(weight=5), ProductFactory.create(weight=900)
    for number in range(12):
        rule(
            dice.choice(["northpost", "swiftparcel", "reference", "gone"]),
            name=f"rule {number}",
            priority=dice.randrange(3),
            country=dice.choice(["", "", "GB", "DE"]),
            delivery_service=dice.choice(["", "", "standard", "express"]),
            kind=dice.choice(["", "", *ProductKind.values]),
            weight_from=dice.choice([None, None, 10, 800]),
            weight_below=dice.choice([None, None, 50, 2000]),
            share=dice.choice([100, 50, 20]),
        )
    for _ in range(60):
        products = dice.sample([kit, light, heavy], dice.randint(1, 3))
        order = placed_order(
            interval="weekly",
            lines=[(product, dice.randint(1, 3)) for product in products],
            service=dice.choice(["standard", "express"]),
        )
        order.__class__.objects.filter(pk=order.pk).update(country=dice.choice(["GB", "DE", "FR"]))
    due = Schedule.objects.latest("id").next_on
    assert run_schedule(due).schedules == 60
    router = Router.load()
    made = Shipment.objects.filter(occurrence=1).select_related("order")
    found = {shipment.reference: shipment.provider for shipment in made}
    expected = {s.reference: router.route(s.order).provider for s in made}
    assert found == expected
    assert len(set(found.values())) == 3


def test_an_address_as_long_as_it_may_be_is_routed():
    rule(country=ADDRESS["country"])
    assert weekly_schedule().shipments.get().provider == "northpost"


def test_what_only_this_provider_would_refuse_is_refused_when_it_is_ordered(api):
    """Northpost prints 12 characters of a postcode."""
    rule()
    body = {
        "customer": CustomerFactory.create().pk,
        "items": [{"item_id": ProductFactory.create().item_id, "quantity": 1}],
        "delivery_service": "standard",
        "delivery_address": ADDRESS | {"country": "GH", "postcode": "1234567890123"},
    }
    answer = api().post("/api/v1/orders/", body, format="json")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert "zip: longer than 12 characters" in error["detail"]
    assert not Order.objects.exists()


def test_a_forecast_goes_by_the_rules_too():
    rule(share=50)
    for _ in range(8):
        weekly_schedule()
    found = forecast(days=8)
    due = Schedule.objects.latest("id").next_on
    run_schedule(due)
    made = Shipment.objects.filter(occurrence=1)
    for name in ("reference", "northpost"):
        ours = sum(n for (_, by), n in found.shipments.items() if by == name)
        assert ours == made.filter(provider=name).count()
