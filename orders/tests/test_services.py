"""The verbs of orders."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customers import contact_channels
from customers.tests.factories import AddressFactory, CustomerFactory
from orders.models import Order, OrderEvent, OrderLine
from orders.services import (
    Delivery,
    advance_order,
    cancel_order,
    place_dna_kit_order,
    place_order,
    place_sale,
    set_address,
)
from orders.tests.factories import (
    ADDRESS,
    KitFactory,
    ProductFactory,
    placed_kit_order,
    placed_order,
    placed_sale,
)

pytestmark = pytest.mark.django_db


def kinds(order):
    return [event.kind for event in order.events.all()]


def test_placing_writes_one_event():
    for order in (placed_order(), placed_sale(), placed_kit_order()):
        assert kinds(order) == ["placed"]
        assert order.events.get().actor == "user:test"


def test_an_order_has_its_number_at_once():
    order = placed_order()
    assert order.number == f"co-{order.pk}" == str(Order.objects.get().number)


def test_the_lines_are_known_without_asking(django_assert_num_queries):
    order = placed_order()
    with django_assert_num_queries(0):
        assert [line.quantity for line in order.lines.all()] == [2]
    assert order.lines.filter(quantity=2).count() == 1


def test_lines_keep_price_and_weight_of_the_day():
    serum = ProductFactory.create(price=Decimal("25.00"), weight=10)
    order = placed_order(lines=[(serum, 2)])
    serum.price, serum.weight = Decimal("99.00"), 99
    serum.save()
    line = Order.objects.get(pk=order.pk).lines.get()
    assert (line.unit_price, line.weight) == (Decimal("25.00"), 10)


def test_orders_keep_the_address_of_the_day():
    home = AddressFactory.create()
    order = place_dna_kit_order(home.customer, kit=KitFactory.create(), by="user:test")
    home.city = "Leeds"
    home.save()
    assert Order.objects.get(pk=order.pk).city == "London"


def test_a_long_list_of_names_is_shortened_not_refused():
    lines = [(ProductFactory.create(name="x" * 90), 1) for _ in range(5)]
    assert len(placed_order(lines=lines).item) == 255


def test_an_order_comes_to_the_sum_of_its_lines():
    one, other = (
        ProductFactory.create(price=Decimal("0.10")),
        ProductFactory.create(price=Decimal("0.20")),
    )
    assert placed_order(lines=[(one, 3), (other, 1)]).amount == Decimal("0.50")


REFUSED: dict[str, Any] = {
    "no lines": (list, {}, "items"),
    "too many lines": (lambda: [(ProductFactory.build(pk=n), 1) for n in range(101)], {}, "items"),
    "no pieces": (lambda: [(ProductFactory.create(), 0)], {}, "items"),
    "too many pieces": (lambda: [(ProductFactory.create(), 1001)], {}, "items"),
    "not on sale": (lambda: [(ProductFactory.create(is_active=False), 1)], {}, "items"),
    "twice": (lambda: [(ProductFactory.create(item_id="a"), 1)] * 2, {}, "items"),
    "two currencies": (
        lambda: [(ProductFactory.create(), 1), (ProductFactory.create(currency="KES"), 1)],
        {},
        "items",
    ),
    "too much": (lambda: [(ProductFactory.create(price=Decimal("9999999999.99")), 2)], {}, "items"),
    "no such channel": (None, {"channel": "pigeon"}, "channel"),
    "no phone": (None, {"channel": "sms"}, "channel"),
    "nowhere every week": (None, {"delivery": Delivery(interval="weekly")}, "delivery_address"),
    "too long a line": (None, {"delivery": Delivery(ADDRESS | {"city": "x" * 36})}, "city"),
    "no postcode": (None, {"delivery": Delivery(ADDRESS | {"postcode": ""})}, "postcode"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_C1_what_cannot_be_ordered_is_refused_by_field(case):
    lines, options, field = REFUSED[case]
    given: Any = {"delivery": Delivery(ADDRESS)} | options
    customer = CustomerFactory.create(phone_number="")
    bought = lines() if lines else [(ProductFactory.create(), 1)]
    with pytest.raises(ValidationError) as refused:
        place_order(customer, lines=bought, by="user:test", **given)
    assert list(refused.value.message_dict) == [field]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        ("-0.01", "GBP", "amount"),
        ("NaN", "GBP", "amount"),
        ("Infinity", "GBP", "amount"),
        ("10000000000", "GBP", "amount"),
        ("1.005", "GBP", "amount"),
        ("1.5", "JPY", "amount"),
        ("1", "XXX", "currency"),
    ],
)
def test_E2_a_price_that_nobody_can_pay_is_refused(amount, currency, field):
    with pytest.raises(ValidationError) as refused:
        place_sale(
            CustomerFactory.create(), item="x", amount=Decimal(amount), currency=currency, by="x"
        )
    assert list(refused.value.message_dict) == [field]
    assert not Order.objects.exists()


def test_a_failing_receiver_leaves_nothing_behind():
    from django.db.models.signals import post_save

    def fail(**_):
        raise RuntimeError

    post_save.connect(fail, sender=OrderEvent)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            placed_order()
    finally:
        post_save.disconnect(fail, sender=OrderEvent)
    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()


class TestSetAddress:
    """An order that waited for its address."""

    def test_it_gets_one_and_an_event(self):
        order = placed_kit_order()
        assert not order.ships
        changed = set_address(order, ADDRESS, by="user:test")
        assert changed.ships
        assert Order.objects.get().address() == ADDRESS
        assert kinds(order) == ["placed", "address-set"]

    @pytest.mark.parametrize("make", [placed_order, placed_sale])
    def test_one_that_waits_for_none_is_refused(self, make):
        order = make()
        with pytest.raises(ValidationError, match="does not wait"):
            set_address(order, ADDRESS, by="user:test")
        assert kinds(order) == ["placed"]

    def test_a_cancelled_one_is_refused(self):
        order = cancel_order(placed_kit_order(), by="user:test")
        with pytest.raises(ValidationError, match="does not wait"):
            set_address(order, ADDRESS, by="user:test")

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"line_1": ""}, "line_1"), ({"city": "x" * 36}, "city"), ({"country": "XX"}, "country")],
    )
    def test_C1_one_that_cannot_be_printed_is_refused(self, change, field):
        with pytest.raises(ValidationError) as refused:
            set_address(placed_kit_order(), ADDRESS | change, by="user:test")
        assert list(refused.value.message_dict) == [field]
        assert not Order.objects.get().ships


class TestFollow:
    """An order goes where its parcel is."""

    def test_it_follows_to_delivered(self):
        order = placed_sale()
        advance_order(order, "shipped", by="system")
        advance_order(order, "delivered", by="system")
        assert Order.objects.get().state == "delivered"

    def test_it_stays_where_it_cannot_go(self):
        order = placed_sale()
        advance_order(order, "delivered", by="system")
        advance_order(order, "shipped", by="system")
        assert Order.objects.get().state == "delivered"

    def test_an_old_copy_of_it_changes_nothing(self):
        order = placed_sale()
        cancel_order(Order.objects.get(), by="user:test")
        advance_order(order, "shipped", by="system")
        assert Order.objects.get().state == "cancelled"


class TestChannels:
    """The ways to reach a customer, as orders know them."""

    def test_A2_the_two_of_the_requirements_are_known(self):
        assert {"sms", "email"} <= {name for name, _ in contact_channels.choices()}

    def test_A3_a_new_way_is_known_once_it_is_registered(self, monkeypatch):
        from types import SimpleNamespace

        monkeypatch.setattr(contact_channels, "_channels", dict(contact_channels._channels))
        push = SimpleNamespace(
            name="push", label="push", missing="phone app", recipient=lambda customer: customer.code
        )
        contact_channels.register(push)
        order = placed_kit_order(channel="push")
        assert order.channel == "push"

    def test_A2_who_has_no_address_for_it_is_not_reached(self):
        customer = CustomerFactory.create(email="")
        with pytest.raises(ValidationError, match="no e-mail address"):
            contact_channels.check(customer, "email")


def test_the_database_itself_refuses_impossible_numbers():
    order = placed_order()
    for change in (
        lambda: Order.objects.update(amount=-1),
        lambda: order.lines.update(quantity=0),
        lambda: order.lines.update(unit_price=-1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
