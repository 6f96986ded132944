"""The pages of the staff's workplace, and its parts on the pages of customers and orders."""

from customers.admin import CustomerAdmin
from desk.admin import overview
from desk.admin.cases import CaseAdmin
from orders.admin import OrderAdmin

__all__ = ["CaseAdmin"]

CustomerAdmin.extend(panels=overview.CUSTOMERS_PANELS, timeline=overview.CUSTOMERS_TIMELINE)
OrderAdmin.extend(panels=overview.ORDERS_PANELS, timeline=overview.ORDERS_TIMELINE)
