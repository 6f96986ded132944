"""Products, orders with their lines, and what happened to them."""

from orders.models.orders import (
    AWAITS_ADDRESS,
    MOST_OF_A_PRODUCT,
    DeliveryService,
    DnaKitOrder,
    DnaKitOrderManager,
    Order,
    OrderChange,
    OrderEvent,
    OrderLine,
    OrderRevision,
    ShippingInterval,
)
from orders.models.products import Product, ProductKind, money, on_sale

__all__ = [
    "AWAITS_ADDRESS",
    "MOST_OF_A_PRODUCT",
    "DeliveryService",
    "DnaKitOrder",
    "DnaKitOrderManager",
    "Order",
    "OrderChange",
    "OrderEvent",
    "OrderLine",
    "OrderRevision",
    "Product",
    "ProductKind",
    "ShippingInterval",
    "money",
    "on_sale",
]
