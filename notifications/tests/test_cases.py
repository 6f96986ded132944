"""What of messages waits for staff, and what they do about it."""

from decimal import Decimal
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from core import cases
from core.cases.models import Case
from core.models import Circuit
from core.sweeper import reconcile
from core.values.money import Price
from core.workflow import TransitionNotAllowedError
from notifications.channels import Report
from notifications.checks import check_balances
from notifications.delivery import balances
from notifications.delivery.incoming.reports import take_report
from notifications.delivery.queues import dispatch
from notifications.models import Balance, Notification
from notifications.services import resend
from notifications.staff_actions.resolutions import close, send_by_other_channel
from notifications.tests.factories import apply_all_reports, queued, sent

pytestmark = pytest.mark.django_db
REJECTED, BROKE = "+254704599403", "+254704599405"


def open_kinds() -> list[str]:
    return list(Case.objects.filter(closed_at=None).values_list("kind", flat=True))


def act(name: str, **given: object) -> None:
    """Staff do this about the only open case."""
    case = Case.objects.get(closed_at=None)
    action = cases.kind(case.kind).action(name)
    assert action
    cases.act(case, action, by="user:jane", reason="as she asked", **given)  # type: ignore[arg-type]  # the fields differ by action


@pytest.fixture
def unknown(sandbox, hurried) -> Notification:
    """A message of which nobody knows whether it was sent."""
    sandbox.faults(africastalking={"mode": "close_after_accept", "times": 1})
    return sent()


def test_an_unknown_message_is_a_case_without_personal_data(unknown):
    case = Case.objects.get()
    assert (case.kind, case.subject_id, case.source) == (
        "message-unknown",
        unknown.pk,
        "africastalking",
    )
    told = f"{case.title} {case.happened} {case.said}"
    assert not {unknown.recipient, unknown.customer.name, unknown.message} & set(told.split())


def test_a_refused_one_and_one_that_did_not_arrive_are_cases_of_their_own(sandbox):
    sent(phone_number=REJECTED)
    row = sent()
    said = Report(row.provider_reference, row.recipient, "Expired", "failed")
    take_report("sms", "africastalking", said)
    apply_all_reports()
    assert open_kinds() == ["message-failed", "message-undelivered"]


def test_what_arrives_is_no_case(sandbox):
    sent()
    assert Case.objects.count() == 0


def test_sending_an_unknown_one_again_has_to_be_said_twice(unknown):
    with pytest.raises(cases.UnsafeActionError, match="twice"):
        act("resend")
    act("resend", despite_risk=True)
    assert open_kinds() == []
    dispatch()
    unknown.refresh_from_db()
    assert unknown.state == "sent"


def test_a_second_try_that_is_refused_says_nothing_of_the_first(unknown, sandbox):
    """It is tried like a new one, but whoever sends it a third time is asked again."""
    act("resend", despite_risk=True)
    sandbox.faults(africastalking={"status": 400, "times": 1})
    dispatch()
    unknown.refresh_from_db()
    assert (unknown.state, open_kinds()) == ("failed", ["message-failed"])
    assert "may have arrived" in Case.objects.get(closed_at=None).happened
    for verb in ("resend", "other-channel"):
        with pytest.raises(cases.UnsafeActionError, match="twice"):
            act(verb, fields={"channel": "email"} if verb == "other-channel" else {})


@pytest.mark.parametrize("given", [{}, {"despite_risk": True, "reason": "  "}])
def test_the_verbs_refuse_by_themselves_what_may_come_twice(unknown, given):
    given = {"reason": "as she asked"} | given
    for verb in (resend, partial(send_by_other_channel, channel="email")):
        with pytest.raises((cases.UnsafeActionError, ValidationError)):
            verb(unknown, by="jane", **given)
    unknown.refresh_from_db()
    assert (unknown.state, Notification.objects.count()) == ("unknown", 1)


def test_an_unknown_one_is_closed_with_its_reason_and_does_not_come_back(unknown):
    act("close", despite_risk=True)
    unknown.refresh_from_db()
    assert (unknown.state, open_kinds()) == ("unknown", [])
    told = unknown.events.get(kind="closed")
    assert (told.actor, told.detail) == ("user:jane", "as she asked")
    reconcile()
    assert open_kinds() == []


def test_it_goes_by_another_channel_as_a_message_of_its_own(sandbox):
    row = sent(phone_number=REJECTED)
    act("other-channel", fields={"channel": "email"})
    dispatch()
    row.refresh_from_db()
    other = Notification.objects.exclude(pk=row.pk).get()
    assert (row.state, other.state, other.channel) == ("failed", "sent", "email")
    assert other.message == row.message
    assert open_kinds() == []


def test_the_same_channel_is_no_other(sandbox):
    row = sent(phone_number=REJECTED)
    with pytest.raises(ValidationError):
        send_by_other_channel(row, "sms", by="jane", reason="because")
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_closed_without_a_reason(unknown, reason):
    with pytest.raises(ValidationError):
        close(unknown, by="jane", reason=reason)
    assert open_kinds() == ["message-unknown"]


def test_what_is_fine_or_closed_cannot_be_closed(unknown):
    close(unknown, by="jane", reason="seen")
    for row in (unknown, queued()):
        with pytest.raises(TransitionNotAllowedError):
            close(row, by="jane", reason="again")


def test_one_that_is_sent_again_after_it_was_closed_may_fail_anew(sandbox):
    row = sent(phone_number=REJECTED)
    close(row, by="jane", reason="seen")
    resend(row, by="jane", reason="another try")
    dispatch()
    assert open_kinds() == ["message-failed"]


def test_the_reconciler_opens_what_was_forgotten_and_closes_what_is_fine(unknown):
    Case.objects.all().delete()
    reconcile()
    assert open_kinds() == ["message-unknown"]
    Notification.objects.update(state="delivered")
    reconcile()
    assert open_kinds() == []


def test_an_account_without_credit_is_a_case_until_something_is_taken(sandbox):
    row = sent(phone_number=BROKE)
    assert open_kinds() == ["service-halted"]
    assert Case.objects.get().said == "405 InsufficientBalance"
    Notification.objects.filter(pk=row.pk).update(
        recipient="+254704590344", next_attempt_at=timezone.now()
    )
    act("try-now")
    dispatch()
    row.refresh_from_db()
    assert (row.state, open_kinds()) == ("sent", [])
    assert Circuit.objects.get().halted == ""


def test_after_try_now_without_a_top_up_it_is_a_case_again(sandbox):
    sent(phone_number=BROKE)
    act("try-now")
    Notification.objects.update(next_attempt_at=timezone.now())
    dispatch()
    assert open_kinds() == ["service-halted"]


# --- balances -------------------------------------------------------------------------------


def test_a_balance_is_looked_up_once_an_hour(sandbox, time_machine):
    time_machine.move_to("2026-07-01 12:00:00Z", tick=False)
    assert [balances.ask(), balances.ask()] == [1, 0]
    row = Balance.objects.get()
    assert (row.provider, row.amount, row.currency) == (
        "africastalking",
        Decimal("1785.5"),
        "KES",
    )
    time_machine.move_to("2026-07-01 13:00:00Z", tick=False)
    assert balances.ask() == 1


def test_below_the_threshold_it_is_a_case_until_it_is_topped_up(sandbox, settings, time_machine):
    settings.BALANCE_ALERTS = {"africastalking": "2000"}
    balances.ask()
    assert open_kinds() == ["balance-low"]
    assert "KES 1785.5" in Case.objects.get().happened
    balances.take("africastalking", Price(Decimal(5000), "KES"))
    assert open_kinds() == []


@pytest.mark.parametrize("fault", [{"status": 500}, {"mode": "garbled"}, {"mode": "wrong_type"}])
def test_a_balance_that_cannot_be_looked_up_says_why_and_alarms_nobody(sandbox, settings, fault):
    settings.BALANCE_ALERTS = {"africastalking": "2000"}
    sandbox.faults(africastalking=fault)
    assert balances.ask() == 0
    row = Balance.objects.get()
    assert (row.amount, open_kinds()) == (None, [])
    assert row.problem


@pytest.mark.parametrize("text", ["", "much", "-1", "NaN", "Infinity"])
def test_a_threshold_that_is_no_number_is_named_at_the_start(settings, text):
    settings.BALANCE_ALERTS = {"africastalking": text}
    assert [each.id for each in check_balances(None)] == ["notifications.E005"]
