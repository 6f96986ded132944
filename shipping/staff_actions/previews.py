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
from shipping.routing import Router
from shipping.schedules import services as schedules
from shipping.schedules.batches import calendar_of
from shipping.schedules.recurrence import Plan
from shipping.staff_actions import order_changes


@dataclass(frozen=True, slots=True)
class Planned:
    """Occurrence `occurrence` falls on `date`, and ships on `ship_on` if nothing is late."""

    occurrence: int
    date: datetime.date
    ship_on: datetime.date


def planned(plan: Plan | None, time_zone: str, calendar: Calendar, count: int) -> list[Planned]:
    """The next `count` dates of a plan; none without one."""
    if plan is None:
        return []
    numbers = range(plan.occurrence, plan.occurrence + count)
    days, now = zip(numbers, plan.upcoming(count), strict=True), clock.now()
    return [Planned(n, day, calendar.ship_day_of(day, time_zone, now)) for n, day in days]


def now_and_then(
    schedule: Schedule,
    verb: str,
    *,
    count: int = 5,
    router: Router | None = None,
    **options: Any,
) -> tuple[list[Planned], list[Planned]]:
    """The next dates as things stand, and as they would be after a verb, which is not done.

    Raises what the verb would raise.
    """
    calendar, zone = calendar_of(schedule, router), schedule.time_zone
    after = schedules.plan_after(schedule, verb, **options)
    return (
        planned(schedules.plan_in_force(schedule), zone, calendar, count),
        planned(after, options.get("time_zone", zone), calendar, count),
    )


@dataclass(frozen=True, slots=True)
class Picture:
    """When a schedule sends what, by whom, at which price: as things stand, or as they would."""

    days: Sequence[Planned]
    order: Order
    provider: str


def rehearsed(
    schedule: Schedule, wanted: Wanted, *, count: int = 5, **dates: Any
) -> tuple[Picture, Picture]:
    """A schedule as it is, and as it would be after `changing.amend`, which is done and undone.

    So it shows what the deed would make of it, and raises what the deed would raise. Rows are
    locked meanwhile, as by the deed.
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
    plan, calendar = schedules.plan_in_force(schedule), calendar_of(schedule, router)
    days = planned(plan, schedule.time_zone, calendar, count)
    return Picture(days, order, router.route(order).provider)
