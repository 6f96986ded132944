"""The verbs of schedules. Each writes a ScheduleEvent; `next_dates` shows what each would do."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from core.database import clock
from core.workflow import transition
from orders.models import Order
from orders.models.locking import lock_order
from orders.services import advance_order
from shipping.models import Return, Schedule, ScheduleEvent, Shipment
from shipping.schedules.next_dates import (
    after_skip,
    after_unskip,
    changed,
    check_resumption,
    recurrence_of,
    today_of,
)
from shipping.schedules.recurrence import Recurrence, local_date
from shipping.schedules.skipping import Occurrence
from shipping.states import CLOSED, FAILED


def start(order: Order, *, by: str) -> Schedule:
    """Anchor a recurring order on today. Occurrence 0 is the caller's: it ships at once."""
    today = local_date(clock.now(), settings.TIME_ZONE)
    recurrence = Recurrence(order.shipping_interval, today, occurrence=1)
    schedule = Schedule.objects.create(
        order=order,
        interval=recurrence.interval,
        anchor=recurrence.anchor,
        time_zone=settings.TIME_ZONE,
        occurrence=recurrence.occurrence,
        next_on=recurrence.next_on,
    )
    note(schedule, "created", by)
    return schedule


def cancel_of_order(order: Order, *, by: str) -> Schedule | None:
    """Cancel the schedule of a cancelled order; None when it has none."""
    schedule = Schedule.objects.filter(order=order).first()
    if schedule and schedule.state != "cancelled":
        transition(schedule, "cancelled", by=by, detail="the order was cancelled", resume_on=None)
    return schedule


@transaction.atomic
def pause(schedule: Schedule, *, by: str, resume_on: date | None = None) -> Schedule:
    """Make no shipments until it is resumed, or until `resume_on`, which ships again itself.

    Raises TransitionNotAllowedError unless it is active and `resume_on` in the future,
    ValidationError for a date out of reach.
    """
    check_resumption(schedule, resume_on)
    until = f"until {resume_on}" if resume_on else "until it is resumed"
    transition(schedule, "paused", by=by, detail=until, resume_on=resume_on)
    return schedule


@transaction.atomic
def resume(schedule: Schedule, *, by: str) -> Schedule:
    """Ship again from today; what fell into the pause is passed over.

    Raises TransitionNotAllowedError unless it is paused.
    """
    locked = _locked(schedule)
    recurrence = recurrence_of(locked).skipping_until(today_of(locked))
    changes: dict[str, Any] = {
        "occurrence": recurrence.occurrence,
        "next_on": recurrence.next_on,
        "resume_on": None,
    }
    transition(
        schedule, "active", by=by, kind="resumed", detail=f"next on {recurrence.next_on}", **changes
    )
    return schedule


@transaction.atomic
def skip(schedule: Schedule, *, by: str, occurrence: Occurrence | None = None) -> Schedule:
    """Leave out the next occurrence; `occurrence` says which one is meant.

    Whoever says so skips it once, however often: one that is skipped stays so. Raises
    TransitionNotAllowedError unless the schedule is active and it is the next one; and without
    `occurrence` while a skipped one is still to come: then nobody can tell a second skip from a
    first one that was repeated.
    """
    locked = _locked(schedule)
    recurrence = after_skip(locked, {"occurrence": occurrence})
    if recurrence.occurrence == locked.occurrence:
        return locked
    if locked.skipped_from is None:
        locked.skipped_from = locked.occurrence
    return _reschedule(locked, recurrence, "skipped", by, f"{locked.next_on} left out")


@transaction.atomic
def unskip(schedule: Schedule, *, by: str, occurrence: Occurrence) -> Schedule:
    """Take a skip back; one that is the next already stays so.

    Raises TransitionNotAllowedError unless the schedule is active, the occurrence is still to come,
    and it was the last to be skipped.
    """
    locked = _locked(schedule)
    recurrence = after_unskip(locked, {"occurrence": occurrence})
    if recurrence.occurrence == locked.occurrence:
        return locked
    if recurrence.occurrence == locked.skipped_from:
        locked.skipped_from = None
    return _reschedule(locked, recurrence, "unskipped", by, f"{recurrence.next_on} not left out")


@transaction.atomic
def change(schedule: Schedule, *, by: str, **changes: Any) -> Schedule:
    """Change `interval`, `anchor`, `time_zone` or `catch_up`; the occurrences' numbers go on.

    Raises TransitionNotAllowedError when it is cancelled, ValidationError for an anchor out of
    reach.
    """
    locked = _locked(schedule)
    new = {name: value for name, value in changes.items() if value != getattr(locked, name)}
    recurrence = changed(locked, new)
    if not new:
        return locked
    for name, value in new.items():
        setattr(locked, name, value)
    if "interval" in new or "anchor" in new:
        locked.skipped_from = None  # another row of dates
    return _reschedule(
        locked, recurrence, "changed", by, ", ".join(f"{k} {v}" for k, v in new.items())
    )


@transaction.atomic
def cancel(schedule: Schedule, *, by: str, reason: str = "") -> Schedule:
    """Make no shipments ever again; those that are made go on. Raises TransitionNotAllowedError
    when it is.

    Its order is finished as soon as its last parcel is.
    """
    order = lock_order(schedule.order_id)
    transition(schedule, "cancelled", by=by, detail=reason, resume_on=None)
    finish(order, by=by)
    return schedule


def finish(order: Order, *, by: str) -> None:
    """Close an order, which the caller has locked, when its schedule has ended and every parcel
    too; else do nothing. One in whose place another was sent has ended, and one that is back."""
    if order.state != "active" or not Schedule.objects.filter(order=order, state="cancelled"):
        return
    going = order.shipments.exclude(state__in=CLOSED)
    again = Shipment.objects.filter(resend_of=OuterRef("pk")).exclude(state="cancelled")
    back = Return.objects.filter(shipment=OuterRef("pk"), state="received")
    if not going.exclude(Exists(again), state=FAILED).exclude(Exists(back)).exists():
        advance_order(order, "finished", by=by)


def _reschedule(
    schedule: Schedule, recurrence: Recurrence, kind: str, by: str, detail: str
) -> Schedule:
    schedule.interval = recurrence.interval
    schedule.anchor = recurrence.anchor
    schedule.anchor_occurrence = recurrence.anchor_occurrence
    schedule.occurrence = recurrence.occurrence
    schedule.next_on = recurrence.next_on
    schedule.save()
    note(schedule, kind, by, f"{detail}: next on {recurrence.next_on}")
    return schedule


def note(schedule: Schedule, kind: str, by: str, detail: str = "") -> None:
    """Write down what was done to a schedule."""
    ScheduleEvent.objects.create(schedule=schedule, kind=kind, actor=by, detail=detail[:500])


def _locked(schedule: Schedule) -> Schedule:
    return Schedule.objects.select_for_update(of=("self",), no_key=True).get(pk=schedule.pk)
