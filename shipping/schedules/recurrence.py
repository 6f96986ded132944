"""The calendar of a schedule: pure functions of dates, the same as `recurrence_sql.py`."""

import calendar
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shipping.provider_api.working_days import DAY, zone

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When the occurrences of a schedule fall, and which one is next.

    Occurrence n falls on `anchor` + (n - `anchor_occurrence`) weeks or months, clamped to the
    month's end. Each verb that staff may use on a schedule gives another Recurrence, so that a
    preview is the same computation as the change.
    """

    interval: str
    anchor: date
    occurrence: int = 0
    anchor_occurrence: int = 0

    def date_of(self, occurrence: int) -> date:
        """The day of an occurrence. Raises ValueError or OverflowError after the year 9999."""
        return _step(self.interval, self.anchor, occurrence - self.anchor_occurrence)

    def number_on(self, day: date) -> int | None:
        """The number of the occurrence that falls on a day; None when none does."""
        number = self._last_on_or_before(day)
        return number if self.date_of(number) == day else None

    @property
    def next_on(self) -> date:
        """The day of the next occurrence."""
        return self.date_of(self.occurrence)

    def newest_due(self, today: date) -> int | None:
        """The number of the last occurrence on or before `today`; None when none is due."""
        newest = self._last_on_or_before(today)
        return newest if newest >= self.occurrence else None

    def upcoming(self, count: int) -> list[date]:
        """The days of the next `count` occurrences."""
        return [self.date_of(n) for n in range(self.occurrence, self.occurrence + count)]

    def skipped(self) -> "Recurrence":
        """The recurrence without its next occurrence; its number is not used again."""
        return replace(self, occurrence=self.occurrence + 1)

    def skipping_until(self, until: date) -> "Recurrence":
        """The recurrence without the occurrences before the day `until`."""
        return replace(
            self, occurrence=max(self.occurrence, self._last_on_or_before(until - DAY) + 1)
        )

    def changed(self, interval: str, anchor: date, not_before: date) -> "Recurrence":
        """The recurrence with another interval or anchor; numbers go on.

        The next occurrence is the first one of the new row of dates on or after `not_before`,
        and never before the anchor.
        """
        steps = max(0, Recurrence(interval, anchor)._last_on_or_before(not_before - DAY) + 1)
        return Recurrence(interval, anchor, self.occurrence, self.occurrence - steps)

    def _last_on_or_before(self, day: date) -> int:
        """The number of the last occurrence on or before `day`, even one before the anchor."""
        if self.interval == "weekly":
            steps = (day - self.anchor) // WEEK
        else:
            steps = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
            steps -= _step(self.interval, self.anchor, steps) > day
        return self.anchor_occurrence + steps


def _step(interval: str, anchor: date, steps: int) -> date:
    if interval == "weekly":
        return anchor + steps * WEEK
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + steps, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor.day, last))


def local_date(moment: datetime, name: str) -> date:
    """The date on the wall calendar of a zone at this moment."""
    return moment.astimezone(zone(name)).date()
