"""Closing days of a provider: what ships on them ships on the next working day instead."""

from dataclasses import dataclass, replace
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count

from core.database import clock
from shipping import providers
from shipping.models import ProviderProfile, Shipment
from shipping.provider_api.working_days import DAY, Calendar

MOST_DAYS = 31
FARTHEST = 366


@dataclass(frozen=True, slots=True)
class Closure:
    """From `first` on, and before `until`, a provider takes nothing: it is done then."""

    provider: str
    first: date
    until: date

    @property
    def days(self) -> list[date]:
        """The days that are closed."""
        return [self.first + n * DAY for n in range((self.until - self.first).days)]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a closure comes to: parcels that are moved to `ships_on`, and by state those that ship
    on these days and are not, since they are on their way or over."""

    ships_on: date
    moved: int
    left_out: dict[str, int]


def effect_of(closure: Closure) -> Effect:
    """What it would come to now. Raises ValidationError for what cannot be closed."""
    _check_name(closure.provider)
    calendar = ProviderProfile.of(closure.provider).calendar
    _check(closure, calendar)
    rows = Shipment.objects.filter(provider=closure.provider, ship_on__in=closure.days)
    counted = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    moved = counted.pop("scheduled", 0)
    closed = replace(calendar, closed=calendar.closed.union(closure.days))
    return Effect(closed.ship_day(closure.first), moved, counted)


@transaction.atomic
def close(closure: Closure) -> Effect:
    """Close the days. The sweeper moves the parcels, so many in a transaction; dates of schedules
    and new orders follow the calendar. Raises ValidationError for what cannot be closed.

    Whoever closes them again changes nothing.
    """
    _check_name(closure.provider)
    ProviderProfile.ensured(closure.provider)
    profile = ProviderProfile.objects.select_for_update(no_key=True).get(provider=closure.provider)
    effect = effect_of(closure)
    today = profile.calendar.today(clock.now())
    days = {day for day in profile.closed_days if day >= today}.union(closure.days)
    profile.closed_days = sorted(days)
    profile.save(update_fields=["closed_days"])
    return effect


@transaction.atomic
def reopen(provider: str, day: date) -> None:
    """Let parcels ship on a day again; those that were moved stay where they are. Raises
    ValidationError for a provider that is none."""
    _check_name(provider)
    rows = ProviderProfile.objects.select_for_update(no_key=True).filter(provider=provider)
    for profile in rows:
        profile.closed_days = [each for each in profile.closed_days if each != day]
        profile.save(update_fields=["closed_days"])


def still_to_move(closed: list[str], day: date) -> int:
    """How many parcels of these providers, closed on the day, the sweeper has yet to move off."""
    waiting = Shipment.objects.filter(state="scheduled", ship_on=day)
    return waiting.filter(provider__in=closed).count()


def _check_name(provider: str) -> None:
    if provider not in providers.names():
        raise ValidationError("There is no such provider.")


def _check(closure: Closure, calendar: Calendar) -> None:
    today = calendar.today(clock.now())
    if not today <= closure.first <= today + FARTHEST * DAY:
        raise ValidationError("Choose a day from today on, at most a year ahead.")
    if not closure.first < closure.until <= closure.first + MOST_DAYS * DAY:
        raise ValidationError(f"It ships again later, within {MOST_DAYS} days.")
    if not calendar.works_on(closure.until):
        why = calendar.why_closed(closure.until)
        raise ValidationError(f"{closure.until:%-d %b %Y} is no day on which it ships: {why}.")
