"""Demo data: the real inputs, loaded once however often one loads."""

import pytest

from customers import demo as people
from customers.models import Address, Customer
from orders import demo
from orders.models import Order, OrderEvent, Product

pytestmark = pytest.mark.django_db


def load():
    people.load()
    demo.load()


def test_C4_loading_again_changes_nothing():
    def counts():
        return [m.objects.count() for m in (Customer, Address, Product, Order, OrderEvent)]

    load()
    before = counts()
    load()
    assert counts() == before


def test_C1_the_first_order_is_the_real_shipment_request():
    load()
    first = Order.objects.earliest("id")
    assert [(line.item_id, line.quantity, line.weight) for line in first.lines.all()] == [
        ("it-1", 2, 10)
    ]
    assert (first.delivery_service, first.recipient) == ("standard", "John Doe")
    assert first.line_1 == "The battleship building"


def test_there_is_an_order_of_each_kind():
    load()
    assert set(Order.objects.values_list("shipping_interval", flat=True)) == {
        "none",
        "weekly",
        "monthly",
    }
    assert Order.objects.filter(item="macbook m2", amount="56000.68").exists()
    assert Order.objects.filter(kit_type="whole-exome-sequencing").exists()
    assert Order.objects.filter(delivery_service="standard", line_1="").exists()


def test_A5_the_demo_people_are_reached_in_every_way():
    load()
    john = Customer.objects.get(code=people.JOHN)
    assert (john.name, str(john.phone_number)) == ("john doe", "+254704590344")
    assert str(Customer.objects.get(code=people.OLIVER).phone_number) == "+447451277972"
    assert Customer.objects.filter(phone_number="").exists()
    assert Customer.objects.filter(email="").exists()
    assert Customer.objects.filter(addresses=None).exists()


def test_every_demo_row_would_pass_the_forms():
    load()
    for model in (Customer, Address, Product):
        for row in model.objects.all():
            row.full_clean()
