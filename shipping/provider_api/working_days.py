"""On which days a provider takes parcels: pure functions of dates.

A parcel ships on the first working day on or after the day it falls on, never before. Holidays
are those of the `holidays` library (python-holidays), by ISO 3166 country and subdivision.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

DAY = timedelta(days=1)
WHOLE_WEEK = (1, 2, 3, 4, 5, 6, 7)
# More than the longest run of free days anywhere; a calendar with none at all goes no further.
LONGEST_CLOSURE = 60


@dataclass(frozen=True, slots=True)
class Calendar:
    """A provider's days: `working_days` are ISO weekdays (1 is Monday), `cut_off` an hour, `closed`
    what staff closed besides."""

    working_days: tuple[int, ...] = WHOLE_WEEK
    country: str = ""
    subdivision: str = ""
    cut_off: int | None = None
    time_zone: str = "UTC"
    closed: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        """Whether parcels are taken on this day."""
        return not self.why_closed(day)

    def why_closed(self, day: date) -> str:
        """Why no parcels are taken on this day, such as the holiday's name; empty when they are."""
        if day.isoweekday() not in self.working_days:
            return "no working day"
        if day in self.closed:
            return "closed by staff"
        if not self.country:
            return ""
        return _holidays(self.country, self.subdivision, day.year).get(day, "")

    def ship_day(self, day: date) -> date:
        """The first working day on or after `day`."""
        for days in range(LONGEST_CLOSURE):
            if self.works_on(day + days * DAY):
                return day + days * DAY
        return day

    def first_day_of_batch(self, day: date) -> date:
        """The first of the days whose parcels ship together with those of `day`."""
        for _ in range(LONGEST_CLOSURE):
            if self.works_on(day - DAY):
                return day
            day -= DAY
        return day

    def today(self, moment: datetime) -> date:
        """The date where the provider is."""
        return moment.astimezone(zone(self.time_zone)).date()

    def batch_day(self, moment: datetime) -> date:
        """The day whose batch is joined by what comes in at this moment: tomorrow's after the
        cut-off. It need not be a working day."""
        local = moment.astimezone(zone(self.time_zone))
        late = self.cut_off is not None and local.hour >= self.cut_off
        return local.date() + DAY if late else local.date()

    def ship_day_from(self, moment: datetime) -> date:
        """When a parcel ships that comes in at this moment."""
        return self.ship_day(self.batch_day(moment))

    def ship_day_of(self, day: date, time_zone: str, now: datetime) -> date:
        """When an occurrence ships that falls on `day` in a schedule's zone, if nothing is late.

        It comes in when its day begins there, or now: either may be after the provider's cut-off.
        """
        begins = datetime(day.year, day.month, day.day, tzinfo=zone(time_zone)).astimezone(UTC)
        return self.ship_day(max(day, self.batch_day(max(begins, now))))


# ZoneInfo itself keeps eight zones in memory; a run asks for all of them.
zone = cache(ZoneInfo)


@cache
def _holidays(country: str, subdivision: str, year: int) -> dict[date, str]:
    known = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    return {day: name or "public holiday" for day, name in known.items()}


@cache
def subdivisions() -> dict[str, list[str]]:
    """The countries whose holidays are known, each with its subdivisions."""
    return holidays.list_supported_countries(include_aliases=False)
