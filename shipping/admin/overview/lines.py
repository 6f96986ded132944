"""Parcels, subscriptions and what happened to them, a line each."""

from django.utils.formats import date_format

from core.admin.overview.panels import Line, page_of
from shipping.models import Schedule, ScheduleEvent, Shipment, ShipmentEvent
from shipping.schedules import next_dates
from shipping.states import SCHEDULE_COLOURS, SHIPMENT_COLOURS

DATES = 3
SHIPMENT_LABELS = {
    "resent": "sent again",
    "resend": "sent in place of another",
    "retried": "queued again",
    "delivery-failed": "could not be delivered, and is tried again",
}
SCHEDULE_LABELS = {"unskipped": "skip taken back"}


def parcel_line(parcel: Shipment) -> Line:
    """A parcel: where it is, who has it, and the carrier's page that tracks it."""
    state = parcel.get_state_display().replace("-", " ").lower()
    colour = SHIPMENT_COLOURS.get(parcel.state, "")
    day = "" if parcel.sent_at else f"ships {date_format(parcel.ship_on, 'j M Y')}"
    sent = f"handed over {date_format(parcel.sent_at, 'j M Y')}" if parcel.sent_at else day
    facts = [f"by {parcel.provider}", sent, parcel.last_error]
    tracking = parcel.tracking_number
    links = [(f"Track {tracking or 'it'}", parcel.tracking_url)] if parcel.tracking_url else []
    if tracking and not links:
        facts.insert(1, tracking)
    return Line(parcel.reference, page_of(parcel), state, colour, facts, links)


def subscription_line(schedule: Schedule) -> Line:
    """A subscription: how often, what, and its next dates."""
    days = [date_format(day, "j M Y") for day in next_dates.upcoming(schedule, DATES)]
    out = [date_format(day, "j M Y") for day in next_dates.skipped(schedule).values()]
    facts = [
        schedule.get_interval_display(),
        schedule.order.item,
        f"next: {', '.join(days)}" if days else "",
        f"left out: {', '.join(out)}" if out else "",
    ]
    if schedule.state == "paused":
        until = schedule.resume_on
        facts.append(f"until {date_format(until, 'j M Y')}" if until else "until it is resumed")
    colour = SCHEDULE_COLOURS[schedule.state]
    return Line(
        str(schedule.order.number), page_of(schedule), schedule.get_state_display(), colour, facts
    )


def parcel_event_line(event: ShipmentEvent) -> Line:
    """What happened to a parcel."""
    what = SHIPMENT_LABELS.get(event.kind, event.kind.replace("-", " "))
    text = f"Parcel {event.shipment.reference} {what}"
    return Line(text, page_of(event.shipment), facts=[event.detail, event.actor])


def subscription_event_line(event: ScheduleEvent) -> Line:
    """What was done to a subscription."""
    what = SCHEDULE_LABELS.get(event.kind, event.kind.replace("-", " "))
    text = f"Subscription {event.schedule.order.number} {what}"
    return Line(text, page_of(event.schedule), facts=[event.detail, event.actor])
