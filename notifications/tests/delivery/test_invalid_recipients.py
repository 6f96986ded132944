"""An address that a service calls gone gets nothing more; another device gets the message."""

import pytest

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from notifications.channels import Report
from notifications.channels.webpush.devices import PushSubscription
from notifications.channels.webpush.tests.test_devices import device
from notifications.delivery.incoming.reports import take_report
from notifications.models import Consent, Notification, OptOut
from notifications.services import notify

pytestmark = pytest.mark.django_db


def gone(channel: str, recipient: str, provider: str) -> None:
    """A service reports it of a message that it had taken."""
    said = Report(
        "r-1", recipient, "HardBounce", "failed", "no such mailbox", invalid_recipient=True
    )
    take_report(channel, provider, said)


def taken(customer: Customer, channel: str, provider: str) -> Notification:
    row = notify(customer, message="Hello", channel=channel)
    Notification.objects.filter(pk=row.pk).update(
        state="sent", provider=provider, provider_reference="r-1"
    )
    return row


def test_a_mailbox_that_is_gone_is_on_record_as_no_wish_of_theirs():
    customer = CustomerFactory.create()
    taken(customer, "email", "anymail")
    gone("email", customer.email, "anymail")
    [row] = OptOut.objects.all()
    assert row.reason == "the address is gone: HardBounce no such mailbox"
    step = Consent.objects.get()
    assert (step.customer, step.actor, step.how) == (customer, "anymail", "callback")
    assert notify(customer, message="Hello", channel="email").state == "suppressed"


def test_the_customer_is_still_reached_by_another_channel():
    customer = CustomerFactory.create()
    gone("email", customer.email, "anymail")
    row = notify(customer, message="Hello")
    assert (row.channel, row.state) == ("sms", "queued")


def test_a_new_address_is_written_to():
    customer = CustomerFactory.create()
    gone("email", customer.email, "anymail")
    Customer.objects.update(email="new@example.com")
    customer.refresh_from_db()
    assert notify(customer, message="Hello", channel="email").state == "queued"


def test_a_device_that_is_gone_is_forgotten_and_no_opt_out():
    customer = CustomerFactory.create()
    old, new = device(customer, "old"), device(customer, "new")
    gone("push", old.name, "webpush")
    assert list(PushSubscription.objects.all()) == [new]
    assert not OptOut.objects.exists()
    gone("push", old.name, "webpush")
    assert PushSubscription.objects.count() == 1
