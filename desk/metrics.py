"""Numbers for Prometheus: how many rows wait, in which state, and for how long."""

import ipaddress
import secrets
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, Model, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from core import cases
from core.cases.models import Case
from core.database import clock
from core.models import Circuit
from core.observability import metrics as core_metrics
from notifications.models import Balance, Notification
from orders.models import Order
from shipping.models import Schedule, Shipment, TrackingEvent

COUNT_EVERY = 60  # seconds

# Of the sweeper. They stand here so that web, which is asked for them, knows them too.
REPAIRS = core_metrics.Counter("dosette_sweeper_repairs", "What the sweeper put right", ("what",))
PASSES = core_metrics.TimestampGauge(
    "dosette_sweeper_last_pass_seconds", "When the sweeper last went round"
)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for a scraper on this host or one with METRICS_TOKEN; 403 for others."""
    if not _may_read(request):
        return HttpResponse("Send METRICS_TOKEN as a bearer token.\n", status=403)
    registry = CollectorRegistry()
    registry.register(Collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        sent = request.headers.get("Authorization", "").encode()
        return secrets.compare_digest(sent, f"Bearer {token}".encode())
    # Behind a proxy every request comes from a local address, so a forwarded one is never local.
    forwarded = "X-Forwarded-For" in request.headers
    return not forwarded and ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback


class Collector:
    """Counts rows when it is scraped, and adds what every process has told
    (core/observability/metrics.py)."""

    def collect(self) -> Iterator[Metric]:
        """The metric families."""
        yield _by_state("dosette_orders", "Orders by state", Order)
        yield _by_state("dosette_shipments", "Shipments by state", Shipment)
        yield _by_state("dosette_notifications", "Notifications by state", Notification)
        yield GaugeMetricFamily(
            "dosette_schedule_lag_days",
            "How many days ago the oldest parcel that is not made yet was due",
            value=_schedule_lag(),
        )
        yield _oldest("dosette_shipment_oldest_due_seconds", Shipment)
        yield _oldest("dosette_notification_oldest_due_seconds", Notification)
        yield GaugeMetricFamily(
            "dosette_tracking_events_parked",
            "Provider events that wait for their shipment",
            value=TrackingEvent.objects.filter(shipment=None).count(),
        )
        yield GaugeMetricFamily(
            "dosette_clock_skew_seconds",
            "How far this process's clock is ahead of the database's",
            value=clock.skew().total_seconds(),
        )
        yield _circuits()
        yield _balances()
        yield from _exceptions()
        yield from core_metrics.collect()


def _by_state(name: str, text: str, model: type[Model]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state, count in cache.get_or_set(name, lambda: _counts(model), COUNT_EVERY) or ():
        family.add_metric([state], count)
    return family


def _counts(model: type[Model]) -> list[tuple[str, int]]:
    """A row for each state; it reads an index from end to end, so not at every scrape."""
    states = model._default_manager.order_by().values_list("state")
    return list(states.annotate(n=Count("pk")))


def _circuits() -> Metric:
    family = GaugeMetricFamily(
        "dosette_circuit_open",
        "1 while a destination is left alone after failures",
        labels=["destination"],
    )
    for name, until in Circuit.objects.values_list("name", "open_until").order_by("name"):
        family.add_metric([name], float(until is not None))
    return family


def _balances() -> Metric:
    family = GaugeMetricFamily(
        "dosette_service_balance",
        "What was left on the account at a message service when it last answered",
        labels=["service", "currency"],
    )
    for row in Balance.objects.exclude(amount=None):
        family.add_metric([row.provider, row.currency], float(row.amount or 0))
    return family


def _exceptions() -> Iterator[Metric]:
    count = GaugeMetricFamily("dosette_exceptions_open", "What waits for a person", labels=["kind"])
    age = GaugeMetricFamily(
        "dosette_exception_oldest_seconds", "How long it has waited", labels=["kind"]
    )
    put_off = GaugeMetricFamily(
        "dosette_exceptions_snoozed", "What somebody has put off", labels=["kind"]
    )
    waits = Q(cases.awake())
    rows = Case.objects.filter(closed_at=None).order_by().values_list("kind")
    counted = rows.annotate(
        n=Count("pk", waits), oldest=Min("opened_at", filter=waits), off=Count("pk", ~waits)
    )
    for kind, number, oldest, off in counted:
        put_off.add_metric([kind], off)
        if oldest is not None:
            count.add_metric([kind], number)
            age.add_metric([kind], (clock.now() - oldest).total_seconds())
    yield from (count, age, put_off)


def _schedule_lag() -> int:
    """Whole days, by the date that it is everywhere already: 0 when nothing was missed."""
    everywhere = (clock.now() - timedelta(hours=12)).date()
    due = Schedule.objects.filter(state="active", next_on__lt=everywhere)
    oldest = due.order_by("next_on", "id").values_list("next_on", flat=True).first()
    return (everywhere - oldest).days if oldest else 0


def _oldest(name: str, model: type[Model]) -> Metric:
    now = clock.now()
    due = model._default_manager.filter(state="queued", next_attempt_at__lte=now)
    oldest = due.aggregate(oldest=Min("next_attempt_at"))["oldest"]
    age = (now - oldest).total_seconds() if oldest else 0.0
    return GaugeMetricFamily(name, "Age of the oldest row that should have been sent", value=age)
