"""The numbers that a scraper reads, and who may read them."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from core import failures
from core.cases.models import Case
from core.models import Circuit
from notifications.models import Balance, Notification
from orders.tests.factories import placed_order
from shipping.models import Shipment
from shipping.tests.exceptions.test_cases import in_state
from shipping.tests.factories import monthly_schedule, queued_shipment, tracked
from shipping.tracking import events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counted_anew():
    cache.clear()


def figure(name: str) -> float | None:
    """The value of one line of the answer; None when there is no such line."""
    text = Client().get("/metrics").content.decode()
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


def scrape(token: str | None = None, **options) -> int:
    headers = {"authorization": token} if token is not None else {}
    return Client(**options).get("/metrics", headers=headers).status_code


def test_rows_are_counted_by_state():
    placed_order()
    queued_shipment(state="sent")
    assert figure('dosette_orders{state="placed"}') == 2
    assert figure('dosette_shipments{state="queued"}') == 1
    assert figure('dosette_shipments{state="sent"}') == 1
    assert figure('dosette_notifications{state="queued"}') == 2
    assert figure('dosette_shipments{state="delivered"}') is None


def test_states_are_counted_once_a_minute_however_often_one_asks(django_assert_num_queries):
    placed_order()
    assert figure('dosette_orders{state="placed"}') == 1
    placed_order()
    assert figure('dosette_orders{state="placed"}') == 1
    cache.clear()
    assert figure('dosette_orders{state="placed"}') == 2


def test_the_age_of_what_should_have_been_sent_is_that_of_the_oldest():
    for minutes in (1, 10):
        due = timezone.now() - timedelta(minutes=minutes)
        queued_shipment(next_attempt_at=due)
    oldest = figure("dosette_shipment_oldest_due_seconds")
    assert oldest == pytest.approx(600, abs=60)


def test_what_waits_for_its_hour_or_is_sent_has_no_age():
    later = timezone.now() + timedelta(hours=1)
    queued_shipment(next_attempt_at=later)
    queued_shipment(state="sent", next_attempt_at=timezone.now() - timedelta(days=1))
    Notification.objects.update(next_attempt_at=later)
    assert figure("dosette_shipment_oldest_due_seconds") == 0
    assert figure("dosette_notification_oldest_due_seconds") == 0


def test_a_schedule_lags_by_the_day_that_it_is_everywhere():
    today = (timezone.now() - timedelta(hours=12)).date()
    monthly_schedule(next_on=today)
    assert figure("dosette_schedule_lag_days") == 0
    monthly_schedule(next_on=today - timedelta(days=3))
    assert figure("dosette_schedule_lag_days") == 3


def test_a_schedule_that_is_paused_does_not_lag():
    monthly_schedule(next_on=timezone.localdate() - timedelta(days=30), state="paused")
    assert figure("dosette_schedule_lag_days") == 0


def test_events_that_wait_for_their_parcel_are_counted():
    events.store("reference", [tracked("co-999999", "in-transit")])
    shipment = queued_shipment(state="sent")
    events.store("reference", [tracked(shipment.reference, "in-transit")])
    assert figure("dosette_tracking_events_parked") == 1


def test_a_destination_that_is_left_alone_is_a_one():
    Circuit.objects.create(name="shipping:reference", open_until=timezone.now())
    Circuit.objects.create(name="shipping:console")
    assert figure('dosette_circuit_open{destination="shipping:reference"}') == 1
    assert figure('dosette_circuit_open{destination="shipping:console"}') == 0


def test_what_is_left_on_an_account_is_told_in_its_currency_and_nothing_where_nobody_knows():
    Balance.objects.create(provider="africastalking", currency="KES", amount=Decimal("12.5"))
    Balance.objects.create(provider="gateway", currency="", amount=None)
    kept = 'dosette_service_balance{currency="KES",service="africastalking"}'
    assert figure(kept) == 12.5
    lines = Client().get("/metrics").content.decode().splitlines()
    balances = [line for line in lines if line.startswith("dosette_service_balance{")]
    assert balances == [f"{kept} 12.5"]


def test_open_cases_are_counted_by_kind_with_the_age_of_the_oldest():
    for _ in range(2):
        in_state("rejected")
    oldest = Case.objects.earliest("pk")
    Case.objects.filter(pk=oldest.pk).update(opened_at=timezone.now() - timedelta(hours=1))
    Case.objects.filter(subject_id=in_state("unknown").pk).update(closed_at=timezone.now())
    assert figure('dosette_exceptions_open{kind="shipment-rejected"}') == 2
    age = figure('dosette_exception_oldest_seconds{kind="shipment-rejected"}')
    assert age == pytest.approx(3600, abs=60)
    assert figure('dosette_exceptions_open{kind="shipment-unknown"}') is None


def test_what_is_snoozed_is_counted_apart_until_its_time():
    for hours in (2, -2, None):
        case = Case.objects.get(subject_id=in_state("rejected").pk)
        until = timezone.now() + timedelta(hours=hours) if hours else None
        Case.objects.filter(pk=case.pk).update(snoozed_until=until)
    assert figure('dosette_exceptions_open{kind="shipment-rejected"}') == 2
    assert figure('dosette_exceptions_snoozed{kind="shipment-rejected"}') == 1
    Case.objects.update(snoozed_until=timezone.now() + timedelta(hours=2))
    assert figure('dosette_exceptions_open{kind="shipment-rejected"}') is None
    assert figure('dosette_exception_oldest_seconds{kind="shipment-rejected"}') is None
    assert figure('dosette_exceptions_snoozed{kind="shipment-rejected"}') == 3


def test_no_figure_names_a_person_or_a_number_of_theirs():
    order = placed_order()
    failures.note("apply the events of shipment", order.pk, ValueError("Jane"))
    text = Client().get("/metrics").content.decode()
    for mark in (order.customer.name, order.customer.email, order.number, order.postcode, "Jane"):
        assert mark not in text


def test_a_scrape_takes_as_many_statements_whatever_there_is(django_assert_max_num_queries):
    for _ in range(3):
        in_state("rejected")
        Circuit.objects.create(name=f"test:{Shipment.objects.count()}")
    with django_assert_max_num_queries(15):
        Client().get("/metrics")


def test_figures_are_read_and_not_written():
    assert Client().post("/metrics").status_code == 405
    assert Client().head("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("127.8.9.1", 200), ("::1", 200), ("10.0.0.7", 403), ("2001:db8::1", 403)],
)
def test_without_a_token_only_this_host_may_read(address, status):
    assert scrape(REMOTE_ADDR=address) == status


@pytest.mark.parametrize("forwarded", ["127.0.0.1", "::1", "", "10.0.0.7, 127.0.0.1"])
def test_a_proxied_request_may_not_read_metrics(forwarded):
    answer = Client().get("/metrics", headers={"x-forwarded-for": forwarded})
    assert answer.status_code == 403
    assert b"dosette_" not in answer.content


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("Bearer scrape", 200),
        (None, 403),
        ("", 403),
        ("Bearer ", 403),
        ("Bearer scrap", 403),
        ("Bearer scrape ", 403),
        ("scrape", 403),
        ("Basic scrape", 403),
        ("Bearer sçrape", 403),
    ],
)
def test_with_a_token_only_its_bearer_may_read_metrics(settings, sent, status):
    settings.METRICS_TOKEN = "scrape"
    assert scrape(sent) == status


def test_with_a_token_its_bearer_may_read_from_elsewhere_too(settings):
    settings.METRICS_TOKEN = "scrape"
    assert scrape("Bearer scrape", REMOTE_ADDR="10.0.0.7") == 200
