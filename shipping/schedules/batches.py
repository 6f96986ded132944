"""Which day's batch parcels join at each provider: its calendar moves the ship date, nothing else.

`run.py` joins these rows, one for each provider and each of the (three at most) dates that it
is in the world, so a run of a million reads each calendar once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from shipping import providers
from shipping.models import ProviderProfile, Schedule
from shipping.provider_api.working_days import Calendar
from shipping.routing.router import Router


@dataclass(frozen=True, slots=True)
class Batch:
    """What falls due at `provider` where it is `today` ships on `ship_on`.

    `state`: queued, or scheduled when that day has not come yet where the provider is. `since` is
    the first of the days whose parcels ship together with today's: what fell on it is not late.
    """

    provider: str
    today: date
    ship_on: date
    since: date
    state: str


def calendars() -> dict[str, Calendar]:
    """The calendar of every provider there is, in one statement."""
    known = {profile.provider: profile.calendar for profile in ProviderProfile.objects.all()}
    names = {*providers.names(), settings.SHIPPING_PROVIDER}
    return {name: known.get(name) or ProviderProfile(provider=name).calendar for name in names}


def calendar_of(schedule: Schedule, router: Router | None = None) -> Calendar:
    """The calendar of the provider that a schedule's next parcels go by, as things stand."""
    router = router or Router.load()
    return router.profile(router.route(schedule.order).provider).calendar


def batches(days: Collection[date], now: datetime, *, as_if: bool = False) -> list[Batch]:
    """What joins which batch at this moment; `as_if` it were one of the days everywhere, in time
    for its batch."""
    return [
        _batch(name, calendar, day, now, as_if)
        for name, calendar in sorted(calendars().items())
        for day in sorted(days)
    ]


def _batch(name: str, calendar: Calendar, day: date, now: datetime, as_if: bool) -> Batch:
    there = day if as_if else calendar.today(now)
    ship_on = calendar.ship_day(day if as_if else max(day, calendar.batch_day(now)))
    state = "queued" if ship_on <= there else "scheduled"
    return Batch(name, day, ship_on, calendar.first_day_of_batch(day), state)


def batch_for_now(provider: str, now: datetime, calendar: Calendar | None = None) -> Batch:
    """The batch that an order placed at this moment joins."""
    calendar = calendar or ProviderProfile.of(provider).calendar
    return _batch(provider, calendar, calendar.today(now), now, False)
