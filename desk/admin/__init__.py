"""The pages of the staff's workplace, and its parts on the pages of customers and orders."""

from clinical.admin import PatientAdmin
from customers.admin import CustomerAdmin
from desk.admin import overview, personal_data
from desk.admin.cases import CaseAdmin
from desk.admin.due_times import DueTimeAdmin
from orders.admin import OrderAdmin

__all__ = ["CaseAdmin", "DueTimeAdmin"]

CustomerAdmin.extend(panels=overview.CUSTOMERS_PANELS, timeline=overview.CUSTOMERS_TIMELINE)
OrderAdmin.extend(panels=overview.ORDERS_PANELS, timeline=overview.ORDERS_TIMELINE)
CustomerAdmin.extend(pages=personal_data.pages("customer"))
PatientAdmin.extend(pages=personal_data.pages("patient"))
