"""Closing days at the edges: the provider's own midnight, the longest closure, two at once."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from shipping.models import ProviderProfile
from shipping.staff_actions import closures
from shipping.staff_actions.closures import FARTHEST, MOST_DAYS, Closure

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 6, 1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel("2026-06-01 12:00Z", tick=False) as clock:
        yield clock


def closed() -> list[date]:
    days: list[date] = ProviderProfile.of("reference").closed_days
    return days


@pytest.mark.parametrize(
    ("zone", "now", "is_over"),
    [
        ("Pacific/Auckland", "2026-06-01 11:59Z", False),
        ("Pacific/Auckland", "2026-06-01 12:00Z", True),
        ("America/New_York", "2026-06-02 03:59Z", False),
        ("America/New_York", "2026-06-02 04:00Z", True),
    ],
)
def test_a_day_may_be_closed_until_it_is_over_where_the_provider_is(
    monday, zone: str, now: str, is_over: bool
):
    ProviderProfile.objects.create(provider="reference", time_zone=zone)
    monday.move_to(now)
    closure = Closure("reference", MONDAY, MONDAY + DAY)
    if is_over:
        with pytest.raises(ValidationError, match="from today on"):
            closures.close(closure)
    else:
        closures.close(closure)
    assert closed() == ([] if is_over else [MONDAY])


def test_the_longest_closure_and_the_farthest_day_are_taken_and_one_more_is_not():
    closures.close(Closure("reference", MONDAY, MONDAY + MOST_DAYS * DAY))
    assert len(closed()) == MOST_DAYS
    far = MONDAY + FARTHEST * DAY
    closures.close(Closure("reference", far, far + DAY))
    assert closed()[-1] == far
    for first, until in (
        (MONDAY, MONDAY + (MOST_DAYS + 1) * DAY),
        (far + DAY, far + 2 * DAY),
        (MONDAY, date.max),
        (date.max, date.max),
        (date.min, date.max),
    ):
        with pytest.raises(ValidationError):
            closures.effect_of(Closure("reference", first, until))
    assert len(closed()) == MOST_DAYS + 1


def test_closures_that_overlap_are_one_and_are_kept_in_order():
    for begin, length in ((4, 2), (1, 1), (5, 3)):
        first = MONDAY + begin * DAY
        closures.close(Closure("reference", first, first + length * DAY))
    assert closed() == [MONDAY + n * DAY for n in (1, 4, 5, 6, 7)]


def test_it_ships_again_on_a_day_that_is_not_closed_itself():
    closures.close(Closure("reference", MONDAY + 2 * DAY, MONDAY + 3 * DAY))
    with pytest.raises(ValidationError, match="3 Jun 2026 is no day on which it ships: closed by"):
        closures.close(Closure("reference", MONDAY + DAY, MONDAY + 2 * DAY))
    assert closures.effect_of(Closure("reference", MONDAY + DAY, MONDAY + 3 * DAY)).ships_on == (
        MONDAY + 3 * DAY
    )


def test_a_day_of_another_provider_stays_open():
    closures.close(Closure("reference", MONDAY, MONDAY + DAY))
    closures.reopen("console", MONDAY)
    assert closed() == [MONDAY]
    assert ProviderProfile.of("console").calendar.works_on(MONDAY)
