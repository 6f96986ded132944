"""What is tried again, by whatever road, is not tried at night."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine

from core.http import Temporary
from core.outbox import circuit_breaker, claim, reclaim_expired
from customers.tests.factories import CustomerFactory
from notifications.delivery import deferral, failover
from notifications.delivery.queues import dispatch, queue_to
from notifications.models import Limits, Notification
from notifications.policy.quiet_hours import QUIET
from notifications.services import notify, resend

pytestmark = pytest.mark.django_db
EVENING, NIGHT = "2026-06-01T19:59:59Z", datetime(2026, 6, 1, 22, tzinfo=UTC)  # London: 20:59:59
MORNING, MORNING_IN_NAIROBI = (datetime(2026, 6, 2, hour, tzinfo=UTC) for hour in (7, 5))


@pytest.fixture(autouse=True)
def quiet_nights(sandbox):
    Limits.objects.update_or_create(pk=1, defaults={"quiet_from": time(21), "quiet_until": time(8)})


@pytest.fixture
def clock():
    with time_machine.travel(EVENING, tick=False) as traveller:
        yield traveller


def queued_in(zone: str = "", **given) -> Notification:
    customer = CustomerFactory.create(time_zone=zone, phone_number="+447451277972")
    return notify(customer, message="Hello", channel="sms", **given)


def due(row: Notification) -> datetime:
    row.refresh_from_db()
    return row.next_attempt_at


def test_a_retry_waits_for_the_morning_of_each_customer(sandbox, clock):
    sandbox.faults(africastalking={"status": 503, "retry_after": 60})
    rows = [queued_in(), queued_in("Africa/Nairobi", critical=True), queued_in("Asia/Tokyo")]
    dispatch()
    london, critical, tokyo = map(due, rows)
    assert london == MORNING
    assert "quiet hours" in rows[0].last_error
    assert critical < NIGHT
    assert tokyo == datetime(2026, 6, 1, 23, tzinfo=UTC)
    clock.move_to(NIGHT)
    sandbox.faults(africastalking=None)
    dispatch()
    rows[1].refresh_from_db()
    assert (rows[1].state, due(rows[0])) == ("sent", MORNING)


def test_fail_over_after_an_answer_at_night_waits_too(sandbox, clock, settings):
    settings.SMS_PROVIDER = ["africastalking", "gateway"]
    row = queued_in()
    Notification.objects.update(next_attempt_at=NIGHT)  # by hand: staff sent it again
    clock.move_to(NIGHT)
    sandbox.faults(africastalking={"status": 429})
    dispatch()
    assert (due(row), row.provider) == (MORNING, "gateway")
    assert len(sandbox.ledger()["sms"]) == 1  # the one that was not taken


def test_what_moves_to_another_service_keeps_what_it_waits_for(clock, settings):
    settings.SMS_PROVIDER = ["africastalking", "gateway"]
    tried, critical = queued_in(), queued_in(critical=True)
    Notification.objects.update(attempts=1, next_attempt_at=NIGHT + timedelta(hours=12))
    clock.move_to(NIGHT)
    fresh = queued_in("Africa/Nairobi")
    circuit_breaker.record(
        "notifications:sms:africastalking", [Temporary("no")] * circuit_breaker.FAILURES
    )
    assert failover.leave("sms", "africastalking") == 3
    assert [due(tried), due(critical), due(fresh)] == [MORNING, NIGHT, MORNING_IN_NAIROBI]


def test_a_message_whose_worker_died_is_not_sent_again_at_night(clock):
    row = queued_in()
    Notification.objects.update(when_unknown="resend")
    claim(queue_to("sms", "africastalking"), limit=1)
    clock.move_to(NIGHT)
    assert reclaim_expired(queue_to("sms", "africastalking")) == 1
    assert (due(row), row.state) == (MORNING, "queued")


def test_what_was_due_in_the_evening_and_is_late_waits(clock, sandbox):
    late, critical = queued_in(), queued_in(critical=True)
    clock.move_to(NIGHT)
    dispatch()
    assert (due(late), late.state, late.last_error) == (MORNING, "queued", QUIET)
    due(critical)
    assert critical.state == "sent"


def test_what_staff_send_again_by_hand_goes_at_once(clock, sandbox):
    row = queued_in()
    Notification.objects.update(state="failed")
    clock.move_to(NIGHT)
    row.refresh_from_db()
    resend(row, by="user:maria", reason="She asked for it.")
    dispatch()
    row.refresh_from_db()
    assert row.state == "sent"


def test_however_many_are_put_off_two_statements_do_it(clock, django_assert_num_queries):
    clock.move_to(NIGHT)
    for count in (1, 5):
        rows = [queued_in() for _ in range(count)]
        with django_assert_num_queries(2):
            deferral.defer_retries(rows)
    Limits.objects.all().delete()
    with django_assert_num_queries(1):
        deferral.defer_retries(rows)
