"""Kits and lots in the admin, and kits on the page of their order."""

from kits.admin.kits import KitAdmin
from kits.admin.lots import LotAdmin
from kits.admin.overview import KITS
from orders.admin import OrderAdmin

OrderAdmin.extend(panels=[KITS])

__all__ = ["KitAdmin", "LotAdmin"]
