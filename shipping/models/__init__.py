"""Shipments, their schedules, what providers report of them, and what staff set for providers."""

from shipping.models.cancellations import Cancellation, CancellationState
from shipping.models.inquiries import Inquiry
from shipping.models.profiles import ProviderProfile
from shipping.models.returns import Return, ReturnEvent
from shipping.models.routing import RoutingRule
from shipping.models.schedules import CatchUp, Schedule, ScheduleEvent
from shipping.models.shipments import Shipment, ShipmentEvent, TrackingEvent
from shipping.models.unreadable import UnreadableEvent
from shipping.models.zones import time_zones, validate_time_zone

__all__ = [
    "Cancellation",
    "CancellationState",
    "CatchUp",
    "Inquiry",
    "ProviderProfile",
    "Return",
    "ReturnEvent",
    "RoutingRule",
    "Schedule",
    "ScheduleEvent",
    "Shipment",
    "ShipmentEvent",
    "TrackingEvent",
    "UnreadableEvent",
    "time_zones",
    "validate_time_zone",
]
