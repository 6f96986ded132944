"""When a customer may get a message: not in their quiet hours, and not more than so often a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.database import clock
from customers.models import Customer
from notifications.models import Notification
from notifications.policy.quiet_hours import QUIET, after_quiet, zone_of

DAY = timedelta(hours=24)
REPEATED = "The customer was told the same a moment ago."
ENOUGH = "Waits: the customer has had as many messages as they may have in 24 hours."


@dataclass(slots=True)
class SendWindow:
    """What the limits say. `slots`: when each customer's latest messages were due, newest first."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    per_day: int = 0
    duplicate_minutes: int = 0
    digest_minutes: int = 0
    slots: Mapping[int, list[datetime]] = field(default_factory=dict)

    def due(
        self, customer: Customer, *, critical: bool = False, counted: bool = True
    ) -> tuple[datetime, str]:
        """When the next message to them may go, and why it waits until then.

        Where it is `counted`, the one after it is due later still.
        """
        now = clock.now()
        if critical:
            return now, ""
        due, reason = self._with_room(self.slots.get(customer.pk, []), now), ""
        if due > now:
            reason = ENOUGH
        if (awake := self._after_quiet(due, zone_of(customer))) > due:
            due, reason = awake, QUIET
        if counted:
            self.slots.get(customer.pk, []).insert(0, due)
        return due, reason

    def _with_room(self, slots: Sequence[datetime], now: datetime) -> datetime:
        """The first moment before which there were fewer than so many in 24 hours."""
        if not self.per_day or len(slots) < self.per_day:
            return now
        return max(now, slots[self.per_day - 1] + DAY)

    def _after_quiet(self, moment: datetime, zone: ZoneInfo) -> datetime:
        if self.quiet_from is None or self.quiet_until is None:
            return moment
        return after_quiet(moment, zone, self.quiet_from, self.quiet_until)


def apply(row: Notification, window: SendWindow) -> None:
    """Set when this new message goes, or suppress it as a repetition."""
    if row.state != "queued":
        return
    if (
        window.duplicate_minutes
        and not row.source
        and _is_repetition(row, window.duplicate_minutes)
    ):
        row.state, row.last_error = "suppressed", REPEATED
        return
    row.next_attempt_at, row.last_error = window.due(row.customer, critical=row.critical)


def _is_repetition(row: Notification, minutes: int) -> bool:
    """Whether the customer got the same text a moment ago. A trigger has its source instead: the
    messages about two orders may have the same text."""
    since = clock.now() - timedelta(minutes=minutes)
    same = Notification.objects.filter(
        customer=row.customer, channel=row.channel, message=row.message, created_at__gt=since
    )
    return same.exclude(state__in=("suppressed", "failed")).exists()
