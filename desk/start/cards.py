"""What waits, and for whom: figures that are counted anew for each page, as far as MOST.

What somebody may see but not act on waits for others: it is never counted as theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from clinical.models import LabResult, Study
from core import cases
from core.cases.models import Case
from core.database import clock
from desk.admin.filters import visible_kinds
from desk.exceptions.due_times import overdue
from desk.exceptions.rights import acts_on
from desk.start.rollup import bounds
from kits.models import Kit
from notifications.models import Notification
from orders.models import Order
from shipping.models import Shipment

MOST = 1000  # counting further would only be slow: the card says "1000+"
HANDING_OVER = "queued,sending"
TO_LEAVE = "queued,sending,scheduled"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure, and the list behind it."""

    title: str
    figure: str
    link: str
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """The open cases of a kind that nobody has put off: how many, how many of them late or seen to
    by the person who asks, since when, and where they are."""

    label: str
    count: int
    late: int
    own: int
    oldest: datetime
    link: str
    is_mine: bool


def waiting(request: HttpRequest) -> list[Waiting] | None:
    """The open cases by kind, the longest open first; None for whoever has no queue."""
    if not request.user.has_perm("core.view_case"):
        return None
    user: Any = request.user
    kinds = {kind.name: kind for kind in visible_kinds(request)}
    rows = Case.objects.filter(cases.awake(), closed_at=None, kind__in=kinds)
    counted = (
        rows.order_by()
        .values_list("kind")
        .annotate(
            n=Count("pk"),
            late=Count("pk", overdue()),
            own=Count("pk", Q(assignee=user.actor)),
            oldest=Min("opened_at"),
        )
    )
    return [
        Waiting(
            kinds[name].label,
            *(n, late, own, oldest),
            _cases(kind=name),
            acts_on(user, kinds[name]),
        )
        for name, n, late, own, oldest in counted.order_by("oldest")
    ]


def cards(request: HttpRequest, waits: list[Waiting] | None) -> Iterator[Card]:
    """The figures of what this person may do something about, and of today's orders."""
    may = request.user.has_perm
    if waits is not None and may("core.change_case"):
        mine = [each for each in waits if each.is_mine]
        count, late, own = (
            sum(getattr(each, name) for each in mine) for name in ("count", "late", "own")
        )
        yield Card("Exceptions", f"{count:,}", _cases(), alarming=count > 0)
        yield Card("Exceptions that are late", f"{late:,}", _cases(by="late"), late > 0)
        yield Card("Exceptions you see to", f"{own:,}", _cases(by="me"))
    if may("orders.view_order"):
        # A range, since the index on `time` answers nothing about a date.
        today = clock.today()
        begin, end = bounds(today)
        placed = Order.objects.filter(time__gte=begin, time__lt=end)
        yield _card("Orders today", placed, "orders_order", **on_day("time", today))
    if may("shipping.change_shipment"):
        yield from _parcels()
    if may("clinical.change_study"):  # not whoever only looks: they say why first
        yield from _studies(may("clinical.view_waitingstudy"))
    if may("clinical.release_labresult"):
        held, asked = LabResult.objects.filter(state="held"), {"state__exact": "held"}
        yield _card("Results to release", held, "clinical_labresult", alarms=True, **asked)
    if may("kits.receive_kit"):
        received = Kit.objects.filter(state="received")
        yield _card("Kits to examine", received, "kits_kit", state__exact="received")
    if may("notifications.change_notification"):
        lost = Notification.objects.filter(state__in=["failed", "unknown"])
        query: dict[str, Any] = {"state__in": "failed,unknown"}
        yield _card("Messages to look at", lost, "notifications_notification", alarms=True, **query)


def _parcels() -> Iterator[Card]:
    page, yesterday = "shipping_shipment", clock.today() - timedelta(days=1)
    waits = Shipment.objects.filter(state__in=HANDING_OVER.split(","))
    yield _card("Parcels to hand over", waits, page, state__in=HANDING_OVER)
    late = Shipment.objects.filter(state__in=TO_LEAVE.split(","), ship_on__lte=yesterday)
    query: dict[str, Any] = {"state__in": TO_LEAVE, "ship_on_to": f"{yesterday}"}
    yield _card("Parcels late", late, page, alarms=True, **query)


def _studies(may_read: bool) -> Iterator[Card]:
    if may_read:
        yield _card("Studies to read", Study.objects.waiting(), "clinical_waitingstudy")
    registered = Study.objects.filter(state="registered")
    yield _card("Studies without images", registered, "clinical_study", state__exact="registered")


def on_day(column: str, day: date) -> dict[str, Any]:
    """How the address of a list asks for one day of a column with times."""
    return {f"{column}_from_0": f"{day}", f"{column}_to_0": f"{day}"}


def list_at(page: str, **query: Any) -> str:
    """The address of a list, or of a part of it."""
    link = reverse(f"admin:{page}_changelist")
    return f"{link}?{urlencode(query, safe=',')}" if query else link


def _cases(**query: Any) -> str:
    return list_at("core_case", **query)


def _card(title: str, rows: QuerySet[Any], page: str, alarms: bool = False, **query: Any) -> Card:
    count = rows.order_by()[: MOST + 1].count()
    figure = f"{MOST}+" if count > MOST else str(count)
    return Card(title, figure, list_at(page, **query), alarms and count > 0)
