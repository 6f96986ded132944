"""An order that was placed is changed: its lines, its price, its address, and its record."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from core.workflow import TransitionNotAllowedError
from orders.changes import Wanted, change
from orders.models import Order, OrderRevision, Product
from orders.tests.factories import (
    ADDRESS,
    KitFactory,
    ProductFactory,
    placed_order,
    placed_sale,
)

pytestmark = pytest.mark.django_db
MOVED = ADDRESS | {"line_1": "99 Moved Street", "postcode": "SW1A 1AA"}


@pytest.fixture
def serum() -> Product:
    return ProductFactory.create(item_id="serum", name="Serum", price=Decimal("25.00"))


@pytest.fixture
def order(serum: Product) -> Order:
    """Two serums a week."""
    return placed_order(interval="weekly", lines=[(serum, 2)])


def lines(order: Order) -> list[tuple[str, int, Decimal]]:
    return [(line.item_id, line.quantity, line.unit_price) for line in order.lines.all()]


def last(order: Order):
    return order.events.order_by("id").last()


def test_a_new_line_has_todays_price_and_one_that_stays_keeps_its_own(order, serum):
    Product.objects.filter(pk=serum.pk).update(price=Decimal("30.00"), weight=99)
    serum.refresh_from_db()
    balm = ProductFactory.create(item_id="balm", name="Balm", price=Decimal("8.00"))
    changed = change(order, Wanted(lines=[(serum, 1), (balm, 3)]), by="user:nurse")
    assert lines(changed) == [("serum", 1, Decimal("25.00")), ("balm", 3, Decimal("8.00"))]
    order.refresh_from_db()
    assert (order.amount, order.item) == (Decimal("49.00"), "Serum, 3 × Balm")
    assert order.lines.get(item_id="serum").weight == 10


def test_the_event_says_who_and_what_but_not_where(order):
    change(order, Wanted(address=MOVED, service="express"), by="user:nurse")
    event = last(order)
    assert (event.kind, event.actor) == ("changed", "user:nurse")
    assert event.detail == "changed: line_1, postcode, delivery_service"
    order.refresh_from_db()
    assert (order.line_1, order.delivery_service) == ("99 Moved Street", "express")


def test_what_it_held_is_kept(order, serum):
    change(order, Wanted(lines=[(serum, 5)]), by="user:nurse")
    held = OrderRevision.objects.get().as_held(Order.objects.get())
    assert (held.item, held.amount) == ("2 × Serum", Decimal("50.00"))
    assert lines(held) == [("serum", 2, Decimal("25.00"))]
    assert held.lines.all()[0].product.kind == serum.kind
    assert "now 5 × Serum: 125.00 GBP" in last(order).detail


def test_a_change_that_changes_nothing_is_not_on_record(order, serum):
    same = Wanted(address=ADDRESS, lines=[(serum, 2)], service="standard")
    change(order, same, by="user:nurse")
    assert last(order).kind == "placed" or last(order).to_state == "active"
    assert not OrderRevision.objects.exists()


def test_a_kit_in_it_is_known(order):
    change(order, Wanted(lines=[(KitFactory.create(item_id="ancestry"), 1)]), by="user:nurse")
    assert Order.objects.get().kit_type == "ancestry"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (lambda p: [], "line_count"),
        (lambda p: [(p, 0)], "quantity"),
        (lambda p: [(p, 1001)], "quantity"),
        (lambda p: [(p, 1), (p, 2)], "listed_twice"),
        (lambda p: [(ProductFactory.create(is_active=False), 1)], "not_on_sale"),
        (lambda p: [(ProductFactory.create(currency="KES"), 1)], "mixed_currencies"),
        (lambda p: [(p, 1), (ProductFactory.create(currency="KES"), 1)], "mixed_currencies"),
        (
            lambda p: [(ProductFactory.create(price=Decimal("9999999999.00")), 2)],
            "too_much",
        ),
    ],
)
def test_what_could_not_be_ordered_is_refused_and_nothing_is_changed(order, serum, wanted, code):
    with pytest.raises(ValidationError) as refused:
        change(order, Wanted(lines=wanted(serum), service="express"), by="user:nurse")
    assert [error.code for error in refused.value.error_dict["items"]] == [code]
    order.refresh_from_db()
    assert (lines(order), order.delivery_service) == (
        [("serum", 2, Decimal("25.00"))],
        "standard",
    )
    assert not OrderRevision.objects.exists()


def test_an_address_that_cannot_be_printed_is_refused_by_line(order):
    with pytest.raises(ValidationError) as refused:
        change(order, Wanted(address=MOVED | {"city": "x" * 36}), by="user:nurse")
    assert list(refused.value.error_dict) == ["city"]
    assert Order.objects.get().line_1 == ADDRESS["line_1"]


@pytest.mark.parametrize("state", ["shipped", "delivered", "finished", "cancelled"])
def test_an_order_that_has_ended_is_not_changed(order, state):
    Order.objects.update(state=state)
    with pytest.raises(TransitionNotAllowedError, match=f"is {state}: it cannot be changed"):
        change(order, Wanted(address=MOVED), by="user:nurse")


def test_a_sale_in_words_has_nothing_to_change():
    with pytest.raises(TransitionNotAllowedError, match="No parcel belongs to"):
        change(placed_sale(), Wanted(address=MOVED), by="user:nurse")
