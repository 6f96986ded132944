"""Notifications for tests. They are made by the service, so they are as in life."""

from typing import Any

from customers.tests.factories import CustomerFactory
from notifications.delivery.queues import dispatch
from notifications.models import DeliveryReport, Notification
from notifications.services import notify
from notifications.tasks import apply_reports


def queued(channel: str = "sms", **customer: Any) -> Notification:
    """A message that waits, to a customer of these particulars."""
    return notify(CustomerFactory.create(**customer), message="Hello", channel=channel)


def sent(channel: str = "sms", **customer: Any) -> Notification:
    """A message after one try to send it."""
    row = queued(channel, **customer)
    dispatch()
    row.refresh_from_db()
    return row


def apply_all_reports() -> None:
    """What a worker does about the reports that were kept."""
    apply_reports(*DeliveryReport.objects.filter(notification=None).values_list("pk", flat=True))
