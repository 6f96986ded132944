"""What follows from the answers to a chunk, and that all of it is recorded or nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.cases.models import Case
from core.http import Done, Permanent, Temporary
from core.models import Circuit
from core.outbox import Disposition
from notifications.channels import INVALID_RECIPIENT, OPTED_OUT, ServiceUnavailable
from notifications.delivery import results
from notifications.delivery.results import record_results
from notifications.models import DailyCost, Notification, OptOut
from notifications.tests.factories import queued

pytestmark = pytest.mark.django_db
QUEUE = "notifications:sms:africastalking"


def sending(**customer) -> Notification:
    """A message that a worker has claimed."""
    row = queued(**customer)
    Notification.objects.filter(pk=row.pk).update(state="sending", fence=1)
    row.refresh_from_db()
    return row


def recorded(row: Notification, outcome, state: str, **more) -> Notification:
    """The message once this answer to it is recorded."""
    record_results(QUEUE, "sms", [(row, Disposition(state, outcome, **more))])
    row.refresh_from_db()
    return row


def test_what_was_taken_has_its_history_and_its_price():
    row = recorded(sending(), Done("m-1", {"cost": "KES 0.8000"}), "sent")
    assert (row.state, row.provider_reference, row.cost) == ("sent", "m-1", "KES 0.8000")
    assert row.events.latest("id").to_state == "sent"
    assert (DailyCost.objects.get().messages, DailyCost.objects.get().currency) == (1, "KES")


@pytest.mark.parametrize("code", [OPTED_OUT, INVALID_RECIPIENT])
def test_a_refusal_that_says_something_of_the_recipient_stops_what_waits_for_them(code):
    row, waits = sending(), queued()
    recorded(row, Permanent("refused", code=code), "failed")
    waits.refresh_from_db()
    assert (OptOut.objects.get().recipient, waits.state) == (row.recipient, "suppressed")
    assert Case.objects.get().kind == "message-failed"


def test_any_other_refusal_is_a_case_and_nothing_more():
    recorded(sending(), Permanent("refused", code="400"), "failed")
    assert Case.objects.get().kind == "message-failed"
    assert not OptOut.objects.exists()


def test_a_service_through_which_nothing_goes_is_left_alone_and_a_case_until_it_takes_something():
    due = timezone.now() + timedelta(minutes=1)
    recorded(sending(), ServiceUnavailable("no credit"), "queued", due=due)
    assert (Circuit.objects.get().halted, Case.objects.get().kind) == (
        "no credit",
        "service-halted",
    )
    Circuit.objects.update(halted="")
    recorded(sending(), Done(), "sent")
    assert Case.objects.get().closed_at is not None


def test_a_row_that_is_not_ours_any_more_has_no_consequences():
    row = sending()
    Notification.objects.update(fence=2)
    row = recorded(row, Permanent("refused", code=OPTED_OUT), "failed")
    assert (row.state, row.events.filter(kind="failed").count()) == ("sending", 0)
    assert not OptOut.objects.exists()
    assert not Case.objects.exists()


def test_a_chunk_is_recorded_with_all_that_follows_or_not_at_all(monkeypatch):
    def broken(answers):
        raise RuntimeError

    monkeypatch.setattr(results, "HANDLERS", (*results.HANDLERS, broken))
    row = sending()
    with pytest.raises(RuntimeError):
        recorded(row, Permanent("refused", code=OPTED_OUT), "failed")
    row.refresh_from_db()
    assert (row.state, row.events.filter(kind="failed").count()) == ("sending", 0)
    assert not OptOut.objects.exists()


@pytest.mark.parametrize("many", [1, 20])
def test_an_answer_more_is_no_statement_more(many, django_assert_num_queries):
    rows = [sending() for _ in range(many)]
    answers = [(row, Disposition("sent", Done(f"m-{row.pk}"))) for row in rows]
    with django_assert_num_queries(7):
        record_results(QUEUE, "sms", answers)


def test_what_another_service_may_take_is_given_to_it_at_once(settings):
    settings.SMS_PROVIDER = ["africastalking", "gateway"]
    due = timezone.now() + timedelta(hours=1)
    row = recorded(sending(), Temporary("busy"), "queued", due=due)
    assert (row.provider, row.next_attempt_at < due) == ("gateway", True)
    assert row.last_error == "busy Goes by gateway instead."
    row = recorded(sending(), Temporary("busy", not_taken=False), "queued", due=due)
    assert row.provider == "africastalking"
