"""Notifications in the admin, and on the pages of orders and customers."""

from customers.admin import CustomerAdmin
from notifications.admin.composing import may_write_message, write_message
from notifications.admin.costs import DailyCostAdmin
from notifications.admin.decisions import (
    ConsentAdmin,
    LimitsAdmin,
    OptOutAdmin,
    TopicAdmin,
    preferences_changed,
)
from notifications.admin.inlines import (
    ConsentInline,
    CustomersNotificationInline,
    DeviceInline,
    NotificationInline,
)
from notifications.admin.mailings import (
    MailingAdmin,
    may_write_to,
    write_to_all_found,
    write_to_these,
)
from notifications.admin.notifications import DeliveryReportAdmin, NotificationAdmin
from notifications.admin.rules import RuleAdmin
from notifications.admin.templates import TemplateAdmin
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
CustomerAdmin.inlines = [
    *CustomerAdmin.inlines,
    CustomersNotificationInline,
    ConsentInline,
    DeviceInline,
]
CustomerAdmin.preferences_changed.append(preferences_changed)
CustomerAdmin.actions = [*(CustomerAdmin.actions or []), write_to_these, write_to_all_found]
CustomerAdmin.has_write_to_permission = may_write_to
CustomerAdmin.write_message = write_message
CustomerAdmin.has_write_message_permission = may_write_message
CustomerAdmin.actions_detail = [*CustomerAdmin.actions_detail, "write_message"]
