"""Push messages: devices, encryption, and what a push service answers (RFC 8030, 8291, 8292)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.http import Done, Permanent, Request, Response, Temporary, Unknown
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from notifications.channels import INVALID_RECIPIENT, Message
from notifications.channels.webpush.devices import check_endpoint, latest_device, register
from notifications.channels.webpush.transport import WebPush
from notifications.delivery.queues import dispatch
from notifications.models import Notification, PushSubscription
from notifications.services import notify
from sandbox.testing import Sandbox

pytestmark = pytest.mark.django_db


def device(sandbox: Sandbox, customer: Customer) -> PushSubscription:
    """A new device of this customer, at the sandbox's push service."""
    said = sandbox.call("POST", "/push/subscriptions", b"")
    return register(customer, said["endpoint"], **said["keys"])


def remove(sandbox: Sandbox, row: PushSubscription) -> None:
    """The customer takes the permission back, in the browser."""
    sandbox.call("DELETE", row.endpoint.removeprefix(sandbox.url))


def pushed(customer: Customer, text: str = "Grüße & news") -> Notification:
    row = notify(customer, message=text, channel="push", subject="Your order")
    dispatch("push", "webpush")
    row.refresh_from_db()
    return row


def test_A3_a_push_message_arrives_decrypted(sandbox):
    customer = CustomerFactory.create()
    name = device(sandbox, customer).name
    row = pushed(customer)
    assert (row.state, row.provider, row.recipient) == ("sent", "webpush", name)
    [entry] = sandbox.ledger()["push"]
    assert (entry["title"], entry["message"]) == ("Your order", "Grüße & news")
    assert row.provider_reference.startswith("/push/m/")


def test_it_goes_to_the_device_that_was_confirmed_last(sandbox, time_machine):
    customer = CustomerFactory.create()
    first = device(sandbox, customer)
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    device(sandbox, customer)
    assert latest_device(customer) != first.name
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    register(customer, first.endpoint, first.p256dh, first.auth)
    assert latest_device(Customer.objects.get()) == first.name
    assert PushSubscription.objects.count() == 2


def test_a_device_that_is_gone_is_removed_and_the_next_one_gets_the_message(sandbox):
    customer = CustomerFactory.create()
    kept, gone = device(sandbox, customer), device(sandbox, customer)
    remove(sandbox, gone)
    row = pushed(customer)
    assert (row.state, row.recipient) == ("sent", kept.name)
    assert [entry["status"] for entry in sandbox.ledger()["push"]] == [410, 201]
    assert list(PushSubscription.objects.all()) == [kept]
    assert (
        row.events.get(kind="sent elsewhere").detail == f"{gone.name} is gone: goes to {kept.name}."
    )


def test_without_another_device_it_fails_and_the_customer_is_not_reached_this_way(sandbox):
    customer = CustomerFactory.create()
    remove(sandbox, device(sandbox, customer))
    assert pushed(customer).state == "failed"
    assert PushSubscription.objects.count() == 0
    with pytest.raises(ValidationError, match="no device"):
        notify(customer, message="Hello", channel="push")


def test_a_device_that_was_removed_while_the_message_waited_counts_as_gone(sandbox):
    customer = CustomerFactory.create()
    row_to = device(sandbox, customer)
    row = notify(customer, message="Hello", channel="push")
    row_to.delete()
    dispatch("push", "webpush")
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("failed", "the device is gone")
    assert sandbox.ledger()["push"] == []


def test_the_sandbox_reads_nothing_that_was_sealed_for_another_device(sandbox):
    customer = CustomerFactory.create()
    one, other = device(sandbox, customer), device(sandbox, customer)
    PushSubscription.objects.filter(pk=other.pk).update(auth=one.auth)
    assert pushed(customer).state == "failed"


def test_a_wrong_key_of_ours_loses_no_message(sandbox, settings):
    customer = CustomerFactory.create()
    device(sandbox, customer)
    settings.VAPID_SUBJECT = "not an address"
    row = pushed(customer)
    assert (row.state, row.doubtful) == ("queued", False)


def test_a_text_too_long_is_refused_not_cut(sandbox):
    customer = CustomerFactory.create()
    device(sandbox, customer)
    row = pushed(customer, "ü" * 2000)
    assert row.state == "failed"
    assert row.last_error == "longer than a push message may be"
    assert sandbox.ledger()["push"] == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Done), (201, Done), (202, Done), (400, Permanent), (401, Temporary),
        (403, Temporary), (404, Permanent), (410, Permanent), (413, Permanent),
        (429, Temporary), (500, Unknown), (502, Unknown), (301, Temporary), (302, Temporary),
    ],
)  # fmt: skip
def test_what_a_push_service_answers(status, kind):
    outcome = WebPush().read(Response(status, {"retry-after": "60"}))
    assert isinstance(outcome, kind)
    gone = isinstance(outcome, Permanent) and outcome.code == INVALID_RECIPIENT
    assert gone == (status in (404, 410))


HOSTILE = [
    "http://push.example.com/x",
    "https://user:password@push.example.com/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://169.254.169.254/latest",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://localhost/x",
    "https://metadata/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://push.example.com/x y",
    "https://push.example.com/\r\nX: 1",
    "https://push.example.com/x#y",
    "https://push.example.com:99999/x",
    "https://",
    "https://[/x",
    "//push.example.com/x",
    "",
]


@pytest.mark.parametrize("endpoint", HOSTILE)
def test_a_hostile_endpoint_is_refused(endpoint):
    with pytest.raises(ValidationError):
        check_endpoint(endpoint)


def test_an_endpoint_is_called_on_public_addresses_only_unless_it_is_ours(sandbox, settings):
    row = device(sandbox, CustomerFactory.create())
    message = Message(row.name, "Hello", detail=row)
    ours = WebPush().request(message)
    settings.PUSH_TRUSTED_ORIGINS = []
    theirs = WebPush().request(message)
    assert isinstance(ours, Request)
    assert isinstance(theirs, Request)
    assert (ours.public_only, theirs.public_only) == (False, True)


def test_a_name_that_leads_to_this_machine_is_refused_when_it_is_called(sandbox, settings):
    customer = CustomerFactory.create()
    row = device(sandbox, customer)
    PushSubscription.objects.filter(pk=row.pk).update(endpoint="https://localhost/push")
    settings.PUSH_TRUSTED_ORIGINS = []
    row_sent = pushed(customer)
    assert (row_sent.state, row_sent.last_error) == ("failed", "not sent: not a public address")
    assert sandbox.ledger()["push"] == []


def test_only_the_ten_devices_confirmed_last_are_kept(sandbox):
    customer = CustomerFactory.create()
    names = [device(sandbox, customer).name for _ in range(12)]
    assert set(PushSubscription.objects.values_list("name", flat=True)) == set(names[2:])


def test_an_expired_device_is_not_used(sandbox):
    customer = CustomerFactory.create()
    device(sandbox, customer)
    PushSubscription.objects.update(expires_at=timezone.now())
    assert latest_device(customer) == ""
