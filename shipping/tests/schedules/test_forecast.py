"""The forecast: what the runs of the next days will make, told in advance by the same calendar."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from orders.models import Order
from shipping.models import ProviderProfile, RoutingRule, Schedule, Shipment
from shipping.schedules.forecast import Forecast, forecast
from shipping.schedules.run import run_schedule
from shipping.sweeper import promote
from shipping.tests.factories import monthly_schedule, weekly_schedule

FORECAST = "/api/v1/schedules/forecast/"
NOON = "2026-01-31 12:00Z"


@pytest.fixture(autouse=True)
def clock(db: Any) -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def shipping(found: Forecast) -> dict[str, int]:
    days = {day.isoformat(): found.shipping_on(day) for day in found.dates()}
    return {day: count for day, count in days.items() if count}


def at(schedule: Schedule, next_on: date, **changes: Any) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(next_on=next_on, **changes)


def test_each_date_of_each_schedule_is_counted():
    monthly_schedule()
    weekly_schedule()
    assert shipping(forecast(days=30)) == {
        "2026-02-07": 1,
        "2026-02-14": 1,
        "2026-02-21": 1,
        "2026-02-28": 2,
    }
    assert forecast(days=30, interval="monthly").total == 1
    assert forecast(days=30, provider="console").total == 0


def test_what_falls_on_a_free_day_ships_on_the_next():
    weekly_schedule()
    ProviderProfile.objects.create(provider="reference", working_days=[1, 2, 3, 4, 5])
    found = forecast(days=10)
    assert shipping(found) == {"2026-02-09": 1}
    assert found.occurrences == {(date(2026, 2, 7), "reference"): 1}


def test_a_pause_with_an_end_counts_from_there_and_others_not_at_all():
    weekly_schedule(state="paused", resume_on=date(2026, 2, 10))
    weekly_schedule(state="paused")
    weekly_schedule(state="cancelled")
    assert shipping(forecast(days=20)) == {"2026-02-14": 1}


@pytest.mark.parametrize(("catch_up", "today"), [("latest", 1), ("all", 3), ("none", 0)])
def test_what_is_overdue_ships_today_as_its_catch_up_says(catch_up, today):
    schedule = weekly_schedule(anchor=date(2026, 1, 7), catch_up=catch_up)
    at(schedule, date(2026, 1, 14), occurrence=1)
    expected = {"2026-01-31": today, "2026-02-04": 1} if today else {"2026-02-04": 1}
    assert shipping(forecast(days=5)) == expected


def test_a_parcel_that_waits_for_its_day_is_counted_on_it():
    schedule = weekly_schedule()
    schedule.shipments.update(state="scheduled", ship_on=date(2026, 2, 2))
    assert shipping(forecast(days=5)) == {"2026-02-02": 1}
    assert forecast(days=5, interval="monthly").total == 0


@pytest.mark.parametrize(("cut_off", "day"), [(13, "2026-01-31"), (12, "2026-02-01")])
def test_what_is_left_of_today_after_the_cut_off_ships_tomorrow(cut_off, day):
    """At noon, and so does the run."""
    at(weekly_schedule(anchor=date(2026, 1, 24)), date(2026, 1, 31))
    ProviderProfile.objects.create(provider="reference", cut_off=cut_off, time_zone="UTC")
    assert shipping(forecast(days=5)) == {day: 1}
    run_schedule()
    assert Shipment.objects.get(occurrence=1).ship_on.isoformat() == day


def test_the_runs_of_the_next_days_make_what_was_forecast(clock):
    """Every day is run, and what each day queues is what was told on the first."""
    ProviderProfile.objects.create(
        provider="reference", working_days=[1, 2, 3, 4, 5], country="GB", subdivision="ENG"
    )
    for day in (1, 3, 15, 28, 29, 30, 31):
        for made in (weekly_schedule, monthly_schedule):
            schedule = made(anchor=date(2026, 1, day), occurrence=1)
            plan_next = date(2026, 2, min(day, 28)) if schedule.interval == "monthly" else None
            at(schedule, plan_next or date(2026, 1, day) + timedelta(weeks=5))
    Shipment.objects.update(state="delivered")
    told = shipping(forecast(days=90))
    seen: Counter[str] = Counter()
    for day in range(90):
        clock.move_to(f"{date(2026, 1, 31) + timedelta(days=day)} 06:00Z")
        run_schedule()
        promote()
        queued = Shipment.objects.filter(state="queued")
        seen[(date(2026, 1, 31) + timedelta(days=day)).isoformat()] += queued.count()
        queued.update(state="sent")
    assert told == {day: count for day, count in seen.items() if count}


def test_the_endpoint_shows_days_and_providers(api):
    weekly_schedule()
    body = api("shipping:read").get(f"{FORECAST}?days=8").json()
    assert (body["first"], body["last"], body["shipments"]) == ("2026-01-31", "2026-02-07", 1)
    assert body["providers"] == ["reference"]
    assert body["days"][7] == {
        "date": "2026-02-07",
        "occurrences": 1,
        "shipments": 1,
        "by_provider": [{"provider": "reference", "occurrences": 1, "shipments": 1}],
    }
    assert len(api("shipping:read").get(FORECAST).json()["days"]) == 90


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("days=0", "days"),
        ("days=367", "days"),
        ("days=x", "days"),
        ("provider=gone", "provider"),
        ("interval=none", "interval"),
        ("state=active", "state"),
    ],
)
def test_a_question_that_makes_no_sense_names_its_field(api, query, field):
    answer = api().get(f"{FORECAST}?{query}")
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == [field]


def test_nobody_forecasts_without_the_scope(api):
    assert api(None).get(FORECAST).status_code == 401
    assert api("orders:read", "shipping:write").get(FORECAST).status_code == 403


def test_it_costs_the_same_whatever_there_is(api, django_assert_num_queries):
    client = api("shipping:read")
    for more in (1, 6):
        for _ in range(more):
            weekly_schedule()
        # The caller, rules and profiles, calendars, schedules, waiting parcels.
        with django_assert_num_queries(5):
            client.get(FORECAST)


def test_rules_say_by_which_provider_each_will_go():
    """And so on which day: each provider has a calendar of its own."""
    weekly_schedule()
    home = weekly_schedule().order
    Order.objects.filter(pk=home.pk).update(country="FR")
    RoutingRule.objects.create(name="France", country="FR", provider="console", is_active=True)
    ProviderProfile.objects.create(provider="console", working_days=[1])
    assert forecast(days=14).shipments == {
        (date(2026, 2, 7), "reference"): 1,
        (date(2026, 2, 9), "console"): 1,
    }
