"""Another service, where the preferred one provably takes nothing.

Provably means: the connection was refused, the service answered that it did not take the
message, or its circuit was open before anything was sent. After a time-out nothing is moved.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db.models import QuerySet

from core import shutdown
from core.database import clock
from core.database.sql import update_each
from core.failures import in_chunks
from core.http import Temporary
from core.models import Circuit
from core.outbox import Disposition
from notifications.channels import preferred
from notifications.delivery import deferral
from notifications.models import Notification
from notifications.models.history import record

CHUNK = 500


def circuit_name(channel: str, provider: str) -> str:
    """What the circuit of this service is called; its queue, too."""
    return f"notifications:{channel}:{provider}"


def halted() -> "QuerySet[Circuit]":
    """The services through which nothing goes until somebody acts."""
    return Circuit.objects.filter(name__startswith="notifications:").exclude(halted="")


def closed_services(channel: str) -> frozenset[str]:
    """The channel's services that are left alone at the moment."""
    names = {circuit_name(channel, name): name for name in preferred(channel)}
    closed = Circuit.objects.filter(name__in=names, open_until__gt=clock.now())
    return frozenset(names[name] for name in closed.values_list("name", flat=True))


def later(channel: str, provider: str) -> list[str]:
    """The services that come after this one in the order of preference."""
    order = preferred(channel)
    return order[order.index(provider) + 1 :] if provider in order else order


def closed_alternatives(channel: str) -> frozenset[str]:
    """The channel's services that are left alone; asked only where there are several."""
    return closed_services(channel) if len(preferred(channel)) > 1 else frozenset()


def move_on(
    row: Notification, disposition: Disposition, closed: frozenset[str], now: datetime
) -> None:
    """Name the service that a message is tried by next, where this one provably did not take it.

    And when: the next one at once; after the last one the first again, when it is time.
    """
    outcome = disposition.outcome
    if disposition.state != "queued" or disposition.in_doubt:
        return
    if not isinstance(outcome, Temporary) or not outcome.not_taken:
        return
    to = next((name for name in later(row.channel, row.provider) if name not in closed), "")
    if to:
        row.last_error = f"{row.last_error[:440]} Goes by {to} instead."
        row.next_attempt_at = now
    row.provider = to or next(iter(preferred(row.channel)), row.provider)


def leave(channel: str, provider: str) -> int:
    """Give what waits for a service whose circuit is open to another one; how many that were.

    What may have been taken before stays: its resend, if any, goes where it was.
    """
    if len(preferred(channel)) < 2 or provider not in (closed := closed_services(channel)):
        return 0
    to = next((name for name in preferred(channel) if name not in closed), "")
    left = Notification.objects.filter(
        state="queued", channel=channel, provider=provider, doubtful=False
    ).order_by("next_attempt_at", "id")
    work = f"move on from {channel}:{provider} the message"
    return in_chunks(work, left, partial(_move, left, provider, to), most=CHUNK) if to else 0


def _move(left: "QuerySet[Notification]", provider: str, to: str, ids: Sequence[int]) -> int:
    if shutdown.is_requested():
        return 0
    chosen = left.filter(pk__in=ids)
    rows = list(chosen.select_for_update(skip_locked=True, of=("self",), no_key=True))
    moments = _moments(rows)
    values = [(row.pk, to, due) for row, due in zip(rows, moments, strict=True)]
    update_each(Notification, ("id", "provider", "next_attempt_at"), values)
    for row in rows:
        row.last_error = f"{provider} takes nothing at the moment: goes by {to}."
    record(rows, kind="moved to another service", was="queued")
    return len(rows)


def _moments(rows: Sequence[Notification]) -> list[datetime]:
    """When they go: what waits to be tried again at once, but not at night.

    What was never tried waits for a reason of its own, such as the customer's limit.
    """
    nows = deferral.next_allowed(rows, [clock.now()] * len(rows))
    return [
        min(row.next_attempt_at, now) if row.attempts else row.next_attempt_at
        for row, now in zip(rows, nows, strict=True)
    ]
