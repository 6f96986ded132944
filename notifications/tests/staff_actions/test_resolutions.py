"""What staff do about messages that went wrong: once, on record, and to nobody else."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.cases.models import Case
from core.models import Circuit
from core.workflow import TransitionNotAllowedError
from customers.models import Customer
from notifications import cases
from notifications.models import Notification, OptOut
from notifications.staff_actions.resolutions import close, send_by_other_channel, try_service_now
from notifications.tests.factories import queued

pytestmark = pytest.mark.django_db
BY, WHY = "user:1 ann", "They telephoned"


def failed(state: str = "failed", **columns: object) -> Notification:
    """A message that went wrong, with its case."""
    row = queued()
    Notification.objects.filter(pk=row.pk).update(state=state, **columns)
    row.refresh_from_db()
    cases.keep_in_step([row], by="gateway", how="refused")
    return row


def open_cases() -> int:
    return Case.objects.filter(closed_at=None).count()


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_what_is_left_as_it_is_stays_so_with_the_reason_on_record(state):
    row = failed(state)
    assert open_cases() == 1
    close(row, by=BY, reason=f"  {WHY} ")
    row.refresh_from_db()
    assert (row.state, row.closed_at is not None, open_cases()) == (state, True, 0)
    step = row.events.latest("id")
    assert (step.kind, step.actor, step.detail) == ("closed", BY, WHY)
    assert Case.objects.get().closed_by == BY


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_without_a_reason_it_is_not_closed(reason):
    row = failed()
    with pytest.raises(ValidationError):
        close(row, by=BY, reason=reason)
    assert open_cases() == 1


def test_what_somebody_else_closed_meanwhile_is_not_closed_again():
    row = failed()
    stale = Notification.objects.get(pk=row.pk)
    close(row, by=BY, reason=WHY)
    with pytest.raises(TransitionNotAllowedError):
        close(stale, by="user:2 bob", reason=WHY)
    assert row.events.filter(kind="closed").count() == 1


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "delivered", "suppressed"])
def test_what_did_not_go_wrong_is_neither_closed_nor_sent_otherwise(state):
    row = queued()
    Notification.objects.update(state=state)
    row.refresh_from_db()
    with pytest.raises(TransitionNotAllowedError):
        close(row, by=BY, reason=WHY)
    with pytest.raises(TransitionNotAllowedError):
        send_by_other_channel(row, "email", by=BY, reason=WHY)
    assert Notification.objects.count() == 1


def test_the_same_is_said_by_another_channel_in_a_message_of_its_own():
    row = failed()
    new = send_by_other_channel(row, "email", by=BY, reason=WHY)
    assert (new.channel, new.state, new.message) == ("email", "queued", row.message)
    assert new.recipient == row.customer.email
    row.refresh_from_db()
    assert (row.state, row.closed_at is not None, open_cases()) == ("failed", True, 0)
    assert row.events.latest("id").detail == f"(sent by email as {new.pk}) {WHY}"


def test_it_goes_to_the_customers_address_of_today():
    row = failed()
    Customer.objects.update(email="new@example.com")
    row.refresh_from_db()
    assert send_by_other_channel(row, "email", by=BY, reason=WHY).recipient == "new@example.com"


@pytest.mark.parametrize(("channel", "change"), [("sms", {}), ("email", {"email": ""}), ("x", {})])
def test_a_channel_that_is_the_same_or_reaches_nobody_is_refused_and_the_case_stays(
    channel, change
):
    row = failed()
    Customer.objects.filter(pk=row.customer_id).update(**change)
    row.refresh_from_db()
    with pytest.raises(ValidationError) as caught:
        send_by_other_channel(row, channel, by=BY, reason=WHY)
    assert set(caught.value.message_dict) == {"channel"}
    assert (open_cases(), Notification.objects.count()) == (1, 1)


def test_who_has_opted_out_of_the_other_channel_is_not_written_to():
    row = failed()
    OptOut.objects.create(channel="email", recipient=row.customer.email)
    with pytest.raises(ValidationError):
        send_by_other_channel(row, "email", by=BY, reason=WHY)
    assert open_cases() == 1
    row.refresh_from_db()
    assert row.closed_at is None


@pytest.mark.parametrize("reason", ["", "ok"])
def test_another_channel_needs_a_reason_that_somebody_understands(reason):
    row = failed()
    with pytest.raises(ValidationError):
        send_by_other_channel(row, "email", by=BY, reason=reason)
    assert Notification.objects.count() == 1


def test_what_may_have_come_needs_to_be_said_twice_and_the_obstacle_is_on_record():
    row = failed("unknown")
    with pytest.raises(TransitionNotAllowedError):
        send_by_other_channel(row, "email", by=BY, reason=WHY)
    assert (Notification.objects.count(), open_cases()) == (1, 1)
    send_by_other_channel(row, "email", by=BY, reason=WHY, despite_risk=True)
    assert "despite" in row.events.latest("id").detail


def test_a_service_is_tried_now_and_its_case_closes():
    circuit = Circuit.objects.create(
        name="notifications:sms:gateway", open_until=timezone.now(), halted="No credit."
    )
    try_service_now(circuit, by=BY)
    circuit.refresh_from_db()
    assert circuit.halted == ""
