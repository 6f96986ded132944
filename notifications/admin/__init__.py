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
from notifications.admin.inlines import DeviceInline
from notifications.admin.mailings import (
    MailingAdmin,
    may_write_to,
    write_to_all_matching,
    write_to_these,
)
from notifications.admin.notifications import DeliveryReportAdmin, NotificationAdmin
from notifications.admin.overview import (
    CUSTOMERS_PANELS,
    CUSTOMERS_TIMELINE,
    ORDERS_PANEL,
    ORDERS_TIMELINE,
    placed_message,
)
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

OrderAdmin.extend(panels=[ORDERS_PANEL], timeline=[ORDERS_TIMELINE])
CustomerAdmin.extend(
    inlines=[DeviceInline],
    panels=CUSTOMERS_PANELS,
    timeline=CUSTOMERS_TIMELINE,
    actions=[write_to_these, write_to_all_matching],
    pages={"write_message": (write_message, may_write_message)},
    permissions={"write_to": may_write_to},
)
CustomerAdmin.preferences_changed.append(preferences_changed)
OrderAdmin.draft_parts.append(placed_message)
