"""What happens to a message of which nobody knows whether it was sent: its template says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.delivery.queues import dispatch
from notifications.models import Notification, Template
from notifications.tests.factories import queued
from orders.tests.factories import placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("delivered", "hurried")]
TAKEN_WITHOUT_ANSWER = {"mode": "timeout_after_accept"}


def placed(when_unknown: str) -> Notification:
    """The message of an order that was placed, by a template that says this."""
    Template.objects.update(when_unknown=when_unknown)
    placed_order()
    return Notification.objects.get()


def try_again_now(row: Notification) -> None:
    row.refresh_from_db()
    Notification.objects.filter(state="queued").update(next_attempt_at=timezone.now())
    dispatch()
    row.refresh_from_db()


def test_staff_decide_unless_the_template_says_otherwise(sandbox):
    sandbox.faults(africastalking=TAKEN_WITHOUT_ANSWER | {"times": 1})
    row = placed("staff")
    dispatch()
    try_again_now(row)
    assert (row.state, row.doubtful) == ("unknown", True)
    assert len(sandbox.ledger()["sms"]) == 1


def test_what_may_come_twice_is_sent_again_to_the_same_service(sandbox, settings):
    settings.SMS_PROVIDER = ["africastalking", "gateway"]
    sandbox.faults(africastalking=TAKEN_WITHOUT_ANSWER | {"times": 1})
    row = placed("resend")
    dispatch()
    row.refresh_from_db()
    assert (row.state, row.doubtful) == ("queued", True)
    assert row.next_attempt_at > timezone.now() - timedelta(seconds=1)
    try_again_now(row)
    assert (row.state, row.attempts) == ("sent", 2)
    assert [entry["provider"] for entry in sandbox.ledger()["sms"]] == ["africastalking"] * 2


def test_the_resend_of_what_may_have_been_taken_goes_to_no_other_service(sandbox, settings):
    settings.SMS_PROVIDER = ["africastalking", "gateway"]
    sandbox.faults(africastalking=TAKEN_WITHOUT_ANSWER | {"times": 1})
    row = placed("resend")
    dispatch()
    settings.AFRICAS_TALKING_BASE_URL = "http://127.0.0.1:1"
    try_again_now(row)
    assert (row.state, row.provider, row.attempts) == ("queued", "africastalking", 2)
    assert len(sandbox.ledger()["sms"]) == 1


def test_but_not_for_ever(sandbox):
    sandbox.faults(africastalking=TAKEN_WITHOUT_ANSWER)
    row = placed("resend")
    dispatch()
    for _ in range(4):
        try_again_now(row)
    assert (row.state, row.attempts) == ("unknown", 3)
    assert len(sandbox.ledger()["sms"]) == 3


def test_a_refusal_of_the_second_try_says_nothing_of_the_first(sandbox, settings):
    sandbox.faults(africastalking=TAKEN_WITHOUT_ANSWER | {"times": 1})
    row = placed("resend")
    dispatch()
    settings.AFRICAS_TALKING_SENDER_ID = "STRANGER"
    try_again_now(row)
    assert row.state == "unknown"


def test_the_words_at_the_time_of_writing_count(sandbox):
    row = placed("resend")
    Template.objects.update(when_unknown="staff")
    row.refresh_from_db()
    assert row.when_unknown == "resend"


def test_queues_in_which_nothing_waits_are_not_worked(settings, django_assert_num_queries):
    settings.SMS_PROVIDER = ["africastalking", "gateway"]
    with django_assert_num_queries(1):
        assert dispatch() == 0


def test_every_queue_in_which_something_waits_is_worked_in_use_or_not(sandbox, settings):
    rows = [queued("sms"), queued("email")]
    settings.SMS_PROVIDER, settings.EMAIL_PROVIDER = ["gateway"], []
    assert dispatch() == 2
    for row in rows:
        row.refresh_from_db()
        assert row.state == "sent"
