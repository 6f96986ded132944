"""The queues to the outside, one for each service and channel, and how their answers are recorded.

None of these services has an idempotency key, so `resend_is_safe` is false throughout: a message
that may have been taken becomes `unknown`, and staff decide.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache, partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core import circuits
from core.http import Done, Outcome, Permanent, Unknown
from core.models import Circuit
from core.outbox import Job, Lane, Settlement, work
from core.sql import update_each
from notifications.channels import (
    OPTED_OUT,
    DirectTransport,
    Halt,
    Message,
    Transport,
    transports,
)
from notifications.consent import opt_out
from notifications.history import record
from notifications.models import Notification
from notifications.reports import apply_parked

logger = logging.getLogger(__name__)

HALTED_FOR = timedelta(minutes=15)

_COLUMNS = (
    "id",
    "fence",
    "state",
    "lease_until",
    "next_attempt_at",
    "doubtful",
    "last_error",
    "provider_reference",
    "cost",
    "sent_at",
)


@cache
def lane(channel: str, provider: str) -> Lane:
    """The queue to one service. Raises KeyError when there is no such transport."""
    transport = transports()[channel, provider]
    name = f"notifications:{channel}:{provider}"
    return Lane(
        name=name,
        model=Notification,
        rows=Q(channel=channel, provider=provider),
        prepare=partial(_prepare, name, transport),
        settle=partial(_settle, name),
        resend_is_safe=False,
        refused_state="failed",
        limits=transport.limits,
        # A worker that dies makes its whole chunk unknown, and each of those costs a person's
        # time: so no more rows are taken than keep the connections busy.
        chunk=2 * transport.limits.concurrency,
    )


def lanes() -> list[Lane]:
    """Every queue there is."""
    return [lane(*key) for key in sorted(transports())]


def dispatch(channel: str = "", provider: str = "") -> int:
    """Send what is due in one queue, or in all of them; how many messages were attempted."""
    keys = [(channel, provider)] if channel else sorted(transports())
    return sum(work(lane(*key)) for key in keys if key in transports())


def _prepare(name: str, transport: Transport, row: Notification) -> Job | Outcome:
    message = Message(row.recipient, row.message, row.subject)
    if not isinstance(transport, DirectTransport):
        return Job(transport.request(message), transport.read)
    outcome = _deliver(transport, message)
    circuits.note(name, [outcome])  # the outbox does that for what it sends itself
    return outcome


def _deliver(transport: DirectTransport, message: Message) -> Outcome:
    """What became of it. When the transport itself breaks, nobody knows."""
    try:
        return transport.deliver(message)
    except Exception as error:  # noqa: BLE001 - the others of the chunk must keep their outcomes
        # Kind only: its text may hold personal data.
        logger.error("%s in %s", type(error).__name__, transport.name)  # noqa: TRY400
        return Unknown(f"our own {type(error).__name__}")


@transaction.atomic
def _settle(name: str, settled: Sequence[tuple[Notification, Settlement]]) -> None:
    """Record the answers of a chunk, where the row is still ours."""
    now = timezone.now()
    values = [_values(row, settlement, now) for row, settlement in settled]
    ours = {
        pk
        for (pk,) in update_each(
            Notification, _COLUMNS, values, where="t.fence = v.fence AND t.state = 'sending'"
        )
    }
    kept = [(row, settlement) for row, settlement in settled if row.pk in ours]
    record([row for row, _ in kept], was="sending")
    _take_hints(name, kept)
    apply_parked([row for row, _ in kept])


def _values(row: Notification, settlement: Settlement, now: datetime) -> tuple[object, ...]:
    """The row's new columns, in the order of `_COLUMNS`; the row itself is brought up to date."""
    outcome = settlement.outcome
    row.state, row.last_error = settlement.state, settlement.error
    if isinstance(outcome, Done):
        row.provider_reference, row.sent_at = outcome.reference, now
        row.cost = outcome.details.get("cost", "")
    return (
        row.pk,
        row.fence,
        row.state,
        None,
        settlement.due or row.next_attempt_at,
        settlement.doubtful,
        row.last_error,
        row.provider_reference,
        row.cost,
        row.sent_at,
    )


def _take_hints(name: str, settled: Sequence[tuple[Notification, Settlement]]) -> None:
    """What an answer says beyond its own message: an opt-out, or that nothing goes through."""
    for row, settlement in settled:
        if isinstance(settlement.outcome, Permanent) and settlement.outcome.code == OPTED_OUT:
            opt_out(row.channel, row.recipient, reason=settlement.error, by=row.provider)
    halts = [s.outcome.reason for _, s in settled if isinstance(s.outcome, Halt)]
    if halts:
        _halt(name, halts[0])


def _halt(name: str, reason: str) -> None:
    """Open the circuit at once: the queue waits, without burning attempts, and staff are told."""
    until = timezone.now() + HALTED_FOR
    Circuit.objects.update_or_create(
        name=name, defaults={"failures": circuits.FAILURES, "open_until": until}
    )
    logger.error("%s is halted for %s: %s", name, HALTED_FOR, reason)
