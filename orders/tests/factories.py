"""Products and orders for tests. Orders are placed by the service, so they have their events."""

from decimal import Decimal
from typing import Any

import factory
from factory.declarations import Sequence

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from orders.models import Order, Product, ProductKind
from orders.services import Delivery, place_dna_kit_order, place_order, place_sale

ADDRESS = {
    "recipient": "John Doe",
    "line_1": "The battleship building",
    "line_2": "179 harrow road",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}


class ProductFactory(factory.django.DjangoModelFactory[Product]):
    """A treatment that weighs 10 grams and costs 25 pounds."""

    class Meta:
        model = Product
        django_get_or_create = ("item_id",)

    item_id: Any = Sequence(lambda n: f"it-{n}")
    name: Any = Sequence(lambda n: f"Serum {n}")
    kind = ProductKind.TREATMENT
    weight = 10
    price = Decimal("25.00")
    currency = "GBP"


class KitFactory(ProductFactory):
    """A DNA kit; pass `item_id` for its kit type."""

    item_id = "ancestry"
    name = "Ancestry kit"
    kind = ProductKind.DNA_KIT


def placed_order(
    customer: Customer | None = None, *, interval: str = "none", **options: Any
) -> Order:
    """An order of two serums to London."""
    return place_order(
        customer or CustomerFactory.create(),
        lines=options.pop("lines", None) or [(ProductFactory.create(), 2)],
        delivery=Delivery(address=ADDRESS, interval=interval, **options),
        by="user:test",
    )


def placed_sale(customer: Customer | None = None) -> Order:
    """A sale without a parcel: simple_order.json."""
    return place_sale(
        customer or CustomerFactory.create(),
        item="macbook m2",
        amount=Decimal("56000.68"),
        currency="KES",
        by="user:test",
    )


def placed_kit_order(
    kit_type: str = "ancestry", *, customer: Customer | None = None, channel: str = ""
) -> Order:
    """A DNA kit order."""
    return place_dna_kit_order(
        customer or CustomerFactory.create(),
        kit=KitFactory.create(item_id=kit_type),
        channel=channel,
        by="user:test",
    )
