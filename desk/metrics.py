"""Numbers for Prometheus: how many rows wait, in which state, and for how long."""

import ipaddress
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min, Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from core.models import Circuit
from notifications.models import Notification
from orders.models import Order
from shipping.models import Shipment, TrackingEvent


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
    """Counts rows when it is scraped; nothing is kept in the process."""

    def collect(self) -> Iterator[Metric]:
        """The metric families."""
        yield _by_state("dosette_orders", "Orders by state", Order)
        yield _by_state("dosette_shipments", "Shipments by state", Shipment)
        yield _by_state("dosette_notifications", "Notifications by state", Notification)
        yield _oldest("dosette_shipment_oldest_due_seconds", Shipment)
        yield _oldest("dosette_notification_oldest_due_seconds", Notification)
        yield GaugeMetricFamily(
            "dosette_tracking_events_parked",
            "Provider events that wait for their shipment",
            value=TrackingEvent.objects.filter(shipment=None).count(),
        )
        yield GaugeMetricFamily(
            "dosette_circuits_open",
            "Destinations that are left alone after failures",
            value=Circuit.objects.exclude(open_until=None).count(),
        )


def _by_state(name: str, text: str, model: type[Model]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["state"])
    counts = model._default_manager.order_by().values_list("state").annotate(n=Count("pk"))
    for state, count in counts:
        family.add_metric([state], count)
    return family


def _oldest(name: str, model: type[Model]) -> Metric:
    now = timezone.now()
    due = model._default_manager.filter(state="queued", next_attempt_at__lte=now)
    oldest = due.aggregate(oldest=Min("next_attempt_at"))["oldest"]
    age = (now - oldest).total_seconds() if oldest else 0.0
    return GaugeMetricFamily(name, "Age of the oldest row that should have been sent", value=age)
