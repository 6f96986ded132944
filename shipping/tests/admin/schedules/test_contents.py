"""Staff change what a running subscription sends, and where, from its page and its order's."""

import re
from typing import Any

import pytest
import time_machine
from django.test import Client

from identity.tests.factories import actor_named
from orders.changes import Wanted, change
from orders.models import Order
from orders.tests.factories import ADDRESS, ProductFactory, placed_order
from shipping.models import Schedule
from shipping.tests.admin.test_shipments import signed_in
from shipping.tests.factories import last_event, weekly_schedule

MOVED = ADDRESS | {"line_1": "99 Moved Street"}


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel("2026-01-31 12:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def support() -> Client:
    return signed_in("support")


@pytest.fixture
def schedule() -> Schedule:
    return weekly_schedule()


def url(schedule: Schedule) -> str:
    return f"/admin/shipping/schedule/{schedule.pk}/contents/"


def drawn(client: Client, schedule: Schedule) -> dict[str, Any]:
    """What the page would send as it stands, its tick included."""
    form = client.get(url(schedule)).context["form"]
    data = {name: form[name].value() for name in form.fields}
    ticked = data.pop("include_unsent", False)
    for line in form.lines:
        data |= {line.add_prefix(name): line[name].value() or "" for name in line.fields}
    data |= {f"lines-{k}": v for k, v in form.lines.management_form.initial.items()}
    data = {name: "" if value is None else value for name, value in data.items()}
    return data | ({"include_unsent": "on"} if ticked else {})


def send(client: Client, schedule: Schedule, data: dict[str, Any], do: str, **typed: Any) -> Any:
    return client.post(url(schedule), data | {"do": do} | typed)


def looked(client: Client, schedule: Schedule, data: dict[str, Any], **typed: Any) -> Any:
    """The data with which the button under a preview comes back."""
    shown = send(client, schedule, data, "preview", **typed)
    return shown, data | typed | {"seen": shown.context["form"].data["seen"]}


def test_somebody_moves_and_it_is_shown_before_it_is_done(support, schedule):
    data = drawn(support, schedule)
    shown, data = looked(support, schedule, data, line_1="99 Moved Street")
    text = shown.content.decode()
    assert re.search(r"Now.*battleship building.*Then.*99 Moved Street", text, re.S)
    assert "Sat 7 Feb 2026" in text
    assert Order.objects.get().line_1 == ADDRESS["line_1"]
    assert send(support, schedule, data, "change").status_code == 302
    assert schedule.shipments.get().line_1 == Order.objects.get().line_1 == "99 Moved Street"
    event = last_event(schedule)
    assert (event.kind, event.actor) == ("changed", actor_named("support1"))
    assert "99 Moved" not in event.detail


def test_products_quantities_and_service_are_changed_and_priced(support, schedule):
    balm = ProductFactory.create(name="Balm", price="8.00")
    typed = {"lines-0-quantity": 0, "lines-1-product": balm.pk, "lines-1-quantity": 3}
    data = drawn(support, schedule)
    data.pop("include_unsent")
    shown, data = looked(support, schedule, data, **typed, delivery_service="express")
    assert "3 × Balm: 24.00 GBP" in shown.content.decode()
    send(support, schedule, data, "change")
    order = Order.objects.get()
    assert (order.item, order.delivery_service) == ("3 × Balm", "express")
    assert schedule.shipments.get().lines[0].quantity == 2, "what is made stays, unless ticked"


def test_a_button_that_was_pressed_unseen_does_nothing(support, schedule):
    data = drawn(support, schedule)
    assert send(support, schedule, data, "change", line_1="99 Moved Street").status_code == 200
    assert Order.objects.get().line_1 == ADDRESS["line_1"]


def test_the_second_of_two_sees_the_first_and_writes_nothing_over_it(support, schedule):
    _, data = looked(support, schedule, drawn(support, schedule), city="Leeds")
    product = schedule.order.lines.get().product
    change(schedule.order, Wanted(lines=[(product, 9)]), by="user:other")
    shown = send(support, schedule, data, "change")
    assert "It was changed meanwhile" in shown.content.decode()
    assert shown.context["form"].lines[0]["quantity"].value() == 9
    assert (Order.objects.get().city, Order.objects.get().lines.get().quantity) == ("London", 9)


def test_a_double_click_changes_it_once(support, schedule):
    _, data = looked(support, schedule, drawn(support, schedule), line_1="99 Moved Street")
    assert [send(support, schedule, data, "change").status_code for _ in range(2)] == [302, 302]
    assert schedule.events.filter(kind="changed").count() == 1


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ({"lines-0-quantity": 0}, "Order 1 to 100 different products"),
        ({"lines-0-quantity": 1001}, "less than or equal to 1000"),
        ({"line_1": "x" * 36}, "at most 35 characters"),
        ({"postcode": ""}, "postcode"),
        ({"country": "ZZ"}, "Select a valid choice"),
        ({"delivery_service": "drone"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_and_not_done(support, schedule, typed, text):
    shown = send(support, schedule, drawn(support, schedule), "preview", **typed)
    assert text in shown.content.decode()
    assert not schedule.order.events.filter(kind="changed").exists()


def test_a_product_that_is_out_of_sale_stays_until_the_products_are_changed(support, schedule):
    schedule.order.lines.get().product.__class__.objects.update(is_active=False)
    _, data = looked(support, schedule, drawn(support, schedule), line_1="99 Moved Street")
    assert send(support, schedule, data, "change").status_code == 302
    again = send(support, schedule, drawn(support, schedule), "preview", **{"lines-0-quantity": 3})
    assert "is not on sale" in again.content.decode()


def test_the_orders_page_leads_there(support, schedule):
    page = f"/admin/orders/order/{schedule.order_id}"
    assert "change-contents" in support.get(f"{page}/change/").content.decode()
    assert support.get(f"{page}/change-contents/").url == f"{url(schedule)}?from=order"
    once = placed_order()
    assert support.get(f"/admin/orders/order/{once.pk}/change-contents/").status_code == 403


def test_who_may_only_look_and_what_has_ended_is_refused(support, schedule):
    assert signed_in("auditor").get(url(schedule)).status_code == 403
    Schedule.objects.update(state="cancelled")
    assert support.get(url(schedule)).status_code == 403
