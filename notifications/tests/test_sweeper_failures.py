"""One message that cannot be written or brought up to date holds up no other."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.cases.models import Case
from core.failures import StepsFailedError
from core.http import Temporary
from core.outbox import circuit_breaker
from customers.models import Customer
from notifications.delivery import deferral, failover
from notifications.delivery.incoming.reports import apply_parked_reports
from notifications.delivery.queues import dispatch
from notifications.mailings import service as mailings
from notifications.models import (
    DeliveryReport,
    Limits,
    Mailing,
    MailingRecipient,
    Notification,
)
from notifications.sweeper import reconcile, reroute
from notifications.tests.factories import queued, sent
from notifications.tests.mailings.test_service import started
from orders.models import OrderEvent
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db


def test_an_event_that_cannot_be_told_keeps_no_other_from_being_told(
    poison: Any, time_machine: Any
) -> None:
    orders = [placed_order() for _ in range(3)]
    Notification.objects.all().delete()
    time_machine.move_to(timezone.now() + timedelta(minutes=5))
    source = f"order:{orders[0].pk}:placed"
    poison("notifications_notification", f"NEW.source = '{source}'")
    assert reconcile() == 2
    event = OrderEvent.objects.get(order=orders[0], kind="placed")
    assert Case.objects.get().title == f"write the message about order event {event.pk}"
    assert reconcile() == 0, "it rests"
    poison.cure()
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    assert reconcile() == 1


def test_a_report_that_cannot_be_applied_holds_up_no_other(sandbox: Any, poison: Any) -> None:
    rows = [sent() for _ in range(3)]
    for number, row in enumerate(rows):
        Notification.objects.filter(pk=row.pk).update(provider_reference=f"ref-{number}")
        DeliveryReport.objects.create(
            provider=row.provider,
            reference=f"ref-{number}",
            recipient=row.recipient,
            status="Success",
            state="delivered",
        )
    poison("notifications_notification", f"NEW.id = {rows[0].pk}")
    assert apply_parked_reports() == 2
    assert Notification.objects.filter(state="delivered").count() == 2


def test_somebody_who_cannot_be_written_to_holds_up_no_mailing(
    poison: Any, time_machine: Any
) -> None:
    mailing = started(5)
    somebody = Customer.objects.earliest("pk")
    poison("notifications_notification", f"NEW.customer_id = {somebody.pk}")
    assert mailings.write(mailing.pk) == 4
    assert Mailing.objects.get().state == "running"
    assert MailingRecipient.objects.get().customer == somebody
    assert mailings.write(mailing.pk) == 0, "it rests"
    poison.cure()
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    assert mailings.write(mailing.pk) == 1
    assert Mailing.objects.get().state == "done"


def test_a_message_that_cannot_be_re_routed_holds_up_no_other(sandbox: Any, poison: Any) -> None:
    rows = [queued() for _ in range(3)]
    Notification.objects.update(provider="switched-off")
    poison("notifications_notification", f"NEW.id = {rows[0].pk}")
    assert reroute() == 2
    assert list(Notification.objects.filter(provider="switched-off")) == [rows[0]]
    assert reroute() == 0, "it rests"


def test_a_message_that_cannot_move_on_holds_up_no_other(
    sandbox: Any, poison: Any, settings: Any
) -> None:
    settings.SMS_PROVIDER = ["africastalking", "gateway"]
    rows = [queued() for _ in range(3)]
    name = failover.circuit_name("sms", "africastalking")
    circuit_breaker.record(name, [Temporary("refused")] * circuit_breaker.FAILURES)
    poison("notifications_notification", f"NEW.id = {rows[0].pk}")
    assert failover.leave("sms", "africastalking") == 2
    assert list(Notification.objects.filter(provider="africastalking")) == [rows[0]]


def test_a_message_that_cannot_be_held_at_night_holds_up_no_other(
    sandbox: Any, poison: Any, time_machine: Any
) -> None:
    time_machine.move_to(datetime(2026, 6, 1, 19, 59, tzinfo=UTC))
    Limits.objects.update_or_create(pk=1, defaults={"quiet_from": time(21), "quiet_until": time(8)})
    rows = [queued() for _ in range(3)]
    time_machine.move_to(datetime(2026, 6, 1, 22, tzinfo=UTC))
    poison("notifications_notification", f"NEW.id = {rows[0].pk}")
    assert deferral.defer_overdue("sms", "africastalking") == 2
    assert deferral.defer_overdue("sms", "africastalking") == 0, "it rests"


def test_a_queue_that_raises_keeps_a_worker_from_no_other(sandbox: Any, poison: Any) -> None:
    queued("email", email="jane@example.com")
    row = queued()
    poison("notifications_notification", "NEW.channel = 'email'")
    with pytest.raises(StepsFailedError):
        dispatch()
    row.refresh_from_db()
    assert row.state == "sent"
