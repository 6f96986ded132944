"""Until when a case is put off: also in summer, and on the days on which the clocks change."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client

from core.cases.models import Case
from desk.admin.inbox.verbs import SnoozeForm
from identity.tests.factories import staff
from shipping.tests.exceptions.test_cases import in_state, open_case

URL = "/admin/core/case/"


def until(now: str, chosen: str, day: str = "") -> datetime:
    with time_machine.travel(now, tick=False):
        form = SnoozeForm({"until": chosen, "day": day})
        assert form.is_valid(), form.errors
        moment: datetime = form.cleaned_data["until"]
        return moment.astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "chosen", "expected"),
    [
        ("2026-03-29 00:30Z", "1h", "2026-03-29 01:30"),
        ("2026-03-29 00:30Z", "4h", "2026-03-29 04:30"),
        ("2026-10-25 00:30Z", "1h", "2026-10-25 01:30"),
        ("2026-10-24 23:30Z", "4h", "2026-10-25 03:30"),
        ("2026-03-28 12:00Z", "1d", "2026-03-29 07:00"),
        ("2026-10-24 12:00Z", "1d", "2026-10-25 08:00"),
        ("2026-06-30 23:30Z", "1d", "2026-07-02 07:00"),
        ("2026-06-30 22:30Z", "1d", "2026-07-01 07:00"),
        ("2026-12-31 23:59Z", "1d", "2027-01-01 08:00"),
    ],
)
def test_an_hour_is_an_hour_and_tomorrow_is_that_of_staff(now: str, chosen: str, expected: str):
    assert f"{until(now, chosen):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-06-07 22:59Z", date(2026, 6, 8)),  # Sunday, a minute before midnight
        ("2026-06-07 23:00Z", date(2026, 6, 15)),  # Monday already
        ("2026-06-08 04:00Z", date(2026, 6, 15)),  # before eight on a Monday: the next one
        ("2026-06-13 12:00Z", date(2026, 6, 15)),
    ],
)
def test_monday_is_the_next_one_in_the_time_of_staff(now: str, expected: date):
    moment = until(now, "monday")
    assert (moment.date(), moment.hour) == (expected, 7)


@pytest.fixture
def client(db) -> Client:
    client = Client()
    client.force_login(staff("fulfilment"), "django.contrib.auth.backends.ModelBackend")
    return client


def snoozed(client: Client, case: Case, **sent: str) -> int:
    status = client.post(f"{URL}{case.pk}/snooze/", sent).status_code
    case.refresh_from_db()
    return int(status)


def test_the_history_says_the_moment_by_the_clock_that_it_names(client):
    with time_machine.travel("2026-07-01 12:00Z", tick=False):
        case = open_case(in_state("rejected"))
        assert snoozed(client, case, until="1d", reason="They call back") == 302
        assert case.snoozed_until == datetime(2026, 7, 2, 7, tzinfo=UTC)
        step = case.events.get(kind="snoozed")
        assert step.detail == "until 2026-07-02 07:00 UTC. They call back"


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2026-07-01", 422),  # eight o'clock of today is over
        ("2026-07-02", 302),
        ("2026-10-01", 302),  # 92 days
        ("2026-10-02", 422),
        ("9999-12-31", 422),
        ("0001-01-01", 422),
        ("2026-02-30", 422),
        ("soon", 422),
    ],
)
def test_a_day_is_within_three_months(client, day: str, status: int):
    with time_machine.travel("2026-07-01 12:00Z", tick=False):
        case = open_case(in_state("rejected"))
        assert snoozed(client, case, until="day", day=day) == status
        assert (case.snoozed_until is not None) == (status == 302)
        assert case.events.filter(kind="snoozed").count() == (status == 302)


@pytest.mark.parametrize("chosen", ["", "2h", "0h", "-1h", "never"])
def test_what_is_not_offered_is_refused(client, chosen: str):
    case = open_case(in_state("rejected"))
    assert snoozed(client, case, until=chosen) == 422
    assert case.snoozed_until is None


def test_what_is_snoozed_already_is_not_snoozed_again_until_it_comes_back(client):
    with time_machine.travel("2026-07-01 12:00Z", tick=False) as time:
        case = open_case(in_state("rejected"))
        snoozed(client, case, until="1h")
        before = case.snoozed_until
        time.shift(1800)
        assert snoozed(client, case, until="4h") == 302
        assert case.snoozed_until == before
        time.shift(1800)
        assert case in client.get(URL).context["cl"].result_list, "at that moment it is back"
        snoozed(client, case, until="4h")
        assert case.snoozed_until == datetime(2026, 7, 1, 17, tzinfo=UTC)
