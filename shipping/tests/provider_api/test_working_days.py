"""Which days are a provider's: holidays, weekends and the cut-off move the ship date."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from shipping.models import ProviderProfile
from shipping.provider_api.working_days import Calendar

WORKING_WEEK = (1, 2, 3, 4, 5)
LONDON = Calendar(WORKING_WEEK, "GB", "ENG", 16, "Europe/London")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("falls_on", "ships_on"),
    [
        ("2026-03-31", "2026-03-31"),  # a Tuesday
        ("2026-01-31", "2026-02-02"),  # a Saturday
        ("2026-04-03", "2026-04-07"),  # Good Friday, and Easter Monday behind the week-end
        ("2026-12-25", "2026-12-29"),  # Boxing Day is a Saturday: Monday is free for it
        ("2026-12-31", "2026-12-31"),
        ("2027-01-01", "2027-01-04"),
    ],
)
def test_a_parcel_ships_on_the_next_working_day(falls_on, ships_on):
    assert LONDON.ship_day(date.fromisoformat(falls_on)) == date.fromisoformat(ships_on)


def test_the_parts_of_a_country_keep_holidays_of_their_own():
    new_year = date(2026, 1, 2)
    assert LONDON.works_on(new_year)
    assert not Calendar(WORKING_WEEK, "GB", "SCT").works_on(new_year)


def test_without_anything_set_every_day_is_a_working_day():
    assert Calendar().ship_day(date(2026, 12, 25)) == date(2026, 12, 25)


@pytest.mark.parametrize(
    ("moment", "ships_on"),
    [
        ("2026-02-05 15:59", "2026-02-05"),
        ("2026-02-05 16:00", "2026-02-06"),
        ("2026-02-06 16:00", "2026-02-09"),  # Friday, after the cut-off
        ("2026-07-02 14:59", "2026-07-02"),  # summer: an hour earlier by UTC
        ("2026-07-02 15:00", "2026-07-03"),
        ("2026-02-07 09:00", "2026-02-09"),
    ],
)
def test_the_cut_off_hour_counts_on_the_providers_clock(moment, ships_on):
    assert LONDON.ship_day_from(at(moment)) == date.fromisoformat(ships_on)


def test_days_that_ship_together_begin_after_the_last_working_day():
    assert LONDON.first_day_of_batch(date(2026, 2, 9)) == date(2026, 2, 7)
    assert LONDON.first_day_of_batch(date(2026, 2, 10)) == date(2026, 2, 10)


def test_an_occurrence_whose_day_begins_late_for_the_provider_ships_a_day_later():
    """Midnight in Honolulu is ten o'clock in London."""
    early = Calendar(cut_off=9, time_zone="Europe/London")
    day, long_before = date(2026, 2, 5), datetime(2026, 2, 1, tzinfo=UTC)
    assert early.ship_day_of(day, "Pacific/Honolulu", long_before) == date(2026, 2, 6)
    assert early.ship_day_of(day, "Europe/London", long_before) == day
    assert early.ship_day_of(day, "Pacific/Auckland", long_before) == day


def test_one_that_is_late_ships_with_the_batch_that_is_open_now():
    early, day = Calendar(cut_off=9, time_zone="Europe/London"), date(2026, 2, 5)
    for hour, ships in ((8, 7), (9, 8)):
        now = datetime(2026, 2, 7, hour, tzinfo=UTC)
        assert early.ship_day_of(day, "Europe/London", now) == date(2026, 2, ships)


@pytest.mark.django_db
def test_a_provider_without_a_profile_works_always():
    assert ProviderProfile.of("console").calendar == Calendar(time_zone="Europe/London")
    ProviderProfile.objects.create(provider="console", working_days=[1])
    assert ProviderProfile.of("console").calendar.working_days == (1,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"country": "ZZ"},
        {"country": "GB", "subdivision": "BY"},
        {"subdivision": "SCT"},
        {"working_days": []},
        {"working_days": [8]},
        {"cut_off": 24},
        {"time_zone": "Mars/Olympus"},
    ],
)
@pytest.mark.django_db
def test_what_no_calendar_knows_is_refused(wrong):
    with pytest.raises(ValidationError) as refused:
        ProviderProfile(provider="console", **wrong).full_clean()
    assert set(refused.value.message_dict) <= set(wrong)
