"""Products and orders in the admin. Orders are placed and changed by services only."""

from orders.admin.orders import DnaKitOrderAdmin, OrderAdmin
from orders.admin.products import ProductAdmin

__all__ = ["DnaKitOrderAdmin", "OrderAdmin", "ProductAdmin"]
