"""The queues to the outside, one for each service and channel.

None of these services has an idempotency key, so `resend_is_safe` is false throughout: a message
that may have been taken becomes `unknown`, and staff decide, unless its template says that coming
twice does no harm.
"""

import re
from collections.abc import Iterable, Mapping
from functools import partial

from django.conf import settings
from django.db.models import Q

from core.failures import each_name
from core.http import Call, Limits, Outcome
from core.outbox import DeliveryQueue, Job, work
from notifications.channels import Transport, channels, preferred, transports
from notifications.delivery import deferral, failover
from notifications.delivery.jobs import job_of, message_of
from notifications.delivery.results import record_results
from notifications.models import Notification

_LIMITS = re.compile(r"(\d{1,4})(?:/(\d{1,5}(?:\.\d{1,3})?))?", re.ASCII)


def queue_to(channel: str, provider: str) -> DeliveryQueue:
    """The queue to one service. Raises KeyError when there is no such transport."""
    transport = transports()[channel, provider]
    name = failover.circuit_name(channel, provider)
    return DeliveryQueue(
        name=name,
        model=Notification,
        rows=Q(channel=channel, provider=provider),
        prepare=partial(_prepare, transport),
        record_results=partial(record_results, name, channel),
        resend_is_safe=False,
        refused_state="failed",
        limits=_limits_of(transport),
    )


def _prepare(transport: Transport, row: Notification) -> Job | Call | Outcome:
    return job_of(transport, message_of(row))


def _limits_of(transport: Transport) -> Limits:
    """Its requests in flight, and begun per second. Raises ValueError for a setting in no form.

    `sms:gateway` in the setting goes before `gateway`, which means it on every channel.
    """
    configured: Mapping[str, str] = settings.NOTIFICATION_LIMITS
    name = transport.name
    text = configured.get(f"{transport.channel}:{name}", configured.get(name))
    return transport.limits if text is None else read_limits(text)


def read_limits(text: str) -> Limits:
    """`20/50`: 20 in flight, 50 a second; `20` alone has no rate. Raises ValueError."""
    match = _LIMITS.fullmatch(text.strip())
    if match is None:
        raise ValueError("Write it like 20/50: 20 concurrent requests, 50 per second.")
    return Limits(int(match[1]), float(match[2]) if match[2] else None)


def queues_to(keys: Iterable[tuple[str, str]]) -> list[DeliveryQueue]:
    """The queues of these channels and services, as far as there are such transports."""
    return [queue_to(*key) for key in sorted(transports().keys() & keys)]


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
    """The queues in which something waits, and those behind them: those of a channel in its order
    of preference, then those not in use."""
    queued = Notification.objects.filter(state="queued").order_by()
    waiting = set(queued.values_list("channel", "provider").distinct()) & set(transports())
    concerned = {key for one in waiting for key in _from(*one)}
    wanted = [(name, each) for name in channels() for each in preferred(name)]
    keys = dict.fromkeys([*wanted, *sorted(transports())])
    return [key for key in keys if key in concerned]


def _work(channel: str, provider: str, seconds: float) -> int:
    """Send what waits for a service; what it leaves behind when its circuit opens moves on."""
    deferral.defer_overdue(channel, provider)
    failover.leave(channel, provider)
    attempted = work(queue_to(channel, provider), seconds=seconds)
    if attempted:
        failover.leave(channel, provider)
    return attempted
