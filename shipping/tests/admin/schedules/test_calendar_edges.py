"""The calendar of shipments at its edges: ends of months and years, odd words, and who may what."""

from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.tests.factories import browser_of, staff
from orders.tests.factories import placed_order
from shipping.models import ProviderProfile
from shipping.tests.admin.schedules.test_calendar import URL, cell, shown
from shipping.tests.factories import queued_shipment, weekly_schedule

pytestmark = pytest.mark.django_db
TUESDAY = {"day": "2026-06-02", "provider": "reference", "until": "2026-06-03"}


@pytest.fixture(autouse=True)
def june():
    with time_machine.travel("2026-06-01 12:00Z", tick=False) as clock:
        ProviderProfile.objects.create(provider="reference")
        yield clock


@pytest.fixture
def client() -> Client:
    return browser_of(staff("fulfilment"))


@pytest.mark.parametrize(
    ("month", "before", "after", "first", "last"),
    [
        ("2026-12-31", "2026-11-01", "2027-01-01", "2026-11-30", "2027-01-03"),
        ("2027-01-01", "2026-12-01", "2027-02-01", "2026-12-28", "2027-01-31"),
        ("2028-02-29", "2028-01-01", "2028-03-01", "2028-01-31", "2028-03-05"),
        ("2027-02-15", "2027-01-01", "2027-03-01", "2027-02-01", "2027-02-28"),
        ("2099-12-01", "2099-11-01", "2100-01-01", "2099-11-30", "2100-01-03"),
    ],
)
def test_months_lead_to_their_neighbours_in_whole_weeks(
    client: Client, month: str, before: str, after: str, first: str, last: str
):
    context = client.get(URL, {"month": month}).context
    assert context["before"] == f"?month={before}"
    assert context["after"] == f"?month={after}"
    days = [day.date.isoformat() for day in context["days"]]
    assert (days[0], days[-1], len(days) % 7) == (first, last, 0)


def test_a_provider_stays_chosen_from_one_page_to_the_next(client: Client):
    context = client.get(URL, {"week": "2026-06-10", "provider": "reference"}).context
    assert context["before"] == "?week=2026-06-03&provider=reference"
    assert context["other"] == ("Month", "?month=2026-06-01&provider=reference")
    assert [each[2] for each in context["providers"]].count(True) == 1


@pytest.mark.parametrize("provider", ["nobody", "", "x" * 500, "a\x00b", "referencE"])
def test_nobodys_days_are_neither_closed_nor_opened(client: Client, provider: str):
    given = TUESDAY | {"provider": provider}
    before = list(ProviderProfile.objects.values("provider", "closed_days"))
    assert "There is no such provider" in shown(client, **given)
    for sent in (given, given | {"reopen": "yes"}):
        answer = client.post(URL, sent, follow=True)
        assert answer.status_code == 200
        assert "There is no such provider" in answer.content.decode()
    assert list(ProviderProfile.objects.values("provider", "closed_days")) == before


@pytest.mark.parametrize(
    "given",
    [{}, {"day": ""}, {"day": "2026-06-02"}, {"day": "soon", "until": "2026-06-03"}],
    ids=["nothing", "empty", "no-until", "no-date"],
)
def test_a_closing_without_its_dates_is_a_400(client: Client, given: dict[str, str]):
    assert client.post(URL, given | {"provider": "reference"}).status_code == 400
    assert ProviderProfile.objects.get().closed_days == []


@pytest.mark.parametrize("lacking", ["change_shipment", "change_schedule"])
def test_both_rights_are_needed_to_close_a_day(lacking: str):
    names = {"view_schedule", "view_shipment", "change_shipment", "change_schedule"} - {lacking}
    clerk, client = staff(), Client()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(clerk, "django.contrib.auth.backends.ModelBackend")
    for given in (TUESDAY, TUESDAY | {"reopen": "yes"}):
        assert client.post(URL, given).status_code == 403
    assert ProviderProfile.objects.get().closed_days == []


def test_days_that_are_over_or_far_ahead_have_no_forecast(client: Client):
    weekly_schedule(anchor=date(2026, 5, 26), occurrence=1, next_on=date(2026, 6, 2))
    for day, ships in (("2026-05-26", 0), ("2026-06-02", 1), ("2026-06-09", 1), ("2099-06-02", 0)):
        rows = {row.provider: row for row in client.get(URL, {"day": day}).context["rows"]}
        assert rows["reference"].ships == ships, day
    assert ">1</span>" in cell(shown(client, month="2026-06-01"), "2026-06-02")
    assert ">1</span>" not in cell(shown(client, month="2026-05-01"), "2026-05-26")


def test_a_day_costs_the_same_however_much_ships(client: Client):
    client.get(URL, TUESDAY)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            shown(client, **TUESDAY)
        return len(asked)

    before = statements()
    for _ in range(3):
        queued_shipment(placed_order(), state="scheduled", ship_on=date(2026, 6, 2))
    assert statements() == before <= 14
