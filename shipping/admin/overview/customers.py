"""What a customer's page shows of their subscriptions and parcels."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest

from core.admin.overview.panels import MOST_LINES, Line, Panel, list_of
from core.admin.overview.timeline import Source
from customers.models import Customer
from shipping.admin.overview.lines import (
    parcel_event_line,
    parcel_line,
    subscription_event_line,
    subscription_line,
)
from shipping.models import Schedule, ScheduleEvent, Shipment, ShipmentEvent


def _subscriptions(request: HttpRequest, customer: Customer) -> list[Line]:
    running = Schedule.objects.filter(order__customer=customer).exclude(state="cancelled")
    newest = _newest(running.select_related("order"))
    return [subscription_line(each) for each in newest]


def _parcels(request: HttpRequest, customer: Customer) -> list[Line]:
    return [
        parcel_line(each) for each in _newest(Shipment.objects.filter(order__customer=customer))
    ]


def _newest(rows: Any) -> Any:
    """The newest few, put in order by what no index has: a customer has few of millions of rows."""
    return rows.order_by(F("pk") * -1)[: MOST_LINES + 1]


def _parcel_events(request: HttpRequest, customer: Customer) -> Any:
    events = ShipmentEvent.objects.filter(shipment__order__customer=customer)
    return events.select_related("shipment")


def _subscription_events(request: HttpRequest, customer: Customer) -> Any:
    events = ScheduleEvent.objects.filter(schedule__order__customer=customer)
    return events.select_related("schedule__order")


PANELS = [
    Panel(
        "Running subscriptions",
        "shipping.view_schedule",
        _subscriptions,
        lambda customer: list_of(Schedule, q=customer.code),
        place=15,
    ),
    Panel(
        "Parcels",
        "shipping.view_shipment",
        _parcels,
        lambda customer: list_of(Shipment, q=customer.code),
        place=25,
    ),
]
TIMELINE = [
    Source("parcel", "shipping.view_shipment", _parcel_events, parcel_event_line),
    Source("subscription", "shipping.view_schedule", _subscription_events, subscription_event_line),
]
