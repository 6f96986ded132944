"""What a service says later of a message: kept once, applied to the right one, never backwards."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone

from core.cases.models import Case
from customers.tests.factories import CustomerFactory
from notifications.channels import Report
from notifications.delivery.answers import Answers
from notifications.delivery.incoming.reports import (
    apply_overtaking,
    apply_parked_reports,
    take_report,
)
from notifications.models import DeliveryReport, Notification, OptOut
from notifications.services import notify
from notifications.tests.factories import apply_all_reports

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+254704590344", "+447451277972"


def sent(reference: str = "r-1", number: str = NUMBER, provider: str = "gateway") -> Notification:
    """A message that a service has taken under this reference."""
    row = notify(CustomerFactory.create(phone_number=number), message="Hello", channel="sms")
    taken = {"state": "sent", "sent_at": timezone.now(), "provider": provider}
    Notification.objects.filter(pk=row.pk).update(provider_reference=reference, **taken)
    row.refresh_from_db()
    return row


def reported(
    state: str, status: str = "", *, reference: str = "r-1", number: str = NUMBER, **more: bool
) -> None:
    said = Report(reference, number, status or state or "on its way", state, "their reason", **more)
    take_report("sms", "gateway", said)
    apply_all_reports()


def answered(rows: list[Notification]) -> None:
    """The answers that name these messages are recorded."""
    apply_overtaking(Answers("notifications:sms:gateway", timezone.now(), [], rows))


def state_of(row: Notification) -> str:
    row.refresh_from_db()
    return row.state


def test_a_report_is_applied_by_a_worker_which_is_given_its_key(
    django_capture_on_commit_callbacks, monkeypatch
):
    queue: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda *given, **_: queue.append(given))
    row = sent()
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            take_report("sms", "gateway", Report("r-1", NUMBER, "ok", "delivered"))
    assert queue == [("notifications.tasks.apply_reports", (DeliveryReport.objects.get().pk,))]
    assert state_of(row) == "sent"
    apply_all_reports()
    assert state_of(row) == "delivered"


def test_a_delivery_is_the_end_of_it_with_its_time():
    row = sent()
    reported("delivered")
    assert state_of(row) == "delivered"
    assert row.delivered_at is not None
    assert row.last_error == ""
    assert row.delivery_reports.get().status == "delivered"
    assert row.events.latest("id").actor == "gateway"


def test_a_failure_is_a_case_with_the_words_of_the_service():
    row = sent()
    reported("failed", "AbsentSubscriber")
    assert state_of(row) == "failed"
    assert row.last_error == "AbsentSubscriber their reason"
    assert row.delivered_at is None
    assert Case.objects.get(closed_at=None).subject_id == row.pk


@pytest.mark.parametrize("first", ["delivered", "failed"])
@pytest.mark.parametrize("later", ["delivered", "failed", ""])
def test_a_final_state_stays_what_it_is(first, later):
    row = sent()
    reported(first, "one")
    events = row.events.count()
    reported(later, "two")
    assert state_of(row) == first
    assert row.events.count() == events
    assert row.delivery_reports.count() == 2, "but it is kept"


def test_the_same_report_is_kept_once_and_moves_nothing_again():
    row = sent()
    for _ in range(3):
        reported("delivered")
    assert DeliveryReport.objects.count() == 1
    assert row.events.filter(to_state="delivered").count() == 1


@pytest.mark.parametrize(
    "other", [{"reference": "r-2"}, {"number": OTHER}, {"reference": ""}], ids=str
)
def test_a_report_of_something_else_moves_no_message(other):
    row = sent()
    reported("failed", **other)
    assert state_of(row) == "sent"
    assert DeliveryReport.objects.get().notification is None


def test_a_report_of_another_service_moves_no_message_of_the_same_reference():
    row = sent(provider="africastalking")
    reported("failed")
    assert state_of(row) == "sent"


def test_of_two_messages_under_one_reference_each_has_its_own_report():
    one, two = sent(), sent(number=OTHER)
    reported("failed", number=OTHER)
    reported("delivered")
    assert (state_of(one), state_of(two)) == ("delivered", "failed")


def test_a_report_that_overtook_the_answer_is_applied_when_that_comes():
    reported("delivered")
    row = sent()
    answered([row])
    assert state_of(row) == "delivered"
    assert DeliveryReport.objects.get().notification == row


def test_a_message_without_a_reference_is_given_no_report():
    reported("failed", reference="")
    row = sent(reference="")
    answered([row])
    assert apply_parked_reports() == 0
    assert state_of(row) == "sent"


def test_parked_reports_of_many_are_applied_in_one_go_each_to_its_own(
    django_assert_max_num_queries,
):
    rows = [sent(f"r-{n}") for n in range(3)]
    for n in (0, 2):
        DeliveryReport.objects.create(
            provider="gateway", reference=f"r-{n}", recipient=NUMBER, status="x", state="delivered"
        )
    answered(rows)
    assert [state_of(row) for row in rows] == ["delivered", "sent", "delivered"]


def test_what_was_recorded_at_the_same_instant_is_found_by_the_sweeper_for_three_days():
    for n, days in enumerate((0, 2, 4)):
        DeliveryReport.objects.create(
            provider="gateway",
            reference=f"r-{n}",
            recipient=NUMBER,
            status="x",
            state="delivered",
            received_at=timezone.now() - timedelta(days=days),
        )
    rows = [sent(f"r-{n}") for n in range(3)]
    assert apply_parked_reports() == 2
    assert [state_of(row) for row in rows] == ["delivered", "delivered", "sent"]
    assert apply_parked_reports() == 0


def test_a_pass_takes_no_more_than_its_share():
    for n in range(3):
        reported("delivered", reference=f"r-{n}")
    rows = [sent(f"r-{n}") for n in range(3)]
    assert [apply_parked_reports(limit=2), apply_parked_reports(limit=2)] == [2, 1]
    assert {state_of(row) for row in rows} == {"delivered"}


def test_who_blocks_us_gets_nothing_more():
    row = sent()
    reported("failed", "Blocked", opted_out=True)
    assert state_of(row) == "failed"
    assert OptOut.objects.get().recipient == NUMBER
    later = notify(row.customer, message="Hello", channel="sms")
    assert later.state == "suppressed"


def test_an_address_that_is_gone_is_no_wish_but_gets_nothing_more_either():
    sent()
    reported("failed", "NoSuchNumber", invalid_recipient=True)
    [row] = OptOut.objects.all()
    assert "the address is gone: NoSuchNumber their reason" in row.reason


def test_a_block_is_kept_though_we_know_no_such_message():
    reported("failed", reference="nobody's", opted_out=True)
    assert OptOut.objects.get().recipient == NUMBER
