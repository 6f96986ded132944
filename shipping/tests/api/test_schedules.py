"""Schedules over HTTP: changed, paused and skipped to what their previews showed."""

from datetime import date
from typing import Any

import pytest
import time_machine

from shipping.models import ProviderProfile, RoutingRule, Schedule
from shipping.schedules import next_dates
from shipping.tests.factories import monthly_schedule, weekly_schedule

SHIPMENTS = "/api/v1/shipments/"
SCHEDULES = "/api/v1/schedules/"
HUGE = 10**30


def attrs(answer: Any) -> list[str]:
    return [error["attr"] for error in answer.json()["errors"]]


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_schedule_is_paused_resumed_skipped_and_cancelled(api):
    url = f"{SCHEDULES}{monthly_schedule().pk}/"
    client = api("shipping:read", "shipping:write")
    paused = client.post(f"{url}pause/", {"resume_on": "2026-03-01"}, format="json").json()
    assert (paused["state"], paused["resume_on"]) == ("paused", "2026-03-01")
    assert paused["next_occurrence"] == "2026-03-31"
    assert client.post(f"{url}resume/").json()["next_occurrence"] == "2026-02-28"
    assert client.post(f"{url}skip/").json()["next_occurrence"] == "2026-03-31"
    ended = client.post(f"{url}cancel/", {"reason": "too dear"}, format="json").json()
    assert (ended["state"], ended["next_occurrence"], ended["upcoming"]) == ("cancelled", None, [])
    assert client.post(f"{url}resume/").status_code == 409
    actors = Schedule.objects.get().events.values_list("actor", flat=True)
    assert all(actor.startswith("client:") for actor in actors[1:])


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_schedule_is_changed_to_what_its_preview_showed(api):
    client = api("shipping:read", "shipping:write")
    url = f"{SCHEDULES}{monthly_schedule().pk}/"
    shown = client.get(f"{url}preview/?interval=weekly&anchor=2026-02-02&count=2").json()
    assert (shown["next_occurrence"], shown["upcoming"][1]) == ("2026-02-02", "2026-02-09")
    assert shown["now"]["upcoming"] == ["2026-02-28", "2026-03-31"]
    assert client.get(url).json()["interval"] == "monthly", "nothing was done"
    body = {"interval": "weekly", "anchor": "2026-02-02", "catch_up": "all"}
    changed = client.patch(url, body, format="json").json()
    assert changed["upcoming"][:2] == shown["upcoming"]
    assert (changed["interval"], changed["catch_up"]) == ("weekly", "all")


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_preview_shows_when_each_date_ships(api):
    ProviderProfile.objects.create(provider="reference", working_days=[1, 2, 3, 4, 5])
    client, url = api("shipping:read"), f"{SCHEDULES}{monthly_schedule().pk}/"
    shown = client.get(f"{url}preview/?verb=skip&count=2").json()
    assert shown["planned"] == [
        {"occurrence": 2, "date": "2026-03-31", "ship_on": "2026-03-31"},
        {"occurrence": 3, "date": "2026-04-30", "ship_on": "2026-04-30"},
    ]
    moved = {"occurrence": 1, "date": "2026-02-28", "ship_on": "2026-03-02"}
    assert shown["now"]["planned"][0] == moved == client.get(url).json()["planned"][0]


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_ship_dates_are_those_of_the_provider_that_the_rules_choose(api):
    schedule = monthly_schedule()
    RoutingRule.objects.create(name="all", provider="console", is_active=True)
    ProviderProfile.objects.create(provider="console", working_days=[3])
    planned = api("shipping:read").get(f"{SCHEDULES}{schedule.pk}/").json()["planned"]
    assert (planned[0]["date"], planned[0]["ship_on"]) == ("2026-02-28", "2026-03-04")


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_every_verb_has_a_preview(api):
    client, schedule = api("shipping:read"), weekly_schedule()
    first = {
        verb: client.get(f"{SCHEDULES}{schedule.pk}/preview/?verb={verb}{more}").json()
        for verb, more in (
            ("skip", ""),
            ("pause", "&resume_on=2026-03-01"),
            ("cancel", ""),
            ("change", ""),
        )
    }
    assert {verb: shown["next_occurrence"] for verb, shown in first.items()} == {
        "skip": "2026-02-14",
        "pause": "2026-03-07",
        "cancel": None,
        "change": "2026-02-07",
    }
    assert client.get(f"{SCHEDULES}{schedule.pk}/preview/?verb=resume").status_code == 409
    assert next_dates.upcoming(Schedule.objects.get(), 1) == [date(2026, 2, 7)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"interval": "none"}, "interval"),
        ({"interval": "daily"}, "interval"),
        ({"anchor": "1999-12-31"}, "anchor"),
        ({"anchor": "2026-02-30"}, "anchor"),
        ({"anchor": "2026-W05-6"}, "anchor"),
        ({"anchor": None}, "anchor"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": ["UTC"]}, "time_zone"),
        ({"catch_up": "some"}, "catch_up"),
        ({"order": 7}, "order"),
    ],
)
def test_a_change_that_makes_no_sense_is_a_400_that_names_the_field(api, body, field):
    schedule = monthly_schedule()
    answer = api().patch(f"{SCHEDULES}{schedule.pk}/", body, format="json")
    assert (answer.status_code, attrs(answer)) == (400, [field])
    assert schedule.events.count() == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("verb=burn", "verb"),
        ("interval=none", "interval"),
        ("anchor=soon", "anchor"),
        ("anchor=2999-01-01", "anchor"),
        ("count=0", "count"),
        ("count=61", "count"),
        ("verb=pause&resume_on=1999-01-01", "resume_on"),
        ("every=day", "every"),
    ],
)
def test_a_preview_that_makes_no_sense_is_a_400_that_names_the_field(api, query, field):
    schedule = monthly_schedule()
    answer = api().get(f"{SCHEDULES}{schedule.pk}/preview/?{query}")
    assert (answer.status_code, attrs(answer)) == (400, [field])


def test_a_pause_that_would_be_over_already_is_a_409(api):
    schedule = monthly_schedule()
    url = f"{SCHEDULES}{schedule.pk}/pause/"
    assert api().post(url, {"resume_on": "2020-01-01"}, format="json").status_code == 409
    assert Schedule.objects.get().state == "active"


@pytest.mark.parametrize("resume_on", ["1999-12-31", "tomorrow", 7, "2100-01-01"])
def test_a_pause_that_makes_no_sense_is_a_400(api, resume_on):
    schedule = monthly_schedule()
    url = f"{SCHEDULES}{schedule.pk}/pause/"
    answer = api().post(url, {"resume_on": resume_on}, format="json")
    assert (answer.status_code, attrs(answer)) == (400, ["resume_on"])
    assert Schedule.objects.get().state == "active"
