"""Products and orders in the admin. Orders are placed and changed by services only."""

from customers.admin import CustomerAdmin
from orders.admin.orders import DnaKitOrderAdmin, OrderAdmin
from orders.admin.overview import (
    CUSTOMERS_PANEL,
    CUSTOMERS_TIMELINE,
    may_order_kit,
    may_place,
    order_kit,
    place_order,
)
from orders.admin.products import ProductAdmin

__all__ = ["DnaKitOrderAdmin", "OrderAdmin", "ProductAdmin"]

CustomerAdmin.extend(
    panels=[CUSTOMERS_PANEL],
    timeline=[CUSTOMERS_TIMELINE],
    pages={"place_order": (place_order, may_place), "order_kit": (order_kit, may_order_kit)},
)
