"""Quiet hours: local times of a customer, between which only what is critical is sent."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.models import Customer

QUIET = "Waits for the end of the customer's quiet hours."


def zone_of(customer: Customer) -> ZoneInfo:
    """The customer's time zone, or the one of those who named none."""
    return zone_named(customer.time_zone)


def zone_named(name: str) -> ZoneInfo:
    """The zone of a customer whose time zone is this; "" when they named none."""
    return ZoneInfo(name or settings.CUSTOMER_TIME_ZONE)


def after_quiet(moment: datetime, zone: ZoneInfo, begin: time, end: time) -> datetime:
    """The moment itself, or the end of the quiet hours (local times) that it lies in."""
    span = quiet_span(moment, zone, begin, end)
    return span[1] if span else moment


def quiet_span(
    moment: datetime, zone: ZoneInfo, begin: time, end: time
) -> tuple[datetime, datetime] | None:
    """When the quiet hours (local times) that the moment lies in began and are over, if any.

    On the day the clocks go back an end that comes twice is the first one, unless that is over.
    """
    local = moment.astimezone(zone)
    clock, day, night = local.time(), local.date(), begin > end
    quiet = (clock >= begin or clock < end) if night else begin <= clock < end
    if not quiet:
        return None
    first = day - timedelta(days=int(night and clock < end))
    began = datetime.combine(first, begin, tzinfo=zone)
    over = datetime.combine(first + timedelta(days=int(night)), end, tzinfo=zone)
    return began, over if over > moment else over.replace(fold=1)
