"""Notifications in the admin, and on the pages of orders and customers."""

from customers.admin import CustomerAdmin
from notifications.admin.costs import DailyCostAdmin
from notifications.admin.decisions import (
    ConsentAdmin,
    LimitsAdmin,
    OptOutAdmin,
    RuleAdmin,
    TemplateAdmin,
    TopicAdmin,
)
from notifications.admin.inlines import DeviceInline, NotificationInline
from notifications.admin.mailings import MailingAdmin
from notifications.admin.messages import DeliveryReportAdmin, NotificationAdmin
from orders.admin import OrderAdmin

__all__ = [
    "ConsentAdmin",
    "DailyCostAdmin",
    "DeliveryReportAdmin",
    "LimitsAdmin",
    "MailingAdmin",
    "NotificationAdmin",
    "OptOutAdmin",
    "RuleAdmin",
    "TemplateAdmin",
    "TopicAdmin",
]

OrderAdmin.inlines = [*OrderAdmin.inlines, NotificationInline]
CustomerAdmin.inlines = [*CustomerAdmin.inlines, NotificationInline, DeviceInline]
