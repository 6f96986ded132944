"""Shipping in the admin, and on the page of an order."""

from customers.admin import CustomerAdmin
from orders.admin import OrderAdmin
from shipping.admin.profiles import ProviderProfileAdmin
from shipping.admin.returns import ReturnAdmin
from shipping.admin.routing import RoutingRuleAdmin
from shipping.admin.schedules.contents import change_contents, may_change_orders_contents
from shipping.admin.schedules.moving import ask, may_move_subscriptions, move_subscriptions
from shipping.admin.schedules.pages import OrderScheduleInline, ScheduleAdmin
from shipping.admin.shipments import OrderShipmentInline, ShipmentAdmin
from shipping.admin.tracking import TrackingEventAdmin, UnreadableEventAdmin

OrderAdmin.change_contents = change_contents  # type: ignore[attr-defined]
OrderAdmin.has_change_contents_permission = may_change_orders_contents  # type: ignore[attr-defined]
OrderAdmin.actions_detail = [*OrderAdmin.actions_detail, "change_contents"]
CustomerAdmin.move_subscriptions = move_subscriptions  # type: ignore[attr-defined]
CustomerAdmin.has_move_subscriptions_permission = may_move_subscriptions  # type: ignore[attr-defined]
CustomerAdmin.actions_detail = [*CustomerAdmin.actions_detail, "move_subscriptions"]
CustomerAdmin.asks_after_a_move.append(ask)
OrderAdmin.inlines = [*OrderAdmin.inlines, OrderScheduleInline, OrderShipmentInline]

__all__ = [
    "ProviderProfileAdmin",
    "ReturnAdmin",
    "RoutingRuleAdmin",
    "ScheduleAdmin",
    "ShipmentAdmin",
    "TrackingEventAdmin",
    "UnreadableEventAdmin",
]
