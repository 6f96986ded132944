"""The first page of the admin: what waits, and what somebody must look at."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import make_aware

from clinical.models import Study
from core.cases.models import Case
from core.database import clock
from desk.admin.filters import visible_kinds
from notifications.models import Notification
from orders.models import Order
from shipping.models import Shipment

MOST = 1000  # counting further would only be slow: the card says "1000+"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure, and the list behind it."""

    title: str
    figure: str
    link: str
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many open cases of a kind there are, since when the oldest, and where they are."""

    label: str
    count: int
    oldest: datetime
    link: str


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the context with the cards that this person may see."""
    user = request.user
    cards: list[Card] = []
    if user.has_perm("orders.view_order"):
        # A range, since the index on `time` answers nothing about a date.
        midnight = make_aware(datetime.combine(clock.today(), time.min))
        today = Order.objects.filter(time__gte=midnight, time__lt=midnight + timedelta(days=1))
        cards.append(_card("Orders today", today, "orders_order"))
    waiting = _waiting(request)
    if waiting is not None:
        count = sum(each.count for each in waiting)
        link = reverse("admin:core_case_changelist")
        cards.insert(0, Card("Exceptions", str(count), link, alarming=count > 0))
    if user.has_perm("shipping.view_shipment"):
        cards += _shipment_cards()
    if user.has_perm("clinical.change_study"):  # not whoever only looks: they say why first
        registered = Study.objects.filter(state="registered")
        link = "clinical_study"
        if user.has_perm("clinical.view_waitingstudy"):
            waits = Study.objects.waiting()
            cards.append(_card("Studies to read", waits, "clinical_waitingstudy"))
        cards.append(_card("Studies without images", registered, link, "state__exact=registered"))
    if user.has_perm("notifications.view_notification"):
        lost = Notification.objects.filter(state__in=["failed", "unknown"])
        link = "notifications_notification"
        cards.append(_card("Messages to look at", lost, link, "state__in=failed,unknown", True))
    return context | {"title": "Start", "cards": cards, "waiting": waiting}


def _waiting(request: HttpRequest) -> list[Waiting] | None:
    """The open cases by kind, the longest open first; None for whoever has no queue."""
    if not request.user.has_perm("core.view_case"):
        return None
    labels = {kind.name: kind.label for kind in visible_kinds(request)}
    rows = Case.objects.filter(closed_at=None, kind__in=labels).order_by().values_list("kind")
    counted = rows.annotate(n=Count("pk"), oldest=Min("opened_at")).order_by("oldest")
    queue = reverse("admin:core_case_changelist")
    return [Waiting(labels[k], n, oldest, f"{queue}?kind={k}") for k, n, oldest in counted]


def _shipment_cards() -> list[Card]:
    waiting = Shipment.objects.filter(Q(state="queued") | Q(state="sending"))
    return [_card("Parcels to hand over", waiting, "shipping_shipment", "state__in=queued,sending")]


def _card(
    title: str, rows: QuerySet[Any], page: str, query: str = "", alarming: bool = False
) -> Card:
    count = rows.order_by()[: MOST + 1].count()
    figure = f"{MOST}+" if count > MOST else str(count)
    link = reverse(f"admin:{page}_changelist")
    return Card(title, figure, f"{link}?{query}" if query else link, alarming and count > 0)
