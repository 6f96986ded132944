"""Shipments, their schedules, what providers report of them, and what staff set for providers."""

from shipping.models.profiles import ProviderProfile
from shipping.models.schedules import CatchUp, Schedule, ScheduleEvent
from shipping.models.shipments import Shipment, ShipmentEvent, TrackingEvent
from shipping.models.zones import time_zones, validate_time_zone

__all__ = [
    "CatchUp",
    "ProviderProfile",
    "Schedule",
    "ScheduleEvent",
    "Shipment",
    "ShipmentEvent",
    "TrackingEvent",
    "time_zones",
    "validate_time_zone",
]
