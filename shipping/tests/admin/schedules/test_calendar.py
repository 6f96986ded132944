"""The calendar of shipments: months, weeks, days, holidays, and moving what ships on a day."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.tests.factories import browser_of, staff
from orders.tests.factories import placed_order
from shipping.models import ProviderProfile
from shipping.sweeper import move_off_closed_days
from shipping.tests.factories import queued_shipment, weekly_schedule

pytestmark = pytest.mark.django_db
URL = "/admin/shipping/schedule/calendar/"


@pytest.fixture(autouse=True)
def december():
    with time_machine.travel("2026-12-01 12:00Z", tick=False):
        ProviderProfile.objects.create(provider="reference", country="GB", subdivision="ENG")
        weekly_schedule(anchor=date(2026, 11, 25), occurrence=1, next_on=date(2026, 12, 2))
        yield


@pytest.fixture
def client() -> Client:
    return browser_of(staff("fulfilment"))


def shown(client: Client, **asked: str) -> str:
    answer = client.get(URL, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def cell(page: str, day: str) -> str:
    """What the grid has on a day."""
    return page.partition(f'href="?day={day}"')[2].partition("</li>")[0]


def test_a_month_shows_parcels_by_provider_and_holidays_by_name(client):
    page = shown(client, month="2026-12-01")
    assert "December 2026" in page
    assert "reference" in cell(page, "2026-12-02")
    assert ">1</span>" in cell(page, "2026-12-02")
    assert "reference: Christmas Day" in cell(page, "2026-12-25")
    assert cell(page, "2027-01-03"), "whole weeks"
    assert not cell(page, "2027-01-04")


def test_a_week_and_one_provider_alone(client):
    page = shown(client, week="2026-12-23", provider="reference")
    assert cell(page, "2026-12-27")
    assert not cell(page, "2026-12-28")
    assert ">1</span>" in cell(page, "2026-12-23")
    assert ">1</span>" not in cell(
        shown(client, week="2026-12-23", provider="console"), "2026-12-23"
    )


def test_a_day_opens_its_lists(client):
    page = shown(client, day="2026-12-02")
    parcels = "/admin/shipping/shipment/?ship_on_from=2026-12-02&amp;ship_on_to=2026-12-02"
    due = "/admin/shipping/schedule/?state__exact=active&amp;next_on_from=2026-12-02"
    assert parcels in page
    assert due in page
    for link in (parcels, f"{due}&amp;next_on_to=2026-12-02"):
        assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_a_batch_is_moved_with_a_preview_and_a_report(client):
    queued_shipment(placed_order(), state="scheduled", ship_on=date(2026, 12, 2))
    queued_shipment(placed_order(), state="sent", ship_on=date(2026, 12, 2))
    asked = {"day": "2026-12-02", "provider": "reference", "until": "2026-12-04"}
    page = shown(client, **asked)
    assert "1 parcel that wait for these days move to Fri 4 Dec 2026" in page
    assert "Left out: 1 sent" in page
    assert ProviderProfile.objects.get().closed_days == []
    answer = client.post(URL, asked, follow=True).content.decode()
    assert "Parcels that move to 4 Dec 2026: 1" in answer
    assert "Left out, since they do not wait for the day: 1 sent." in answer
    assert ProviderProfile.objects.get().closed_days == [date(2026, 12, 2), date(2026, 12, 3)]
    assert "closed by staff" in cell(shown(client, month="2026-12-01"), "2026-12-03")
    client.post(URL, {"day": "2026-12-03", "provider": "reference", "reopen": "yes"})
    assert ProviderProfile.objects.get().closed_days == [date(2026, 12, 2)]


def test_the_page_of_a_closed_day_follows_until_the_sweeper_has_moved_all_off_it(client):
    parcel = queued_shipment(placed_order(), state="scheduled", ship_on=date(2026, 12, 2))
    day = {"day": "2026-12-02"}
    assert "to be moved off this day" not in shown(client, **day), "it is open"
    client.post(URL, day | {"provider": "reference", "until": "2026-12-04"})
    page = shown(client, **day)
    assert "1 parcel still waits to be moved off this day." in page
    assert """hx-trigger="every 2s" hx-headers='{"X-Poll": "1"}'""" in page
    move_off_closed_days()
    page = shown(client, **day)
    assert "No parcel waits to be moved off this day." in page
    assert "hx-trigger" not in page.partition('id="to-move"')[2].partition("</p>")[0]
    parcel.refresh_from_db()
    assert parcel.ship_on == date(2026, 12, 4)


def test_who_may_not_move_parcels_looks_and_closes_nothing():
    asked = {"day": "2026-12-02", "provider": "reference", "until": "2026-12-04"}
    for role, may_look in (("support", 200), ("auditor", 200), ("clinician", 403)):
        client = browser_of(staff(role))
        answer = client.get(URL, {"day": "2026-12-02"})
        assert answer.status_code == may_look, role
        assert "Show what moves" not in answer.content.decode()
        assert client.post(URL, asked).status_code == 403, role
    assert ProviderProfile.objects.get().closed_days == []


def test_what_cannot_be_closed_is_said_and_not_done(client):
    asked = {"day": "2026-12-24", "provider": "reference", "until": "2026-12-25"}
    assert "Christmas Day" in shown(client, **asked).partition('role="alert"')[2]
    assert "Christmas Day" in client.post(URL, asked, follow=True).content.decode()
    assert ProviderProfile.objects.get().closed_days == []


@pytest.mark.parametrize(
    "asked",
    [
        {"month": "x"},
        {"day": "2026-13-01"},
        {"week": "1999-12-31"},
        {"month": "9999-12-01"},
        {"provider": "nobody"},
        {"day": "2026-12-02", "until": "soon"},
    ],
    ids=["letters", "month-13", "before", "far", "provider", "until"],
)
def test_what_is_no_date_is_a_400(client, asked):
    assert client.get(URL, asked).status_code == 400


def test_a_month_costs_the_same_however_much_ships(client):
    client.get(URL)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            shown(client, month="2026-12-01")
        return len(asked)

    before = statements()
    for _ in range(3):
        weekly_schedule(anchor=date(2026, 11, 26), occurrence=1, next_on=date(2026, 12, 3))
    assert statements() == before <= 12
