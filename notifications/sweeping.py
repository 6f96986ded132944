"""What repairs itself: messages whose nudge was lost, whose worker died, or that nobody wrote."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, Max, Min, Model, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from core import clock
from core.outbox import take_over
from notifications import balances, lanes, mailings
from notifications.channels import channels, preferred
from notifications.models import Notification
from notifications.reports import apply_overtaken
from notifications.routing import provider_for
from notifications.services import ORDER_OCCASIONS, News, news_of_order, news_of_shipment, tell
from notifications.tasks import dispatch
from orders.models import OrderEvent
from shipping.models import ShipmentEvent
from shipping.states import TRACKED

NUDGE_IS_LOST_AFTER = timedelta(seconds=15)
WORK_FOR = 10.0  # seconds, at each service
RECEIVER_HAS_HAD = timedelta(minutes=1)
NEWS_IS_OLD_AFTER = timedelta(days=3)
WINDOW = 50_000  # events looked at, from the newest
CHUNK = 500


def sweep() -> dict[str, int]:
    """One pass; how many rows of each kind were repaired."""
    return {
        "taken over": sum(take_over(lane) for lane in lanes.lanes()),
        "re-routed": reroute(),
        "written late": reconcile(),
        "reports applied late": apply_overtaken(),
        "mailings gone on with": mailings.revive(),
        "attempted": send_due(),
        "balances looked up": balances.ask(),
    }


def reroute() -> int:
    """Give waiting messages of a service that was switched off to the one preferred now.

    A queued row was provably not taken, or coming twice does no harm (`resend_is_harmless`).
    """
    moved = 0
    for channel in channels():
        if to := provider_for(channel):
            stranded = Notification.objects.filter(state="queued", channel=channel)
            moved += stranded.exclude(provider__in=preferred(channel)).update(provider=to)
    return moved


def send_due() -> int:
    """Nudge a worker for each queue with due messages, and send them here where no worker does.

    How many were attempted here.
    """
    now = clock.now()
    due = (
        Notification.objects.filter(state="queued", next_attempt_at__lte=now)
        .order_by()
        .values_list("channel", "provider")
        .annotate(oldest=Min("next_attempt_at"))
    )
    attempted = 0
    for channel, provider, oldest in list(due):
        nudged = dispatch.nudge(channel, provider)
        if not nudged or oldest < now - NUDGE_IS_LOST_AFTER:
            attempted += lanes.dispatch(channel, provider, seconds=WORK_FOR)
    return attempted


def reconcile() -> int:
    """Write the notifications of recent events that have none; how many there were."""
    kinds = list(ORDER_OCCASIONS)
    placed = OrderEvent.objects.filter(kind__in=kinds).select_related("order__customer")
    moved = ShipmentEvent.objects.filter(to_state__in=TRACKED).select_related(
        "shipment__order__customer"
    )
    return _write_missing(placed, news_of_order, _source("order", "kind")) + _write_missing(
        moved, news_of_shipment, _source("shipment", "to_state")
    )


def _source(parent: str, last: str) -> Concat:
    """The SQL of `News.source`."""
    parts = Value(f"{parent}:"), Cast(f"{parent}_id", TextField()), Value(":"), F(last)
    return Concat(*parts, output_field=TextField())


def _write_missing(
    events: QuerySet[Any], news_of: Callable[[Any], News | None], source: Concat
) -> int:
    now = clock.now()
    # The empty source is excluded by name, so that the unique index on the others can be used.
    told = Notification.objects.filter(source=OuterRef("source")).exclude(source="")
    missing = (
        events.filter(at__lt=now - RECEIVER_HAS_HAD, at__gt=now - NEWS_IS_OLD_AFTER)
        .annotate(source=source)
        .filter(~Exists(told))
        .order_by("id")
    )
    written, seen = 0, _newest(events.model) - WINDOW
    while chunk := list(missing.filter(id__gt=seen)[:CHUNK]):
        written += tell([news_of(event) for event in chunk])
        seen = chunk[-1].pk
    return written


def _newest(model: type[Model]) -> int:
    newest: int | None = model._default_manager.aggregate(newest=Max("id"))["newest"]
    return newest or 0
