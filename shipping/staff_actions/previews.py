"""The next dates for people to see: when an occurrence falls, and when its parcel ships."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from core.database import clock
from orders.changes import Wanted
from orders.models import Order
from shipping.models import Schedule
from shipping.provider_api.working_days import Calendar
from shipping.routing.router import Router
from shipping.schedules import next_dates
from shipping.schedules.batches import calendar_of
from shipping.schedules.recurrence import Recurrence
from shipping.staff_actions import order_changes


@dataclass(frozen=True, slots=True)
class PlannedOccurrence:
    """Occurrence `occurrence` falls on `date`, and ships on `ship_on` if nothing is late."""

    occurrence: int
    date: datetime.date
    ship_on: datetime.date


def planned(
    recurrence: Recurrence | None, time_zone: str, calendar: Calendar, count: int
) -> list[PlannedOccurrence]:
    """The next `count` dates of a recurrence; none without one."""
    if recurrence is None:
        return []
    numbers = range(recurrence.occurrence, recurrence.occurrence + count)
    days, now = zip(numbers, recurrence.upcoming(count), strict=True), clock.now()
    return [PlannedOccurrence(n, day, calendar.ship_day_of(day, time_zone, now)) for n, day in days]


def compare_dates(
    schedule: Schedule,
    verb: str,
    *,
    count: int = 5,
    router: Router | None = None,
    **options: Any,
) -> tuple[list[PlannedOccurrence], list[PlannedOccurrence]]:
    """The next dates as things stand, and as they would be after a verb, which is not done.

    Raises what the verb would raise.
    """
    calendar, zone = calendar_of(schedule, router), schedule.time_zone
    after = next_dates.recurrence_after(schedule, verb, **options)
    return (
        planned(next_dates.recurrence_in_force(schedule), zone, calendar, count),
        planned(after, options.get("time_zone", zone), calendar, count),
    )


@dataclass(frozen=True, slots=True)
class Picture:
    """When a schedule sends what, by whom, at which price: as things stand, or as they would."""

    days: Sequence[PlannedOccurrence]
    order: Order
    provider: str


def compare_contents(
    schedule: Schedule, wanted: Wanted, *, count: int = 5, **dates: Any
) -> tuple[Picture, Picture]:
    """A schedule as it is, and as it would be after `order_changes.amend`.

    The change is made and rolled back: so it shows what the change would do, and raises what it
    would raise. Rows are locked meanwhile, as by the change.
    """
    now = _picture(schedule, count)
    with transaction.atomic():
        amended = order_changes.amend(schedule, wanted, by="rehearsal", **dates)
        then = _picture(amended, count)
        transaction.set_rollback(True)
    return now, then


def _picture(schedule: Schedule, count: int) -> Picture:
    order, router = schedule.order, Router.load()
    prefetch_related_objects([order], "lines__product")
    recurrence, calendar = next_dates.recurrence_in_force(schedule), calendar_of(schedule, router)
    days = planned(recurrence, schedule.time_zone, calendar, count)
    return Picture(days, order, router.route(order).provider)
