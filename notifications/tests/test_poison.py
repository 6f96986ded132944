"""One message that cannot be written or brought up to date holds up no other."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.cases.models import Case
from customers.models import Customer
from notifications import mailings
from notifications.models import DeliveryReport, Mailing, MailingRecipient, Notification
from notifications.reports import apply_overtaken
from notifications.sweeping import reconcile
from notifications.tests.factories import sent
from notifications.tests.test_mailings import started
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
    assert apply_overtaken() == 2
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
