"""What an order's page shows of its parcels and its subscription, and what can be done there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

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
from shipping.schedules import next_dates

DIALOGS = {
    "skip": "Skip the next",
    "unskip": "Take the skip back",
    "pause": "Pause",
    "resume": "Resume",
    "change_dates": "Change the dates",
}


def _subscription(request: HttpRequest, order: Order) -> list[Line]:
    rows = Schedule.objects.filter(order=order.pk).select_related("order")
    return [_with_verbs(request, schedule) for schedule in rows]


def _with_verbs(request: HttpRequest, schedule: Schedule) -> Line:
    """The line, with the dialogs of the schedule's own page that make sense now."""
    line = replace(subscription_line(schedule), text="Subscription")
    if not request.user.has_perm("shipping.change_schedule"):
        return line
    dialogs = [
        (DIALOGS[verb], reverse(f"admin:shipping_schedule_{verb}", args=[schedule.pk]))
        for verb in _verbs(schedule)
    ]
    return replace(line, dialogs=dialogs)


def _verbs(schedule: Schedule) -> Iterator[str]:
    if schedule.state == "active":
        yield from ("skip", "pause")
        if next_dates.skipped(schedule):
            yield "unskip"
    if schedule.state == "paused":
        yield "resume"
    if schedule.state != "cancelled":
        yield "change_dates"


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
        "Next dates",
        "shipping.view_schedule",
        _subscription,
        empty="It is no subscription.",
        place=15,
    ),
]
TIMELINE = [
    Source("parcel", "shipping.view_shipment", _parcel_events, parcel_event_line),
    Source("subscription", "shipping.view_schedule", _subscription_events, subscription_event_line),
]
