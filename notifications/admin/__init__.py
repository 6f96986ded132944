"""Notifications in the admin, and on the pages of orders and customers."""

from customers.admin import CustomerAdmin
from notifications.admin.costs import DailyCostAdmin
from notifications.admin.decisions import OptOutAdmin, RuleAdmin, TemplateAdmin
from notifications.admin.inlines import NotificationInline
from notifications.admin.messages import DeliveryReportAdmin, NotificationAdmin
from orders.admin import OrderAdmin

__all__ = [
    "DailyCostAdmin",
    "DeliveryReportAdmin",
    "NotificationAdmin",
    "OptOutAdmin",
    "RuleAdmin",
    "TemplateAdmin",
]

OrderAdmin.inlines = [*OrderAdmin.inlines, NotificationInline]
CustomerAdmin.inlines = [*CustomerAdmin.inlines, NotificationInline]
