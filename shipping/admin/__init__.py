"""Shipping in the admin, and on the page of an order."""

from orders.admin import OrderAdmin
from shipping.admin.contents import change_contents, may_change_orders_contents
from shipping.admin.profiles import ProviderProfileAdmin
from shipping.admin.returns import ReturnAdmin
from shipping.admin.routing import RoutingRuleAdmin
from shipping.admin.schedules import OrderScheduleInline, ScheduleAdmin
from shipping.admin.shipments import OrderShipmentInline, ShipmentAdmin
from shipping.admin.tracking import TrackingEventAdmin, UnreadableEventAdmin

OrderAdmin.change_contents = change_contents  # type: ignore[attr-defined]
OrderAdmin.has_change_contents_permission = may_change_orders_contents  # type: ignore[attr-defined]
OrderAdmin.actions_detail = [*OrderAdmin.actions_detail, "change_contents"]
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
