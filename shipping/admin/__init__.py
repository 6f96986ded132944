"""Shipments, schedules and tracking events in the admin, and on the page of their order."""

from orders.admin import OrderAdmin
from shipping.admin.schedules import OrderScheduleInline, ScheduleAdmin
from shipping.admin.shipments import OrderShipmentInline, ShipmentAdmin
from shipping.admin.tracking import TrackingEventAdmin

OrderAdmin.inlines = [*OrderAdmin.inlines, OrderScheduleInline, OrderShipmentInline]

__all__ = ["ScheduleAdmin", "ShipmentAdmin", "TrackingEventAdmin"]
