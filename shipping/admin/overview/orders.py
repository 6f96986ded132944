"""What an order's page shows of its parcels and its subscription."""

from typing import Any

from django.http import HttpRequest

from core.admin.overview.panels import MOST_LINES, Line, Panel, list_of
from core.admin.overview.timeline import Source
from orders.models import Order
from shipping.admin.overview.lines import (
    parcel_event_line,
    parcel_line,
    subscription_event_line,
    subscription_line,
)
from shipping.models import Schedule, ScheduleEvent, Shipment, ShipmentEvent


def _subscription(request: HttpRequest, order: Order) -> list[Line]:
    return [subscription_line(each) for each in Schedule.objects.filter(order=order.pk)]


def _parcels(request: HttpRequest, order: Order) -> list[Line]:
    newest = Shipment.objects.filter(order=order.pk).order_by("-id")[: MOST_LINES + 1]
    return [parcel_line(parcel) for parcel in newest]


def _parcel_events(request: HttpRequest, order: Order) -> Any:
    return ShipmentEvent.objects.filter(shipment__order=order.pk).select_related("shipment")


def _subscription_events(request: HttpRequest, order: Order) -> Any:
    events = ScheduleEvent.objects.filter(schedule__order=order.pk)
    return events.select_related("schedule__order")


PANELS = [
    Panel(
        "Parcels",
        "shipping.view_shipment",
        _parcels,
        lambda order: list_of(Shipment, order__id__exact=order.pk),
        empty="No parcel yet.",
        place=10,
    ),
    Panel(
        "Subscription",
        "shipping.view_schedule",
        _subscription,
        empty="It ships once.",
        place=15,
    ),
]
TIMELINE = [
    Source("parcel", "shipping.view_shipment", _parcel_events, parcel_event_line),
    Source("subscription", "shipping.view_schedule", _subscription_events, subscription_event_line),
]
