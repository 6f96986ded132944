"""The shape of orders in the API, and of the requests that place them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as Refused
from rest_framework import serializers

from core.api.serializers import (
    CharField,
    ChoiceField,
    IntegerField,
    ListField,
    ModelSerializer,
    Serializer,
    TextField,
    TokenField,
)
from core.values.money import validate_currency
from customers.api.serializers import AddressSerializer, CustomerSerializer
from customers.models import LONGEST_LINE
from customers.values.validators import OneLine
from orders.api.fields import (
    AmountField,
    ChannelField,
    CurrencyLetters,
    CustomerField,
    default_currency,
)
from orders.api.representations import placed_json
from orders.models import (
    MOST_OF_A_PRODUCT,
    DeliveryService,
    Order,
    Product,
    ProductKind,
    ShippingInterval,
    on_sale,
)
from orders.rules import MOST_LINES
from orders.services import LONGEST_ITEM, Delivery, place_dna_kit_order, place_order, place_sale
from orders.states import OrderState

NO_ADDRESS = "This customer has no default address. Send the address the parcel goes to."
WHICH_FORM = (
    "Send either `item` and `amount`, a sale in words, or `items`, a list of products from "
    "`/api/v1/products/`."
)


class ProductSerializer(ModelSerializer):
    """A product. A DNA kit's `item_id` is its kit type. Weight in grams."""

    class Meta:
        model = Product
        fields = ["item_id", "name", "kind", "weight", "price", "currency"]
        read_only_fields = fields


class LineSerializer(Serializer):
    """A line of an order, at the price and weight of the day. Weight in grams, of one piece."""

    item_id = CharField()
    name = CharField()
    quantity = IntegerField()
    weight = IntegerField()
    unit_price = serializers.DecimalField(12, 2)


class OrderSerializer(Serializer):
    """An order."""

    id = IntegerField()
    number = CharField(help_text="Such as `co-1`.")
    customer = IntegerField(help_text="The customer's id.")
    item = CharField(help_text="What was ordered, in words.")
    kit_type = CharField(allow_null=True, help_text="Null when it holds no DNA kit.")
    channel = CharField(allow_null=True, help_text="How the customer asked to hear of it.")
    amount = serializers.DecimalField(12, 2)
    currency = CharField(help_text="ISO 4217.")
    time = serializers.DateTimeField()
    status = ChoiceField(OrderState.choices)
    lines = LineSerializer(many=True)
    delivery_service = ChoiceField(
        DeliveryService.choices, allow_null=True, help_text="Null when no parcel belongs to it."
    )
    delivery_address = AddressSerializer(allow_null=True, help_text="Null until it is known.")
    shipping_interval = ChoiceField(ShippingInterval.choices)

    def to_representation(self, order: Order) -> dict[str, Any]:
        """The same as every list of orders says."""
        return placed_json(order)


class UserSerializer(CustomerSerializer):
    """A customer with every DNA kit order, newest first (requirement A4)."""

    orders = OrderSerializer(many=True, read_only=True)

    class Meta(CustomerSerializer.Meta):
        fields = [*CustomerSerializer.Meta.fields, "orders"]


class PlacingSerializer(Serializer):
    """A request that places an order; saved `by` somebody, for a `customer` it may name itself."""

    def to_representation(self, order: Order) -> dict[str, Any]:
        """The order that was placed."""
        return placed_json(order)


class CustomersSaleSerializer(PlacingSerializer):
    """A sale in words, at a price, of the customer in the address."""

    item = CharField(max_length=LONGEST_ITEM, validators=[OneLine()])
    amount = AmountField()
    currency = CharField(
        max_length=3,
        validators=[CurrencyLetters(), validate_currency],
        default=default_currency,
        help_text="ISO 4217, such as KES.",
    )
    delivery_address = AddressSerializer(
        required=False, help_text="Kept with the sale; no parcel is made for it."
    )

    def create(self, data: dict[str, Any]) -> Order:
        """Place it."""
        return place_sale(address=data.pop("delivery_address", None), **data)


class SaleSerializer(CustomersSaleSerializer):
    """A sale in words, at a price: no parcel belongs to it."""

    customer = CustomerField()


class ItemSerializer(Serializer):
    """So many of one product."""

    item_id = TokenField(max_length=LONGEST_LINE)
    quantity = IntegerField(min_value=1, max_value=MOST_OF_A_PRODUCT)


class CustomersOrderSerializer(PlacingSerializer):
    """An order of products, of the customer in the address."""

    items = ListField(child=ItemSerializer(), min_length=1, max_length=MOST_LINES)
    delivery_service = ChoiceField(DeliveryService.choices, default=DeliveryService.STANDARD)
    delivery_address = AddressSerializer(
        required=False, help_text="The customer's default address when left out."
    )
    shipping_interval = ChoiceField(ShippingInterval.choices, default=ShippingInterval.NONE)
    channel = ChannelField(required=False, help_text="By a rule when left out.")

    def validate_items(self, items: list[dict[str, Any]]) -> list[tuple[Product, int]]:
        """The products with their quantities. A ValidationError names each that is not on sale."""
        wanted = [item["item_id"] for item in items]
        products = on_sale(wanted)
        missing = [place for place, item_id in enumerate(wanted) if item_id not in products]
        if missing:
            text = ["There is no such product on sale."]
            errors: Any = {place: {"item_id": text} for place in missing}
            raise serializers.ValidationError(errors, code="not_on_sale")
        return [(products[item["item_id"]], item["quantity"]) for item in items]

    def create(self, data: dict[str, Any]) -> Order:
        """Place it."""
        address, is_kept = data.get("delivery_address"), False
        if address is None:
            default = data["customer"].default_address
            if default is None:
                raise Refused({"delivery_address": Refused(NO_ADDRESS, "required")})
            address, is_kept = default.address(), True
        how = data["delivery_service"], data["shipping_interval"]
        return place_order(
            data["customer"],
            lines=data["items"],
            delivery=Delivery(address, *how, is_kept=is_kept),
            by=data["by"],
            channel=data.get("channel", ""),
        )


class FullOrderSerializer(CustomersOrderSerializer):
    """An order of products: prices and weights are the products' own."""

    customer = CustomerField()


class DnaKitOrderSerializer(PlacingSerializer):
    """An order of one DNA kit (requirement A1)."""

    customer = CustomerField()
    kit_type = TokenField(max_length=LONGEST_LINE, help_text="A DNA kit's `item_id`.")
    delivery_address = AddressSerializer(
        required=False,
        help_text="The customer's default address when left out; without one the kit waits for it.",
    )
    channel = ChannelField(required=False, help_text="By a rule when left out.")

    def validate_kit_type(self, kit_type: str) -> Product:
        """The kit. A ValidationError when it is not on sale."""
        kit = on_sale([kit_type]).get(kit_type)
        if kit is None or kit.kind != ProductKind.DNA_KIT:
            raise serializers.ValidationError(
                "There is no such DNA kit on sale. `/api/v1/products/?kind=dna-kit` lists them.",
                code="not_on_sale",
            )
        return kit

    def create(self, data: dict[str, Any]) -> Order:
        """Place it."""
        kit, address = data.pop("kit_type"), data.pop("delivery_address", None)
        return place_dna_kit_order(data.pop("customer"), kit=kit, address=address, **data)


class ChangeOrderSerializer(Serializer):
    """What of an order may be changed: where it goes, as long as nothing has left."""

    delivery_address = AddressSerializer()


class ChangedOrderSerializer(OrderSerializer):
    """An order after a change, and what was changed."""

    changed = serializers.ListField(
        child=CharField(),
        read_only=True,
        help_text="The lines of the address that are others now; empty when it was this one.",
    )


class CancelSerializer(Serializer):
    """Why an order is cancelled."""

    reason = TextField(max_length=500, required=False, allow_blank=True, default="")


def short_or_full(data: Any, short: type[Any], full: type[Any]) -> type[PlacingSerializer]:
    """Which of the two forms a body is. Raises ValidationError when it is both or neither."""
    if not isinstance(data, Mapping):
        return full
    is_full, is_short = "items" in data, "item" in data or "amount" in data
    if is_full == is_short:
        raise serializers.ValidationError(WHICH_FORM, code="which_form")
    return full if is_full else short
