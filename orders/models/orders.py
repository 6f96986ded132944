"""Products, orders with their lines, and what happened to them."""

from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat

from core.database import clock
from core.values.money import validate_currency
from core.workflow import Event
from customers.models import LONGEST_LINE, RECIPIENT_SEARCH_VECTOR, AddressLines, Customer
from customers.values.countries import validate_country
from customers.values.validators import OneLine
from orders.models.products import Product, money, never_negative
from orders.states import ORDER, OrderState

MOST_OF_A_PRODUCT = 1000


class DeliveryService(models.TextChoices):
    """How fast a parcel goes (requirement C1)."""

    STANDARD = "standard"
    EXPRESS = "express"


class ShippingInterval(models.TextChoices):
    """How often an order ships (requirement C3)."""

    NONE = "none", "once"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


def _line() -> "models.CharField[Any, Any]":
    return models.CharField(max_length=LONGEST_LINE, blank=True, default="", validators=[OneLine()])


# Its parcel waits until we know where it goes (`Order.awaits_address`).
AWAITS_ADDRESS = Q(state="placed", line_1="") & ~Q(delivery_service="")


class Order(AddressLines):
    """What a customer ordered. The address is a copy made when it was placed, or empty.

    Made and changed by `orders.services` only: every change has its OrderEvent.
    """

    WORKFLOW = ORDER

    # Of a copy with what it held before a change (`OrderRevision.as_held`).
    is_revision = False

    number = models.GeneratedField(
        expression=Concat(Value("co-"), Cast("id", models.CharField())),
        output_field=models.CharField(max_length=24),
        db_persist=True,
        unique=True,
    )
    # `order_by_customer` serves as this key's index.
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    item = models.CharField(
        max_length=255, validators=[OneLine()], help_text="What was ordered, in words."
    )
    kit_type = models.CharField(
        max_length=LONGEST_LINE, blank=True, default="", help_text="Empty when it holds no DNA kit."
    )
    channel = models.CharField(
        max_length=20, blank=True, default="", help_text="How the customer asked to hear of it."
    )
    amount = money()
    currency = models.CharField(max_length=3, validators=[validate_currency])
    state = models.CharField(
        max_length=20, choices=OrderState.choices, default=OrderState.PLACED, editable=False
    )
    delivery_service = models.CharField(
        max_length=20, choices=DeliveryService.choices, blank=True, default=""
    )
    shipping_interval = models.CharField(
        max_length=10, choices=ShippingInterval.choices, default=ShippingInterval.NONE
    )
    time = models.DateTimeField(default=clock.now, editable=False)

    # An order may have no address: a sale over the counter, or a kit whose address is to come.
    recipient = _line()
    line_1 = _line()
    city = _line()
    postcode = _line()
    country = models.CharField(max_length=2, blank=True, default="", validators=[validate_country])

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["customer", "-id"], name="order_by_customer"),
            models.Index(fields=["-id"], condition=AWAITS_ADDRESS, name="order_awaiting_address"),
            models.Index(fields=["state", "-id"], name="order_by_state"),
            models.Index(fields=["time", "id"], name="order_by_time"),
            models.Index(
                fields=["shipping_interval", "-id"],
                condition=~Q(shipping_interval="none"),
                name="recurring_order",
            ),
            models.Index(fields=["-id"], condition=~Q(kit_type=""), name="dna_kit_order"),
            models.Index(
                fields=["kit_type", "-id"], condition=~Q(kit_type=""), name="dna_kit_order_by_type"
            ),
            models.Index(
                fields=["customer", "-id"],
                condition=~Q(kit_type=""),
                name="dna_kit_order_by_customer",
            ),
            GinIndex(RECIPIENT_SEARCH_VECTOR, name="order_by_recipient"),
        ]
        constraints = [never_negative("amount", "order_amount")]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def ships(self) -> bool:
        """Whether a parcel belongs to this order and we know where it goes."""
        return bool(self.delivery_service and self.line_1)

    @property
    def known_lines(self) -> "list[OrderLine] | None":
        """Its lines, where they and their products are known without asking; None elsewhere."""
        known = getattr(self, "_prefetched_objects_cache", {}).get("lines")
        lines = None if known is None else list(known)
        if lines is None or any("product" not in line._state.fields_cache for line in lines):
            return None
        return lines

    @property
    def awaits_address(self) -> bool:
        """Whether its parcel waits until we know where it goes."""
        return bool(self.delivery_service and not self.line_1 and self.state != "cancelled")


class DnaKitOrderManager(models.Manager["DnaKitOrder"]):
    """Only the orders with a kit type."""

    def get_queryset(self) -> models.QuerySet["DnaKitOrder"]:
        """The DNA kit orders."""
        return super().get_queryset().exclude(kit_type="")


class DnaKitOrder(Order):
    """The orders of DNA kits, seen by themselves (requirements A1 to A4)."""

    objects = DnaKitOrderManager()  # type: ignore[misc]  # narrower than the manager of orders

    class Meta:
        proxy = True
        verbose_name = "DNA kit order"


class OrderLine(models.Model):
    """So many of one product, at the price and weight of the day it was ordered."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    item_id = models.CharField(max_length=LONGEST_LINE)
    name = models.CharField(max_length=100)
    quantity = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_OF_A_PRODUCT)]
    )
    weight = models.PositiveIntegerField(help_text="Grams, of one piece.")
    unit_price = money()

    class Meta:
        ordering = ["id"]
        verbose_name = "line"
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__range=(1, MOST_OF_A_PRODUCT)), name="line_quantity"
            ),
            never_negative("unit_price", "line_unit_price"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class OrderRevision(models.Model):
    """What an order held until it was changed, for the parcels that were made of it.

    Written once and never changed. `lines` are dictionaries of REVISED and the product's `kind`.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="revisions")
    item = models.CharField(max_length=255)
    kit_type = models.CharField(max_length=LONGEST_LINE, blank=True, default="")
    amount = money()
    lines = models.JSONField(encoder=DjangoJSONEncoder)
    replaced_at = models.DateTimeField(default=clock.now, editable=False)

    REVISED = ("product_id", "item_id", "name", "quantity", "weight", "unit_price")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.item

    @classmethod
    def of(cls, order: Order) -> Self:
        """What the order holds now, not saved; its lines and their products are read."""
        lines = [
            {name: getattr(line, name) for name in cls.REVISED} | {"kind": line.product.kind}
            for line in order.lines.select_related("product")
        ]
        return cls(
            order=order, item=order.item, kit_type=order.kit_type, amount=order.amount, lines=lines
        )

    def as_held(self, order: Order) -> Order:
        """A copy of the order with the contents it had; for reading, never to be saved."""
        held = copy(order)
        held.is_revision = True
        held.item, held.kit_type, held.amount = self.item, self.kit_type, self.amount
        lines = OrderLine.objects.filter(order=order)
        lines._result_cache = [self._line(order, **values) for values in self.lines]
        held._prefetched_objects_cache = {"lines": lines}  # type: ignore[attr-defined]  # as prefetch_related leaves it
        return held

    @staticmethod
    def _line(order: Order, *, kind: str, product_id: int, **values: Any) -> OrderLine:
        product = Product(pk=product_id, item_id=values["item_id"], kind=kind)
        values["unit_price"] = Decimal(values["unit_price"])
        return OrderLine(order=order, product=product, **values)


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What was changed of an order, for the receivers of its event.

    `named`: the parts that the change is about (`address`, `items`, `delivery_service`), also
    where they were so already. `revision`: what its lines were before; None when they stay.
    `include_unsent`: the parcels that are made, but not handed over, become so too.
    """

    named: frozenset[str]
    detail: str
    revision: OrderRevision | None = None
    include_unsent: bool = False


class OrderEvent(Event):
    """Something that happened to an order. Receivers in shipping and notifications listen."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")

    # Of a "changed" one while it is being written; the row keeps the detail alone.
    change: OrderChange | None = None

    class Meta:
        ordering = ["id"]
        verbose_name = "event"
