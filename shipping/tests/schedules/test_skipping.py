"""An occurrence is left out once, however often that is asked for, and is taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection

from core.workflow import TransitionNotAllowedError
from shipping.models import Schedule
from shipping.schedules import next_dates
from shipping.schedules import services as schedules
from shipping.schedules.run import run_schedule
from shipping.tests.factories import last_event, monthly_schedule

BY: dict[str, Any] = {"by": "user:nurse"}
SCHEDULES = "/api/v1/schedules/"


@pytest.fixture
def clock(db):
    with time_machine.travel("2026-01-31 12:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def schedule(clock) -> Schedule:
    """Next on 28 February (occurrence 1), then on 31 March."""
    return monthly_schedule()


def dates(schedule: Schedule, count: int = 2) -> list[str]:
    schedule.refresh_from_db()
    return [day.isoformat() for day in next_dates.upcoming(schedule, count)]


def post(api, schedule, verb, **body):
    return api().post(f"{SCHEDULES}{schedule.pk}/{verb}/", body, format="json")


@pytest.mark.parametrize("occurrence", [1, date(2026, 2, 28)])
def test_a_skip_that_names_its_occurrence_is_done_once(schedule, occurrence):
    for _ in range(3):
        schedules.skip(schedule, occurrence=occurrence, **BY)
    assert dates(schedule) == ["2026-03-31", "2026-04-30"]
    assert schedule.events.filter(kind="skipped").count() == 1
    assert next_dates.skipped(schedule) == {1: date(2026, 2, 28)}


def test_a_repeated_skip_without_a_name_is_refused_and_says_how_to_mean_it(schedule):
    schedules.skip(schedule, **BY)
    with pytest.raises(
        TransitionNotAllowedError, match=r"2026-02-28 is left out already.*`occurrence` 2"
    ):
        schedules.skip(schedule, **BY)
    schedules.skip(schedule, occurrence=2, **BY)
    assert dates(schedule, 1) == ["2026-04-30"]
    assert next_dates.skipped(schedule) == {1: date(2026, 2, 28), 2: date(2026, 3, 31)}


def test_when_the_date_that_was_left_out_is_past_the_next_one_needs_no_name(schedule, clock):
    schedules.skip(schedule, **BY)
    clock.move_to("2026-03-01 12:00Z")
    assert next_dates.skipped(schedule) == {}
    schedules.skip(schedule, **BY)
    assert dates(schedule, 1) == ["2026-04-30"]


@pytest.mark.parametrize("occurrence", [0, 2, 99, date(2026, 2, 27), date(2026, 3, 31)])
def test_only_the_next_one_is_left_out(schedule, occurrence):
    with pytest.raises(
        TransitionNotAllowedError, match=r"Only the next one.*2026-02-28 \(occurrence 1\)"
    ):
        schedules.skip(schedule, occurrence=occurrence, **BY)
    assert dates(schedule, 1) == ["2026-02-28"]


def test_a_skip_that_comes_after_its_parcel_was_made_leaves_out_no_other(schedule):
    run_schedule(date(2026, 2, 28))
    with pytest.raises(TransitionNotAllowedError, match="Only the next one"):
        schedules.skip(schedule, occurrence=date(2026, 2, 28), **BY)
    assert dates(schedule, 1) == ["2026-03-31"]


def test_a_skip_is_taken_back_and_the_parcel_is_made(schedule):
    schedules.skip(schedule, occurrence=1, **BY)
    assert next_dates.preview(schedule, "unskip", occurrence=1, count=1) == [date(2026, 2, 28)]
    for _ in range(2):
        schedules.unskip(schedule, occurrence=1, **BY)
    assert dates(schedule) == ["2026-02-28", "2026-03-31"]
    event = last_event(schedule)
    assert (event.kind, event.detail) == (
        "unskipped",
        "2026-02-28 not left out: next on 2026-02-28",
    )
    assert schedule.events.filter(kind="unskipped").count() == 1
    assert run_schedule(date(2026, 2, 28)).queued == 1


def test_several_are_taken_back_the_last_one_first(schedule):
    schedules.skip(schedule, occurrence=1, **BY)
    schedules.skip(schedule, occurrence=2, **BY)
    with pytest.raises(TransitionNotAllowedError, match="2026-03-31 was left out after it"):
        schedules.unskip(schedule, occurrence=1, **BY)
    schedules.unskip(schedule, occurrence=2, **BY)
    schedules.unskip(schedule, occurrence=1, **BY)
    assert dates(schedule) == ["2026-02-28", "2026-03-31"]


def test_what_is_past_shipped_or_was_never_left_out_is_not_taken_back(schedule, clock):
    schedules.skip(schedule, occurrence=1, **BY)
    for occurrence in (0, 3, date(2026, 2, 27)):
        with pytest.raises(TransitionNotAllowedError, match="not left out, or it is past"):
            schedules.unskip(schedule, occurrence=occurrence, **BY)
    clock.move_to("2026-03-01 12:00Z")
    with pytest.raises(TransitionNotAllowedError, match="not left out, or it is past"):
        schedules.unskip(schedule, occurrence=1, **BY)


def test_on_its_day_a_skip_is_still_taken_back_but_not_once_the_schedule_went_on(schedule, clock):
    schedules.skip(schedule, occurrence=1, **BY)
    clock.move_to("2026-02-28 12:00Z")
    assert next_dates.skipped(Schedule.objects.get())
    run_schedule(date(2026, 3, 31))
    schedule.refresh_from_db()
    assert next_dates.skipped(schedule) == {}


def test_another_row_of_dates_forgets_what_was_left_out(schedule):
    schedules.skip(schedule, occurrence=1, **BY)
    schedules.change(schedule, interval="weekly", **BY)
    schedule.refresh_from_db()
    assert next_dates.skipped(schedule) == {}
    with pytest.raises(TransitionNotAllowedError):
        schedules.unskip(schedule, occurrence=date(2026, 2, 28), **BY)


def test_another_zone_does_not(schedule):
    schedules.skip(schedule, occurrence=1, **BY)
    schedules.change(schedule, catch_up="all", **BY)
    schedules.unskip(Schedule.objects.get(), occurrence=1, **BY)
    assert dates(schedule, 1) == ["2026-02-28"]


@pytest.mark.parametrize("verb", ["skip", "unskip"])
@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_what_is_not_active_is_neither_skipped_nor_taken_back(schedule, verb, state):
    schedules.skip(schedule, occurrence=1, **BY)
    Schedule.objects.update(state=state)
    with pytest.raises(TransitionNotAllowedError, match=f"This schedule is {state}"):
        getattr(schedules, verb)(schedule, occurrence=1, **BY)


def test_a_skip_sent_twice_is_the_same_answer(api, schedule):
    [first, second] = [post(api, schedule, "skip", occurrence="2026-02-28") for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["upcoming"][0] == "2026-03-31"
    assert first.json()["skipped"] == [{"occurrence": 1, "date": "2026-02-28"}]


def test_a_skip_sent_twice_without_a_name_is_a_409(api, schedule):
    answers = [api().post(f"{SCHEDULES}{schedule.pk}/skip/") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert "`occurrence` 2" in answers[1].json()["errors"][0]["detail"]
    assert dates(schedule, 1) == ["2026-03-31"]


def test_a_skip_is_taken_back_by_the_name_that_the_answer_shows(api, schedule):
    shown = post(api, schedule, "skip", occurrence=1).json()["skipped"][0]
    preview = f"{SCHEDULES}{schedule.pk}/preview/?verb=unskip&occurrence={shown['occurrence']}"
    assert api().get(preview).json()["next_occurrence"] == "2026-02-28"
    back = post(api, schedule, "unskip", occurrence=shown["date"]).json()
    assert (back["next_occurrence"], back["skipped"]) == ("2026-02-28", [])
    assert post(api, schedule, "unskip", occurrence=99).status_code == 409


@pytest.mark.parametrize(
    "occurrence",
    [None, "", "next", "1", True, 1.0, -1, 2**31, [], {}, "2026-02-30", "1999-12-31", "2026-W09-6"],
)
@pytest.mark.parametrize("verb", ["skip", "unskip"])
def test_an_occurrence_that_makes_no_sense_is_a_400(api, schedule, verb, occurrence):
    answer = post(api, schedule, verb, occurrence=occurrence)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "occurrence"
    assert dates(schedule, 1) == ["2026-02-28"]


def test_to_take_back_one_must_say_which(api, schedule):
    assert post(api, schedule, "unskip").json()["errors"][0]["attr"] == "occurrence"
    preview = api().get(f"{SCHEDULES}{schedule.pk}/preview/?verb=unskip")
    assert (preview.status_code, preview.json()["errors"][0]["attr"]) == (400, "occurrence")


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_the_other_verbs_are_done_once(api, schedule, verb):
    Schedule.objects.update(state="paused" if verb == "resume" else "active")
    assert [post(api, schedule, verb).status_code for _ in range(2)] == [200, 409]
    assert schedule.events.count() == 2


@pytest.mark.django_db(transaction=True)
def test_skips_at_the_same_moment_leave_out_one():
    schedule, together = monthly_schedule(), Barrier(4)

    def skip(_: int) -> None:
        together.wait()
        schedules.skip(Schedule.objects.get(), occurrence=schedule.occurrence, **BY)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(skip, range(4)))
    assert schedule.events.filter(kind="skipped").count() == 1
