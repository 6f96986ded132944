"""What repairs itself: messages whose task was lost, whose worker died, or that nobody wrote."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat

from core.database import clock
from core.database.slices import Slices
from core.failures import each_name, failed, resting, steps, together, waiting
from core.outbox import reclaim_expired
from notifications.channels import channels, preferred
from notifications.delivery import balances
from notifications.delivery import queues as delivery_queues
from notifications.delivery.incoming.reports import apply_parked_reports
from notifications.mailings import service as mailings
from notifications.models import Notification
from notifications.policy.channel_selection import provider_for
from notifications.policy.triggers import (
    EACH,
    NEEDS_ADDRESS,
    ORDER_OCCASIONS,
    SOURCES,
    Trigger,
    trigger_from_order,
    trigger_from_shipment,
)
from notifications.services import announce
from notifications.task_names import dispatch
from orders.models import OrderEvent
from shipping.models import ShipmentEvent
from shipping.states import ATTEMPT, FAILED, TRACKED

TASK_IS_LOST_AFTER = timedelta(seconds=15)
WORK_FOR = 10.0  # seconds, at each service
RECEIVER_HAS_HAD = timedelta(minutes=1)
EVENT_IS_OLD_AFTER = timedelta(days=3)
MOST_REROUTED = 50_000  # in one pass
CHUNK = 500

_order_events, _shipment_events = Slices("at"), Slices("at")


def sweep() -> dict[str, int]:
    """One pass; how many rows of each kind were repaired."""
    return steps(
        "notifications",
        {
            "taken over": reclaim_abandoned,
            "re-routed": reroute,
            "written late": reconcile,
            "reports applied late": apply_parked_reports,
            "mailings gone on with": mailings.resume_stalled,
            "attempted": send_due,
            "balances looked up": balances.ask,
        },
    )


def reclaim_abandoned() -> int:
    """Take back what lost workers held, queue by queue; how many rows."""
    held = Notification.objects.filter(state="sending", lease_until__lt=clock.now())
    lost = set(held.order_by().values_list("channel", "provider").distinct())
    queues = {queue.name: queue for queue in delivery_queues.queues_to(lost)}
    return each_name(
        "take over from lost workers", queues, lambda name: reclaim_expired(queues[name])
    )


def reroute() -> int:
    """Give waiting messages of a service that was switched off to the one preferred now.

    A queued row was provably not taken, or coming twice does no harm (`resend_is_harmless`).
    """
    queued = Notification.objects.filter(state="queued").order_by()
    used = set(queued.values_list("channel", "provider").distinct())
    concerned = [
        channel
        for channel in channels()
        if any(of == channel and name not in preferred(channel) for of, name in used)
        or failed(_rerouting(channel))
    ]
    return each_name("re-route messages", concerned, _reroute)


def _rerouting(channel: str) -> str:
    """What a failure to do that is known by, before the message's number."""
    return f"re-route by {channel} the message"


def _reroute(channel: str) -> int:
    to, work = provider_for(channel), _rerouting(channel)
    queued = Notification.objects.filter(state="queued", channel=channel)
    stranded = queued.exclude(provider__in=preferred(channel)) if to else queued.none()
    ids = waiting(work, stranded.order_by("pk"), most=MOST_REROUTED)
    return together(work, ids, lambda ids: stranded.filter(pk__in=ids).update(provider=to))


def send_due() -> int:
    """Enqueue a task for each queue with due messages, and send them here where no worker does.

    How many were attempted here.
    """
    now = clock.now()
    due = (
        Notification.objects.filter(state="queued", next_attempt_at__lte=now)
        .order_by()
        .values_list("channel", "provider")
        .annotate(oldest=Min("next_attempt_at"))
    )
    queues = {f"{row[0]}:{row[1]}": row for row in due}

    def send(name: str) -> int:
        channel, provider, oldest = queues[name]
        enqueued = dispatch.enqueue(channel, provider)
        if enqueued and oldest >= now - TASK_IS_LOST_AFTER:
            return 0
        return delivery_queues.dispatch(channel, provider, seconds=WORK_FOR)

    return each_name("send messages", queues, send)


def reconcile() -> int:
    """Write the notifications of recent events that have none; how many there were.

    The newest events are looked at each time, the others slice by slice.
    """
    kinds = list(ORDER_OCCASIONS)
    placed = OrderEvent.objects.filter(kind__in=kinds).select_related("order__customer")
    moved = ShipmentEvent.objects.filter(to_state__in=TRACKED).select_related(
        "shipment__order__customer"
    )
    placed = placed.alias(source=_source("order", _ORDER_EVENT))
    moved = moved.alias(source=_source("shipment", _STATUS, _WHICH_ATTEMPT))
    return _write_missing("order", placed, _order_events, trigger_from_order) + _write_missing(
        "shipment", moved, _shipment_events, trigger_from_shipment
    )


def _source(parent: str, *rest: Any) -> Concat:
    """The SQL of `Trigger.source`."""
    parts = Value(f"{parent}:"), Cast(f"{parent}_id", TextField()), Value(":"), *rest
    return Concat(*parts, output_field=TextField())


_ORDER_EVENT = Case(
    When(
        kind__in=EACH,
        then=Concat("kind", Value(":"), Cast("id", TextField()), output_field=TextField()),
    ),
    *(When(kind=kind, then=Value(name)) for kind, name in SOURCES.items()),
    When(
        Q(kind="placed", order__line_1="") & ~Q(order__delivery_service=""),
        then=Value(NEEDS_ADDRESS),
    ),
    default=Value("placed"),
    output_field=TextField(),
)
_STATUS = Case(When(kind=ATTEMPT, then=Value(FAILED)), default=F("to_state"))
_WHICH_ATTEMPT = Case(
    When(
        Q(kind=ATTEMPT) | Q(to_state=FAILED),
        reported__isnull=False,
        then=Concat(Value(":"), Cast("reported_id", TextField()), output_field=TextField()),
    ),
    default=Value(""),
    output_field=TextField(),
)


def _write_missing(
    of: str, events: QuerySet[Any], slices: Slices, trigger_from: Callable[[Any], Trigger | None]
) -> int:
    now, table = clock.now(), events.model._default_manager.all()
    work = f"write the message about {of} event"
    # The empty source is excluded by name, so that the unique index on the others can be used.
    known = Notification.objects.filter(source=OuterRef("source")).exclude(source="")
    missing = (
        events.filter(slices.look(table, now - EVENT_IS_OLD_AFTER) | Q(pk__in=failed(work)))
        .filter(~Exists(known), at__lt=now - RECEIVER_HAS_HAD, at__gt=now - EVENT_IS_OLD_AFTER)
        .order_by("id")
        .values_list("pk", flat=True)
    )
    written, seen = 0, 0
    missing = missing.exclude(pk__in=aside) if (aside := resting(work, missing)) else missing
    while ids := list(missing.filter(id__gt=seen)[:CHUNK]):
        written += together(work, ids, partial(_announce, events.in_bulk(ids), trigger_from))
        seen = ids[-1]
    slices.go_on()
    return written


def _announce(
    events: Mapping[int, Any], trigger_from: Callable[[Any], Trigger | None], ids: Sequence[int]
) -> int:
    return announce([trigger_from(events[pk]) for pk in ids])
