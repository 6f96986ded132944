"""The next dates of a schedule: as they stand, and as they would be after a verb."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max

from core.database import clock
from core.workflow import TransitionNotAllowedError
from shipping.models import Schedule
from shipping.provider_api.working_days import DAY
from shipping.schedules import skipping
from shipping.schedules.recurrence import Recurrence, local_date
from shipping.schedules.skipping import Occurrence

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


def recurrence_of(schedule: Schedule) -> Recurrence:
    """The calendar of a schedule."""
    numbers = schedule.occurrence, schedule.anchor_occurrence
    return Recurrence(schedule.interval, schedule.anchor, *numbers)


def upcoming(schedule: Schedule, count: int = 5) -> list[date]:
    """The next dates as things stand: none when it is cancelled, or paused until further notice."""
    recurrence = recurrence_in_force(schedule)
    return recurrence.upcoming(count) if recurrence else []


def recurrence_in_force(schedule: Schedule) -> Recurrence | None:
    """The calendar of its next shipments, a pause that ends by itself passed over."""
    return _in_force(schedule, recurrence_of(schedule))


def _in_force(schedule: Schedule, recurrence: Recurrence) -> Recurrence | None:
    if schedule.state == "active":
        return recurrence
    if schedule.state == "paused" and schedule.resume_on:
        return recurrence.skipping_until(schedule.resume_on)
    return None


def today_of(schedule: Schedule) -> date:
    """The date where the schedule is."""
    return local_date(clock.now(), schedule.time_zone)


def skipped(schedule: Schedule) -> dict[int, date]:
    """The occurrences that are left out and still to come: number and date."""
    return skipping.left_out(recurrence_of(schedule), schedule.skipped_from, today_of(schedule))


def preview(schedule: Schedule, verb: str, *, count: int = 5, **options: Any) -> list[date]:
    """The next dates as they would be after a verb: those of `recurrence_after`."""
    recurrence = recurrence_after(schedule, verb, **options)
    return recurrence.upcoming(count) if recurrence else []


def recurrence_after(schedule: Schedule, verb: str, **options: Any) -> Recurrence | None:
    """What `recurrence_in_force` would be after a verb, which is not done.

    `verb`: pause (`resume_on`), resume, skip and unskip (`occurrence`), change (what `change`
    takes) or cancel. Raises what the verb would raise.
    """
    return _AFTER[verb](schedule, options)


def _after_pause(schedule: Schedule, options: dict[str, Any]) -> Recurrence | None:
    Schedule.WORKFLOW.check(schedule, "paused")
    resume_on = options.get("resume_on")
    check_resumption(schedule, resume_on)
    return recurrence_of(schedule).skipping_until(resume_on) if resume_on else None


def _after_resume(schedule: Schedule, options: dict[str, Any]) -> Recurrence:
    Schedule.WORKFLOW.check(schedule, "active")
    return recurrence_of(schedule).skipping_until(today_of(schedule))


def after_skip(schedule: Schedule, options: dict[str, Any]) -> Recurrence:
    """After leaving out the next one, or `occurrence`. Raises what the verb would raise."""
    occurrence = options.get("occurrence")
    _check_active(schedule, occurrence)
    return skipping.skipped(recurrence_of(schedule), skipped(schedule), occurrence)


def after_unskip(schedule: Schedule, options: dict[str, Any]) -> Recurrence:
    """After taking the skip of `occurrence` back. Raises what the verb would raise."""
    if (occurrence := options.get("occurrence")) is None:
        raise ValidationError({"occurrence": "Say which one."})
    _check_active(schedule, occurrence)
    return skipping.unskipped(recurrence_of(schedule), skipped(schedule), occurrence)


def _after_change(schedule: Schedule, options: dict[str, Any]) -> Recurrence | None:
    return _in_force(schedule, changed(schedule, options))


def _after_cancel(schedule: Schedule, options: dict[str, Any]) -> None:
    Schedule.WORKFLOW.check(schedule, "cancelled")


_AFTER: dict[str, Callable[[Schedule, dict[str, Any]], Recurrence | None]] = {
    "pause": _after_pause,
    "resume": _after_resume,
    "skip": after_skip,
    "unskip": after_unskip,
    "change": _after_change,
    "cancel": _after_cancel,
}


PREVIEWED = tuple(_AFTER)


# Those that need no more than the schedule.
VERBS = tuple(verb for verb in PREVIEWED if verb != "unskip")


def changed(schedule: Schedule, changes: dict[str, Any]) -> Recurrence:
    """The recurrence after a change; one without interval and anchor moves nothing."""
    if schedule.state == "cancelled":
        raise TransitionNotAllowedError("This schedule is cancelled: it cannot be changed.")
    interval, anchor = changes.get("interval"), changes.get("anchor")
    _check_reach("anchor", anchor)
    recurrence = recurrence_of(schedule)
    if not interval and not anchor:
        return recurrence
    today = today_of(schedule)
    last = schedule.shipments.exclude(state="missed").aggregate(Max("ship_on"))["ship_on__max"]
    not_before = max(today, last + DAY) if last else today
    return recurrence.changed(interval or schedule.interval, anchor or schedule.anchor, not_before)


def _check_active(schedule: Schedule, occurrence: Occurrence | None) -> None:
    if isinstance(occurrence, date):
        _check_reach("occurrence", occurrence)
    if schedule.state != "active":
        raise TransitionNotAllowedError(
            f"This schedule is {schedule.state}: it has no next date to skip."
        )


def check_resumption(schedule: Schedule, resume_on: date | None) -> None:
    """Raise TransitionNotAllowedError for a date that is over, ValidationError for one out of
    reach."""
    _check_reach("resume_on", resume_on)
    if resume_on and resume_on <= today_of(schedule):
        raise TransitionNotAllowedError(
            f"A pause until {resume_on} would be over already. Give a later date."
        )


def _check_reach(field: str, day: date | None) -> None:
    if day and not EARLIEST <= day <= LATEST:
        raise ValidationError({field: f"Give a date from {EARLIEST.year} to {LATEST.year}."})
