"""Costs over HTTP and in the admin."""

from datetime import date
from decimal import Decimal

import pytest

from notifications.models import DailyCost

pytestmark = pytest.mark.django_db
URL = "/api/v1/notifications/costs/"


@pytest.fixture
def costs():
    """Three days of SMS, one of e-mail, and one service that names no price."""
    for day in (1, 2, 3):
        DailyCost.objects.create(
            day=date(2026, 7, day),
            channel="sms",
            provider="africastalking",
            currency="KES",
            messages=day,
            amount=Decimal("0.8") * day,
        )
    DailyCost.objects.create(day=date(2026, 7, 2), channel="email", provider="smtp", messages=7)


def test_they_are_listed_by_day_exact_and_in_their_currency(api, costs):
    rows = api().get(URL).json()["results"]
    assert [row["day"] for row in rows] == ["2026-07-03", "2026-07-02", "2026-07-02", "2026-07-01"]
    assert {name: rows[0][name] for name in ("messages", "amount", "currency")} == {
        "messages": 3,
        "amount": "2.400000",
        "currency": "KES",
    }


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("day_from=2026-07-02&day_to=2026-07-02", [2, 2]),
        ("channel=sms&day_to=2026-07-02", [2, 1]),
        ("provider=smtp", [2]),
        ("currency=KES&ordering=day", [1, 2, 3]),
    ],
)
def test_they_are_narrowed(api, costs, query, days):
    rows = api().get(f"{URL}?{query}").json()["results"]
    assert [int(row["day"][-2:]) for row in rows] == days


@pytest.mark.parametrize("query", ["day_from=yesterday", "day_from=", "channel=fax", "ordering=x"])
def test_a_filter_that_makes_no_sense_is_a_400(api, costs, query):
    assert api().get(f"{URL}?{query}").status_code == 400


def test_pages_follow_each_other_over_equal_days(api, costs):
    seen, url = [], f"{URL}?page_size=1"
    while url:
        page = api().get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert sorted(seen) == sorted(DailyCost.objects.values_list("pk", flat=True))


def test_who_may_not_read_messages_reads_no_costs(api, costs):
    assert api("orders:read").get(URL).status_code == 403


def test_the_page_shows_a_picture_and_the_figures(admin_client, costs, time_machine):
    time_machine.move_to("2026-07-05 12:00:00Z")
    page = admin_client.get("/admin/notifications/dailycost/").content.decode()
    assert "KES 4.80 for 6 messages" in page
    assert "3 July: 2.40 KES, 3 sms by africastalking" in page
    assert page.count("<rect x=") == 3


def test_without_any_cost_the_page_says_so(admin_client):
    page = admin_client.get("/admin/notifications/dailycost/").content.decode()
    assert "No service has named a price" in page


def test_the_page_takes_few_statements_however_many_days(
    admin_client, costs, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):
        admin_client.get("/admin/notifications/dailycost/")
