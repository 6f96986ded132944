"""Demo products and one order of each kind, from the real inputs where there are some."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from customers import demo as people
from customers.models import Customer
from orders.models import Order, Product, ProductKind
from orders.services import Delivery, place_dna_kit_order, place_order, place_sale

DATA = Path(__file__).parent / "demo_data"
BY = "system:demo"
KITS = {
    "whole-exome-sequencing": ("Whole exome sequencing kit", "499.00"),
    "whole-genome-sequencing": ("Whole genome sequencing kit", "999.00"),
    "ancestry": ("Ancestry kit", "79.00"),
    "carrier-screening": ("Carrier screening kit", "249.00"),
    "pharmacogenomics": ("Pharmacogenomics kit", "199.00"),
}
TREATMENTS = {
    "it-2": ("Night serum, 30 ml", 120, "38.00"),
    "it-3": ("Vitamin C serum, 30 ml", 115, "42.00"),
}


def load() -> None:
    """Load them; what is there already stays as it is, and no order is placed twice."""
    with transaction.atomic():
        john = Customer.objects.select_for_update().get(code=people.JOHN)  # one load at a time
        _products()
        if not john.orders.exists():
            _orders()


def _products() -> None:
    real = _shipment_request()["items"][0]
    _product(real["item_id"], "Day serum, 5 ml", ProductKind.TREATMENT, real["weight"], "25.00")
    for item_id, (name, weight, price) in TREATMENTS.items():
        _product(item_id, name, ProductKind.TREATMENT, weight, price)
    for item_id, (name, price) in KITS.items():
        _product(item_id, name, ProductKind.DNA_KIT, 180, price)
    _product("tote-1", "Tote bag", ProductKind.GOODS, 140, "9.50")


def _product(item_id: str, name: str, kind: str, weight: int, price: str) -> None:
    values = {"name": name, "kind": kind, "weight": weight, "price": Decimal(price)}
    Product.objects.get_or_create(item_id=item_id, defaults=values | {"currency": "GBP"})


def _orders() -> None:
    """The first is the one of shipment_request.json: in a fresh database its number is co-1."""
    request = _shipment_request()
    lines = [(item["item_id"], item["quantity"]) for item in request["items"]]
    _order(people.JOHN, lines, service=request["delivery_service"])
    sale = json.loads((DATA / "simple_order.json").read_text())
    place_sale(
        _customer(people.JOHN),
        item=sale["item"],
        amount=Decimal(sale["amount"]),
        currency="KES",
        by=BY,
    )
    _order(people.AMINA, [("it-2", 1), ("it-3", 1)], interval="monthly")
    _order(people.OLIVER, [("it-1", 1), ("tote-1", 2)], interval="weekly", service="express")
    _kit(people.OLIVER, "whole-exome-sequencing")
    _kit(people.WANJIRU, "pharmacogenomics", channel="sms")
    _kit(people.PRIYA, "ancestry")  # has no address: it waits for one


def _order(code: str, lines: list[tuple[str, int]], **delivery: Any) -> Order:
    customer = _customer(code)
    home = customer.default_address
    return place_order(
        customer,
        lines=[(_by_id(item_id), quantity) for item_id, quantity in lines],
        delivery=Delivery(home.address() if home else {}, **delivery),
        by=BY,
    )


def _kit(code: str, kit_type: str, channel: str = "") -> Order:
    return place_dna_kit_order(_customer(code), kit=_by_id(kit_type), channel=channel, by=BY)


def _customer(code: str) -> Customer:
    return Customer.objects.get(code=code)


def _by_id(item_id: str) -> Product:
    return Product.objects.get(item_id=item_id)


def _shipment_request() -> dict[str, Any]:
    request: dict[str, Any] = json.loads((people.DATA / "shipment_request.json").read_text())
    return request
