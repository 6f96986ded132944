"""At night only what is critical goes out: what is tried again, or late, waits for the morning."""

from collections.abc import Sequence
from datetime import datetime, time

from django.db.models import QuerySet

from core.database import clock
from core.failures import in_chunks
from customers.models import Customer
from notifications.models import Limits, Notification
from notifications.policy.quiet_hours import QUIET, after_quiet, quiet_span, zone_named

CHUNK = 5000


def hours() -> tuple[time, time] | None:
    """The quiet hours that staff have set, in each customer's own time; None: never quiet."""
    hours = Limits.objects.filter(pk=1).values_list("quiet_from", "quiet_until")
    begin, end = hours.first() or (None, None)
    return None if begin is None or end is None else (begin, end)


def next_allowed(rows: Sequence[Notification], moments: Sequence[datetime]) -> list[datetime]:
    """For each row this moment, or the end of its customer's quiet hours that it lies in.

    Takes two statements however many there are, one when it is never quiet.
    """
    waiting = {row.customer_id for row in rows if not row.critical}
    span = hours() if waiting else None
    if span is None:
        return list(moments)
    people = Customer.objects.filter(pk__in=waiting)
    zones = dict(people.values_list("pk", "time_zone"))
    return [
        moment if row.critical else after_quiet(moment, zone_named(zones[row.customer_id]), *span)
        for row, moment in zip(rows, moments, strict=True)
    ]


def defer_retries(rows: Sequence[Notification]) -> None:
    """Let none of these rows, not yet saved, be tried again at night, with the reason."""
    for row, due in zip(
        rows, next_allowed(rows, [row.next_attempt_at for row in rows]), strict=True
    ):
        if due > row.next_attempt_at:
            row.next_attempt_at = due
            row.last_error = f"{row.last_error[:440]} {QUIET}"


def defer_overdue(channel: str, provider: str) -> int:
    """Put off what was due before the night began and is still here; how many there were.

    What became due within the night passes: it is critical, or staff sent it again by hand.
    """
    span, now = hours(), clock.now()
    if span is None:
        return 0
    late = Notification.objects.filter(
        state="queued", channel=channel, provider=provider, next_attempt_at__lte=now, critical=False
    )
    held = 0
    for name in list(late.order_by().values_list("customer__time_zone", flat=True).distinct()):
        if night := quiet_span(now, zone_named(name), *span):
            began, over = night
            theirs = late.filter(customer__time_zone=name, next_attempt_at__lt=began)
            held += _defer(theirs.order_by("pk"), f"hold by {channel}:{provider} the message", over)
    return held


def _defer(rows: "QuerySet[Notification]", work: str, over: datetime) -> int:
    """Chunk by chunk; who cannot be held rests, and is left out the next time."""

    def defer(ids: Sequence[int]) -> int:
        return rows.filter(pk__in=ids).update(next_attempt_at=over, last_error=QUIET)

    return in_chunks(work, rows, defer, most=CHUNK)
