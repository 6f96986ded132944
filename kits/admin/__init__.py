"""Kits and lots in the admin, and kits on the page of their order."""

from customers.admin import CustomerAdmin
from kits.admin.bench import may_print_slip, print_slip
from kits.admin.kits import KitAdmin
from kits.admin.limits import KitLimitsAdmin
from kits.admin.lots import LotAdmin
from kits.admin.overview import CUSTOMERS_TIMELINE, KITS, ORDERS_TIMELINE
from orders.admin import OrderAdmin

CustomerAdmin.extend(timeline=[CUSTOMERS_TIMELINE])

OrderAdmin.extend(
    panels=[KITS],
    timeline=[ORDERS_TIMELINE],
    pages={"print_slip": (print_slip, may_print_slip)},
)

__all__ = ["KitAdmin", "KitLimitsAdmin", "LotAdmin"]
