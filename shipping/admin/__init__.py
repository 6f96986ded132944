"""Shipping in the admin, and on the page of an order."""

from customers.admin import CustomerAdmin
from orders.admin import OrderAdmin
from shipping.admin.overview import customers, orders
from shipping.admin.overview.drafts import next_dates
from shipping.admin.profiles import ProviderProfileAdmin
from shipping.admin.returns import ReturnAdmin
from shipping.admin.routing import RoutingRuleAdmin
from shipping.admin.schedules.contents import change_contents, may_change_orders_contents
from shipping.admin.schedules.moving import ask, may_move_subscriptions, move_subscriptions
from shipping.admin.schedules.pages import ScheduleAdmin
from shipping.admin.shipments import ShipmentAdmin
from shipping.admin.tracking import TrackingEventAdmin, UnreadableEventAdmin

OrderAdmin.extend(
    panels=orders.PANELS,
    timeline=orders.TIMELINE,
    pages={"change_contents": (change_contents, may_change_orders_contents)},
)
CustomerAdmin.extend(
    panels=customers.PANELS,
    timeline=customers.TIMELINE,
    pages={"move_subscriptions": (move_subscriptions, may_move_subscriptions)},
)
CustomerAdmin.asks_after_a_move.append(ask)
OrderAdmin.draft_parts.append(next_dates)

__all__ = [
    "ProviderProfileAdmin",
    "ReturnAdmin",
    "RoutingRuleAdmin",
    "ScheduleAdmin",
    "ShipmentAdmin",
    "TrackingEventAdmin",
    "UnreadableEventAdmin",
]
