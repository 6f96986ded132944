"""A year of shipping, day by day, and any runs at all, against calendars written otherwise."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import time_machine
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]  # another implementation to compare with
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipping.models import Schedule, Shipment
from shipping.schedules.run import RunSummary, run_schedule
from shipping.tests.factories import monthly_schedule, weekly_schedule

START = date(2026, 1, 31)
YEAR = [START + timedelta(days=n) for n in range(1, 366)]
# The clock goes forward and back by an hour, by half an hour, in the south, or not at all; Apia is
# a day ahead of most, Honolulu half a day behind.
ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Honolulu",
]
MONTHLY = [
    *("2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31"),
    *("2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31"),
]


def test_C3_a_year_from_31_January_drifts_by_no_day_in_any_zone(db):
    """Beat ticks every twelve hours, across both changes of the clocks: every occurrence is made on
    its own day where it is, at the first tick of it, once."""
    with time_machine.travel(datetime(2026, 1, 31, 12, tzinfo=UTC), tick=False):
        rows = {
            (zone, made): made(time_zone=zone)
            for zone in ZONES
            for made in (weekly_schedule, monthly_schedule)
        }
    for day in YEAR:
        for hour in (0, 12):
            moment = datetime(day.year, day.month, day.day, hour, 5, tzinfo=UTC)
            with time_machine.travel(moment, tick=False):
                run_schedule()
    for (zone, made), schedule in rows.items():
        parcels = list(schedule.shipments.exclude(occurrence=0).order_by("occurrence"))
        days = [parcel.ship_on.isoformat() for parcel in parcels]
        assert days == (MONTHLY if made is monthly_schedule else every_week(len(days))), zone
        assert len(days) in {12, 52}, zone
        for parcel in parcels:
            wall = parcel.created_at.astimezone(ZoneInfo(zone))
            assert wall.date() == parcel.ship_on, zone
            assert wall.hour < 13, "not at the first tick of its day"


def every_week(count: int) -> list[str]:
    return [(START + timedelta(days=7 * n)).isoformat() for n in range(1, count + 1)]


def reference(
    interval: str, anchor: date, catch_up: str, runs: list[date]
) -> dict[int, tuple[str, date]]:
    """What a slow and simple clerk would make, who knows the dates from `dateutil`."""
    unit = {"weekly": {"weeks": 1}, "monthly": {"months": 1}}[interval]
    dates = [anchor + relativedelta(**{k: v * n for k, v in unit.items()}) for n in range(1, 160)]
    made: dict[int, tuple[str, date]] = {}
    for today in runs:
        late = [n for n, day in enumerate(dates, 1) if day <= today and n not in made]
        for n in late:
            newest = n == late[-1]
            ships = {"all": True, "latest": newest, "none": newest and dates[n - 1] == today}
            made[n] = ("queued", today) if ships[catch_up] else ("missed", dates[n - 1])
    return made


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(
    interval=st.sampled_from(["weekly", "monthly"]),
    anchor=st.dates(date(2023, 12, 1), date(2024, 3, 31)),
    catch_up=st.sampled_from(["latest", "all", "none"]),
    gaps=st.lists(st.integers(0, 75), min_size=1, max_size=8),
)
def test_C3_whenever_it_runs_it_makes_what_a_clerk_would(db, interval, anchor, catch_up, gaps):
    """Runs on any days, twice on some, weeks late on others."""
    made = weekly_schedule if interval == "weekly" else monthly_schedule
    step = relativedelta(weeks=1) if interval == "weekly" else relativedelta(months=1)
    schedule = made(anchor=anchor, catch_up=catch_up, occurrence=1, next_on=anchor + step)
    runs = [anchor + timedelta(days=sum(gaps[: n + 1])) for n in range(len(gaps))]
    for day in runs:
        run_schedule(day)
    found = {s.occurrence: (s.state, s.ship_on) for s in schedule.shipments.exclude(occurrence=0)}
    assert found == reference(interval, anchor, catch_up, runs)
    Schedule.objects.filter(pk=schedule.pk).update(state="cancelled")


def test_C3_a_day_that_a_zone_leaves_out_ships_on_the_next(db):
    """Apia went from 29 to 31 December 2011."""
    with time_machine.travel(datetime(2011, 12, 16, 12, tzinfo=UTC), tick=False):
        schedule = weekly_schedule(time_zone="Pacific/Apia", anchor=date(2011, 12, 16))
        Schedule.objects.update(occurrence=2, next_on=date(2011, 12, 30))
    with time_machine.travel(datetime(2011, 12, 30, 9, 59, tzinfo=UTC), tick=False):
        assert run_schedule() == RunSummary(), "it is the 29th there"
    with time_machine.travel(datetime(2011, 12, 30, 10, 1, tzinfo=UTC), tick=False):
        assert run_schedule().schedules == 1
    assert Shipment.objects.get(occurrence=2).ship_on == date(2011, 12, 31)
    schedule.refresh_from_db()
    assert schedule.next_on == date(2012, 1, 6)
