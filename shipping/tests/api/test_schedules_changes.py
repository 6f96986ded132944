"""What a running subscription sends, and where, is changed over HTTP (F25, H34)."""

from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from orders.models import Order
from orders.tests.factories import ADDRESS, ProductFactory
from shipping.dispatch.queue import dispatch
from shipping.models import ProviderProfile, RoutingRule, Schedule
from shipping.tests.factories import weekly_schedule

MOVED = ADDRESS | {"line_1": "99 Moved Street"}
SCHEDULES = "/api/v1/schedules/"


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel("2026-01-31 12:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def schedule() -> Schedule:
    return weekly_schedule()


def patch(api: Any, schedule: Schedule, *scopes: str, **body: Any) -> Any:
    return api(*scopes).patch(f"{SCHEDULES}{schedule.pk}/", body, format="json")


def attrs(answer: Any) -> list[str]:
    return [error["attr"] for error in answer.json()["errors"]]


def test_H34_somebody_moves_and_the_next_parcel_goes_there(api, provider):
    shop, customer = api(), {"name": "Jane", "phone_number": "07451277972"}
    key = shop.post("/api/v1/customers/", customer, format="json").json()["id"]
    ProductFactory.create(item_id="serum")
    body = {"customer": key, "items": [{"item_id": "serum", "quantity": 2}]}
    body |= {
        "delivery_address": ADDRESS | {"line_1": "1 Old Street"},
        "shipping_interval": "weekly",
    }
    order = shop.post("/api/v1/orders/", body, format="json").json()["id"]
    dispatch()
    schedule = Schedule.objects.get(order=order)
    assert patch(api, schedule, delivery_address=MOVED).status_code == 200
    call_command("run_schedule", "--today", str(schedule.next_on))
    dispatch()
    sent = [entry["body"]["delivery_address"]["line_1"] for entry in provider.parcels()]
    assert sent == ["1 Old Street", "99 Moved Street"]
    event = schedule.events.latest("id")
    assert event.kind == "changed"
    assert event.actor.startswith("client:")
    assert event.detail == "changed: line_1"


def test_the_answer_shows_what_it_sends_then(api, schedule):
    ProductFactory.create(item_id="balm", price="8.00")
    items = [{"item_id": "balm", "quantity": 3}]
    body: dict[str, Any] = {"items": items, "delivery_service": "express"}
    shown = patch(api, schedule, **body, delivery_address=MOVED, interval="monthly").json()
    assert (shown["items"], shown["delivery_service"]) == (items, "express")
    assert (shown["delivery_address"], shown["interval"]) == (MOVED, "monthly")
    order = api().get(f"/api/v1/orders/{schedule.order_id}/").json()
    assert (order["amount"], order["item"], order["delivery_address"]) == (
        "24.00",
        f"3 × {order['lines'][0]['name']}",
        MOVED,
    )


def test_an_address_is_shown_to_those_who_may_see_orders_alone(api, schedule):
    shown = patch(api, schedule, "shipping:read", "shipping:write", delivery_address=MOVED)
    assert (shown.status_code, shown.json()["delivery_address"]) == (200, None)
    listed = api("shipping:read", "orders:read").get(SCHEDULES).json()["results"][0]
    assert listed["delivery_address"] == MOVED


def test_who_may_only_read_changes_nothing(api, schedule):
    assert patch(api, schedule, "shipping:read", delivery_address=MOVED).status_code == 403
    assert Order.objects.get().line_1 == ADDRESS["line_1"]


def test_what_waits_follows_when_it_is_told_to(api, schedule):
    shipments = f"/api/v1/orders/{schedule.order_id}/shipments/"
    item_id = schedule.order.lines.get().item_id
    items = [{"item_id": item_id, "quantity": 7}]
    patch(api, schedule, items=items)
    [parcel] = api().get(shipments).json()["results"]
    assert parcel["items"] == [{"item_id": item_id, "quantity": 2}]
    patch(api, schedule, items=items, include_unsent=True)
    [parcel] = api().get(shipments).json()["results"]
    assert parcel["items"] == items
    assert parcel["events"][-1]["kind"] == "changed"


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"items": []}, "items"),
        ({"items": None}, "items"),
        ({"items": [{"item_id": "none", "quantity": 1}]}, "items.0.item_id"),
        ({"items": [{"item_id": "past", "quantity": 1}]}, "items.0.item_id"),
        ({"items": [{"item_id": "serum", "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"item_id": "serum", "quantity": "2"}]}, "items.0.quantity"),
        ({"items": [{"item_id": "serum", "quantity": 1001}]}, "items.0.quantity"),
        ({"items": [{"item_id": "serum"}]}, "items.0.quantity"),
        ({"items": [{"item_id": "serum", "quantity": 1}] * 2}, "items"),
        ({"items": [{"item_id": "shillings", "quantity": 1}]}, "items"),
        ({"delivery_service": "drone"}, "delivery_service"),
        ({"delivery_address": None}, "delivery_address"),
        ({"delivery_address": {"city": "London"}}, "delivery_address.recipient"),
        ({"delivery_address": MOVED | {"line_1": "x" * 36}}, "delivery_address.line_1"),
        ({"delivery_address": MOVED | {"postcode": ""}}, "delivery_address.postcode"),
        ({"delivery_address": MOVED | {"phone": "1"}}, "delivery_address.phone"),
        ({"include_unsent": True}, "include_unsent"),
        ({"include_unsent": "perhaps", "delivery_address": MOVED}, "include_unsent"),
        ({"interval": "weekly", "order": 7}, "order"),
    ],
)
@pytest.mark.parametrize("verb", ["", "preview/"])
def test_what_makes_no_sense_is_a_400_and_nothing_is_changed(api, schedule, body, attr, verb):
    ProductFactory.create(item_id="serum")
    ProductFactory.create(item_id="past", is_active=False)
    ProductFactory.create(item_id="shillings", currency="KES")
    method = "post" if verb else "patch"
    answer = getattr(api(), method)(f"{SCHEDULES}{schedule.pk}/{verb}", body, format="json")
    assert (answer.status_code, attr in attrs(answer)) == (400, True), answer.json()
    assert not schedule.order.events.filter(kind="changed").exists()
    assert schedule.events.count() == 1


def test_one_half_of_a_change_is_not_done_without_the_other(api, schedule):
    body = {"delivery_address": MOVED, "anchor": "2100-01-01"}
    assert patch(api, schedule, **body).status_code == 400
    assert Order.objects.get().line_1 == ADDRESS["line_1"]


def test_what_has_ended_is_a_409(api, schedule):
    api().post(f"{SCHEDULES}{schedule.pk}/cancel/")
    for body in ({"delivery_address": MOVED}, {"delivery_service": "express"}, {}):
        assert patch(api, schedule, **body).status_code == 409


def test_what_the_provider_cannot_take_is_a_400_that_names_the_field(api, schedule):
    RoutingRule.objects.create(name="all", provider="northpost", is_active=True)
    moved = MOVED | {"country": "GH", "postcode": "GA-183-8164, behind it"}
    answer = patch(api, schedule, delivery_address=moved)
    assert (answer.status_code, attrs(answer)) == (400, ["delivery_address"])


def test_a_preview_shows_days_provider_and_price_before_and_after_and_does_nothing(api, schedule):
    RoutingRule.objects.create(name="DE", provider="console", country="DE", is_active=True)
    ProviderProfile.objects.create(provider="console", working_days=[3])
    moved = MOVED | {"country": "DE", "postcode": "10115"}
    item = schedule.order.lines.get().item_id
    body = {"delivery_address": moved, "items": [{"item_id": item, "quantity": 5}]}
    url = f"{SCHEDULES}{schedule.pk}/"
    shown = api().post(f"{url}preview/", body, format="json").json()
    then, now = shown["planned"][0], shown["now"]["planned"][0]
    assert (now["ship_on"], then["ship_on"]) == ("2026-02-07", "2026-02-11")
    assert (shown["now"]["provider"], shown["provider"]) == ("reference", "console")
    assert (shown["now"]["amount"], shown["amount"]) == ("50.00", "125.00")
    assert shown["unsent"] == [schedule.shipments.get().reference]
    assert not schedule.order.events.filter(kind="changed").exists()
    changed = api().patch(url, body, format="json").json()
    assert changed["planned"] == shown["planned"]


def test_the_forecast_follows(api, schedule):
    RoutingRule.objects.create(name="DE", provider="console", country="DE", is_active=True)
    patch(api, schedule, delivery_address=MOVED | {"country": "DE", "postcode": "10115"})
    schedule.shipments.update(state="delivered")
    days = api().get(f"{SCHEDULES}forecast/?days=10").json()
    assert days["providers"] == ["console"]


def test_the_lists_cost_the_same_whatever_they_hold(api, django_assert_max_num_queries):
    client = api()
    for url, most in ((SCHEDULES, 8), ("/api/v1/shipments/", 8)):
        for _ in range(3):
            row = weekly_schedule()
            patch(api, row, items=[{"item_id": ProductFactory.create().item_id, "quantity": 1}])
        with django_assert_max_num_queries(most):
            assert client.get(url).status_code == 200
