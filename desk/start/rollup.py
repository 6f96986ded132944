"""The figures of a day, kept in one row: to count a million orders for each page takes too long.

Today is counted every minute; a day that is over once more, and a day that nobody has counted, one
a pass. Each statement reads the rows of its day by an index.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.timezone import make_aware

from core.cases.models import Case
from core.database import clock
from desk.models import DayFigures
from notifications.models import Notification
from orders.models import Order
from shipping.models import Schedule, Shipment

DAYS = 30
AHEAD = 7
COUNT_EVERY = timedelta(minutes=1)
# Name of a figure -> what it is split by -> how much.
Figures = dict[str, dict[str, Any]]


def keep() -> int:
    """Count the day that is due, if there is one; today comes first. 0, for nothing was wrong."""
    today, now = clock.today(), clock.now()
    first = today - timedelta(days=DAYS)
    counted = dict(DayFigures.objects.filter(day__gte=first).values_list("day", "counted_at"))
    for back in range(DAYS + 1):
        day = today - timedelta(days=back)
        if _is_due(day, counted.get(day), now):
            figures = count(day)
            if day == today:
                figures |= due(today)
            DayFigures.objects.update_or_create(
                day=day, defaults={"figures": figures, "counted_at": now}
            )
            break
    return 0


def _is_due(day: date, counted_at: datetime | None, now: datetime) -> bool:
    if counted_at is None:
        return True
    return counted_at < bounds(day)[1] and counted_at <= now - COUNT_EVERY


def bounds(day: date) -> tuple[datetime, datetime]:
    """When a day of staff begins and ends."""
    begin = datetime.combine(day, time.min)
    return make_aware(begin), make_aware(begin + timedelta(days=1))


def count(day: date) -> Figures:
    """What happened on that day; amounts as text."""
    begin, end = bounds(day)
    orders = Order.objects.filter(time__gte=begin, time__lt=end).order_by().values_list("currency")
    by_currency = list(orders.annotate(n=Count("pk"), sum=Sum("amount")))
    made = {"created_at__gte": begin, "created_at__lt": end}
    opened = {"opened_at__gte": begin, "opened_at__lt": end}
    return {
        "orders": {"": sum(n for _, n, _ in by_currency)},
        "money": {currency: str(amount) for currency, _, amount in by_currency},
        "parcels": _counts(Shipment.objects.filter(ship_on=day), "provider"),
        "exceptions": _counts(Case.objects.filter(**opened), "kind"),
        "messages": _counts(Notification.objects.filter(**made), "channel"),
    }


def due(today: date) -> Figures:
    """The subscriptions whose next date is in the days ahead, and those that are late."""
    end = today + timedelta(days=AHEAD)
    rows = Schedule.objects.filter(state="active", next_on__lt=end)
    by_day = _counts(rows, "next_on")
    late = sum(number for day, number in by_day.items() if day < today)
    ahead = {f"{day}": number for day, number in by_day.items() if day >= today}
    return {"due": ahead, "late": {"subscriptions": late}}


def _counts(rows: QuerySet[Any], column: str) -> dict[Any, int]:
    return dict(rows.order_by().values_list(column).annotate(n=Count("pk")))


class Days:
    """The days that are kept, read at once."""

    def __init__(self, today: date, shows: Callable[[str], bool] = lambda kind: True) -> None:
        self.today = today
        self._shows = shows
        rows = DayFigures.objects.filter(day__gte=today - timedelta(days=DAYS))
        self._rows = {row.day: row for row in rows}

    @property
    def counted_at(self) -> datetime | None:
        """When today was counted; None before it was."""
        row = self._rows.get(self.today)
        return row.counted_at if row else None

    @property
    def days(self) -> list[date]:
        """Thirty days, today the last."""
        return [self.today - timedelta(days=back) for back in reversed(range(DAYS))]

    def parts(self, day: date, name: str) -> dict[str, Any]:
        """A figure by what it is split by; empty for a day that was not counted yet."""
        row = self._rows.get(day)
        parts = row.figures.get(name, {}) if row else {}
        return {key: n for key, n in parts.items() if name != "exceptions" or self._shows(key)}

    def total(self, day: date, name: str) -> int | None:
        """A figure; None for a day that was not counted yet."""
        return sum(self.parts(day, name).values()) if day in self._rows else None

    def currencies(self, days: Iterable[date]) -> list[str]:
        """In what was paid, the usual one first."""
        counted: dict[str, int] = {}
        for currency in (each for day in days for each in self.parts(day, "money")):
            counted[currency] = counted.get(currency, 0) + 1
        return sorted(counted, key=lambda currency: (-counted[currency], currency))
