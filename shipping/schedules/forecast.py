"""How many parcels the schedules will make on which day: counted in SQL by rows of dates, not one
by one, so a million schedules take one pass of the table and a few hundred groups of Python."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from core.database import clock
from shipping.provider_api.working_days import DAY, Calendar
from shipping.routing import router
from shipping.schedules.batches import calendars
from shipping.schedules.recurrence import Recurrence

DAYS, MOST_DAYS = 90, 366
# The first of a month of 31 days that is a Monday: any weekday, any day of a month is near it.
_MONDAY = date(2001, 1, 1)


@dataclass(frozen=True, slots=True)
class Group:
    """`count` schedules with the same row of dates from `start` on.

    `phase` is the ISO weekday of a weekly anchor, the day of the month of a monthly one.
    """

    provider: str
    time_zone: str
    interval: str
    phase: int
    start: date
    catch_up: str
    count: int

    @property
    def recurrence(self) -> Recurrence:
        """Its dates, from `start` on."""
        anchor = _MONDAY + (self.phase - 1) * DAY
        return Recurrence(self.interval, anchor).skipping_until(self.start)


@dataclass(frozen=True, slots=True)
class Part:
    """What falls on a day, and what ships on it, by one provider."""

    provider: str
    occurrences: int
    shipments: int


class Forecast:
    """The days from `first` on, each with every provider that has anything on any of them."""

    def __init__(self, first: date, days: int) -> None:
        self.first, self.last = first, first + (days - 1) * DAY
        self.now = clock.now()
        self.occurrences: Counter[tuple[date, str]] = Counter()
        self.shipments: Counter[tuple[date, str]] = Counter()

    def add(self, group: Group, calendar: Calendar) -> None:
        """Count a group in: what is overdue ships today, as its `catch_up` says."""
        since = calendar.first_day_of_batch(self.first)
        for day, count in _occurrence_dates(group, self.first, since, self.last):
            self.occurrences[day, group.provider] += count
            ship_on = calendar.ship_day_of(day, group.time_zone, self.now)
            if ship_on <= self.last:
                self.shipments[ship_on, group.provider] += count

    @property
    def providers(self) -> list[str]:
        """Those that have anything to do."""
        return sorted({name for _, name in self.occurrences.keys() | self.shipments.keys()})

    @property
    def total(self) -> int:
        """Parcels that ship within these days."""
        return self.shipments.total()

    def dates(self) -> list[date]:
        """Every day of it."""
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]

    def on(self, day: date) -> list[Part]:
        """What each provider has on a day."""
        return [
            Part(name, self.occurrences[day, name], self.shipments[day, name])
            for name in self.providers
        ]

    def shipping_on(self, day: date) -> int:
        """Parcels that ship on a day, by whichever provider."""
        return sum(self.shipments[day, name] for name in self.providers)

    def busiest(self, count: int) -> list[tuple[date, int]]:
        """The days with the most parcels, the busiest first."""
        days = [(day, self.shipping_on(day)) for day in self.dates()]
        return sorted(days, key=lambda pair: (-pair[1], pair[0]))[:count]


def forecast(
    *, days: int = DAYS, provider: str = "", interval: str = "", first: date | None = None
) -> Forecast:
    """What is still to come from `first` (today) on; in four statements, whatever there is.

    Parcels that were made already and wait for their day are counted on it.
    """
    result, known = Forecast(first or clock.today(), days), calendars()
    for group in groups(result.first, result.last, interval=interval):
        if provider in {"", group.provider}:
            result.add(group, known.get(group.provider) or Calendar())
    for name, day, count in _waiting(result.first, result.last, interval):
        if provider in {"", name}:
            result.shipments[day, name] += count
    return result


def _occurrence_dates(
    group: Group, first: date, since: date, last: date
) -> Iterator[tuple[date, int]]:
    """The dates of a group with the number of parcels each; what is overdue falls on `first`."""
    recurrence, newest = group.recurrence, group.recurrence.newest_due(first)
    if newest is not None:
        late = {
            "latest": 1,
            "all": newest - recurrence.occurrence + 1,
            "none": int(recurrence.date_of(newest) >= since),
        }
        yield first, group.count * late[group.catch_up]
        recurrence = recurrence.skipping_until(first + DAY)
    while recurrence.next_on <= last:
        yield recurrence.next_on, group.count
        recurrence = recurrence.skipped()


def groups(first: date, last: date, *, interval: str = "") -> list[Group]:
    """The schedules that ship until `last`, those with the same dates counted together."""
    routed, needed = router.set_based()
    values: dict[str, Any] = needed | {"first": first, "last": last, "interval": interval}
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS.replace("{routed}", routed), values)
        return [Group(*row) for row in cursor.fetchall()]


# Grouped as the columns are first: there are millions of rows, but few thousand combinations.
_GROUPS = """
WITH occurrences AS (
    SELECT order_id, time_zone, interval, anchor, next_on, resume_on, catch_up
    FROM shipping_schedule
    WHERE (state = 'active' OR (state = 'paused' AND resume_on IS NOT NULL))
      AND next_on <= %(last)s AND %(interval)s IN ('', interval)
), routed AS (
    {routed}
), combined AS (
    SELECT provider, time_zone, interval, anchor, next_on, resume_on, catch_up, count(*) AS many
    FROM routed
    GROUP BY provider, time_zone, interval, anchor, next_on, resume_on, catch_up
)
SELECT provider, time_zone, interval,
       date_part(CASE interval WHEN 'weekly' THEN 'isodow' ELSE 'day' END, anchor)::int AS phase,
       greatest(next_on, resume_on) AS start,
       CASE WHEN next_on < %(first)s THEN catch_up ELSE 'latest' END AS late,
       sum(many)::bigint
FROM combined
GROUP BY provider, time_zone, interval, phase, start, late
"""


def _waiting(first: date, last: date, interval: str) -> list[tuple[str, date, int]]:
    """Parcels of schedules that were made and wait for their day: provider, day, count."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"first": first, "last": last, "interval": interval})
        return list(cursor.fetchall())


_WAITING = """
SELECT s.provider, greatest(s.ship_on, %(first)s) AS day, count(*)
FROM shipping_shipment s JOIN shipping_schedule p ON p.id = s.schedule_id
WHERE s.state = 'scheduled' AND s.ship_on <= %(last)s
  AND %(interval)s IN ('', p.interval)
GROUP BY s.provider, day
"""
