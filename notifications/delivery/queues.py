"""The queues to the outside, one for each service and channel, and how their answers are recorded.

None of these services has an idempotency key, so `resend_is_safe` is false throughout: a message
that may have been taken becomes `unknown`, and staff decide, unless its template says that coming
twice does no harm.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q

from core.database import clock
from core.database.sql import update_each
from core.failures import each_name
from core.http import Done, Limits, Outcome, Permanent, RateLimiter, Request, Unknown
from core.outbox import DeliveryQueue, Disposition, Job, circuit_breaker, work
from notifications import cases
from notifications.channels import (
    INVALID_RECIPIENT,
    OPTED_OUT,
    DirectTransport,
    HttpTransport,
    Message,
    PairedTransport,
    ServiceUnavailable,
    Transport,
    channels,
    preferred,
    transports,
)
from notifications.composition.envelope import message_of
from notifications.delivery import costs, failover
from notifications.delivery.concurrency import limits_of
from notifications.delivery.invalid_recipients import suppress_recipient, try_other_address
from notifications.delivery.reports import apply_parked_to
from notifications.models import Notification
from notifications.models.history import record
from notifications.policy import quiet_hours
from notifications.policy.opt_outs import opt_out

logger = logging.getLogger(__name__)

HALTED_FOR = timedelta(minutes=15)

_COLUMNS = (
    "id",
    "fence",
    "state",
    "lease_until",
    "next_attempt_at",
    "doubtful",
    "provider",
    "last_error",
    "last_answer",
    "provider_reference",
    "cost",
    "sent_at",
)


def queue_to(channel: str, provider: str) -> DeliveryQueue:
    """The queue to one service. Raises KeyError when there is no such transport."""
    transport = transports()[channel, provider]
    name, limits = failover.circuit_name(channel, provider), limits_of(transport)
    return DeliveryQueue(
        name=name,
        model=Notification,
        rows=Q(channel=channel, provider=provider),
        prepare=partial(_prepare, name, transport, limits),
        record_results=partial(_settle, name, channel),
        resend_is_safe=False,
        refused_state="failed",
        limits=limits,
    )


def all_queues() -> list[DeliveryQueue]:
    """Every queue there is."""
    return [queue_to(*key) for key in sorted(transports())]


def dispatch(channel: str = "", provider: str = "", *, seconds: float = 100.0) -> int:
    """Send what is due in one queue, or in all of them; how many messages were attempted.

    Each queue has so many seconds. What the service provably did not take is tried with those
    behind it in the same go.
    """
    keys = _from(channel, provider) if channel in channels() else _all()
    queues = {f"{key[0]}:{key[1]}": key for key in keys if key in transports()}
    return each_name("send messages", queues, lambda name: _work(*queues[name], seconds))


def _from(channel: str, provider: str) -> list[tuple[str, str]]:
    """A service's queue, and those behind it."""
    return [(channel, name) for name in [provider, *failover.later(channel, provider)]]


def _all() -> list[tuple[str, str]]:
    """Every queue, those of a channel in its order of preference, then those not in use."""
    wanted = chain(*([(name, each) for each in preferred(name)] for name in channels()))
    return list(dict.fromkeys([*wanted, *sorted(transports())]))


def _work(channel: str, provider: str, seconds: float) -> int:
    """Send what waits for a service; what it leaves behind when its circuit opens moves on."""
    quiet_hours.defer_overdue(channel, provider)
    failover.leave(channel, provider)
    attempted = work(queue_to(channel, provider), seconds=seconds)
    failover.leave(channel, provider)
    return attempted


def _prepare(name: str, transport: Transport, limits: Limits, row: Notification) -> Job | Outcome:
    message = message_of(row)
    if not isinstance(transport, DirectTransport):
        return _job(transport, message)
    limiter = RateLimiter(limits.per_second)
    limiter.acquire_sync()
    outcome = _deliver(transport, message)
    with suppress(DatabaseError):  # what became of it must not depend on that
        circuit_breaker.record(name, [outcome])  # the outbox does that for what it sends itself
    limiter.drain()
    return outcome


def _job(transport: HttpTransport | PairedTransport, message: Message) -> Job | Outcome:
    request = transport.request(message)
    if not isinstance(request, Request):
        return request
    if isinstance(transport, PairedTransport):
        return Job(request, transport.reader(message))
    return Job(request, transport.read)


def _deliver(transport: DirectTransport, message: Message) -> Outcome:
    """What became of it. When the transport itself breaks, nobody knows."""
    try:
        return transport.deliver(message)
    except Exception as error:  # noqa: BLE001 - the others of the chunk must keep their outcomes
        # Kind only: its text may hold personal data.
        logger.error("%s in %s", type(error).__name__, transport.name)  # noqa: TRY400
        return Unknown(f"our own {type(error).__name__}")


@transaction.atomic
def _settle(name: str, channel: str, settled: Sequence[tuple[Notification, Disposition]]) -> None:
    """Record the answers of a chunk, where the row is still ours."""
    now = clock.now()
    several = len(preferred(channel)) > 1
    closed = failover.closed_services(channel) if several else frozenset()
    for row, settlement in settled:
        _bring_up_to_date(row, settlement, closed, now)
    quiet_hours.defer_retries([row for row, _ in settled if row.state == "queued"])
    values = [_values(row, settlement) for row, settlement in settled]
    ours = {
        pk
        for (pk,) in update_each(
            Notification, _COLUMNS, values, where="t.fence = v.fence AND t.state = 'sending'"
        )
    }
    kept = [(row, settlement) for row, settlement in settled if row.pk in ours]
    taken = [row for row, settlement in kept if isinstance(settlement.outcome, Done)]
    record([row for row, _ in kept], was="sending")
    costs.add([(row.channel, row.provider, row.cost) for row in taken], now)
    _take_hints(name, kept)
    apply_parked_to(taken)
    # The others have no open case: sending them again has settled it.
    cases.keep_in_step([row for row, _ in kept if cases.kind_of(row)])
    if taken:
        cases.service_works(name)


def _bring_up_to_date(
    row: Notification, settlement: Disposition, closed: frozenset[str], now: datetime
) -> None:
    """Put into the row what the answer means for it."""
    outcome = settlement.outcome
    row.next_attempt_at = settlement.due or row.next_attempt_at
    row.state, row.last_error = settlement.state, settlement.error
    row.last_answer = settlement.answer
    if isinstance(outcome, Done):
        row.provider_reference, row.sent_at = outcome.reference, now
        row.cost = outcome.details.get("cost", "")
    elif _may_go_elsewhere(settlement):
        _go_elsewhere(row, closed, now)


def _values(row: Notification, settlement: Disposition) -> tuple[object, ...]:
    """The row's new columns, in the order of `_COLUMNS`."""
    return (
        row.pk,
        row.fence,
        row.state,
        None,
        row.next_attempt_at,
        settlement.in_doubt,
        row.provider,
        row.last_error,
        row.last_answer,
        row.provider_reference,
        row.cost,
        row.sent_at,
    )


def _may_go_elsewhere(settlement: Disposition) -> bool:
    waits = settlement.state == "queued" and not settlement.in_doubt
    return waits and failover.proves_nothing_taken(settlement.outcome)


def _go_elsewhere(row: Notification, closed: frozenset[str], now: datetime) -> None:
    """Name the service that is tried next, and when: the next one at once; after the last one
    the first again, when it is time."""
    to = failover.next_service(row.channel, row.provider, closed)
    if to:
        row.last_error = f"{row.last_error[:440]} Goes by {to} instead."
        row.next_attempt_at = now
    row.provider = to or next(iter(preferred(row.channel)), row.provider)


def _take_hints(name: str, settled: Sequence[tuple[Notification, Disposition]]) -> None:
    """What an answer means beyond its own message: an opt-out, or that nothing goes through."""
    for row, settlement in settled:
        code = settlement.outcome.code if isinstance(settlement.outcome, Permanent) else ""
        if code == OPTED_OUT:
            opt_out(row.channel, row.recipient, reason=settlement.error, by=row.provider)
        elif code == INVALID_RECIPIENT:
            suppress_recipient(row.channel, row.recipient, why=settlement.error, by=row.provider)
            try_other_address(row)
    halts = [s.outcome.reason for _, s in settled if isinstance(s.outcome, ServiceUnavailable)]
    if halts:
        _halt(name, halts[0])


def _halt(name: str, reason: str) -> None:
    """Open the circuit at once: the queue waits, without burning attempts, and a case is opened."""
    cases.service_halted(circuit_breaker.trip(name, HALTED_FOR, reason))
    logger.error("%s is halted for %s: %s", name, HALTED_FOR, reason)
