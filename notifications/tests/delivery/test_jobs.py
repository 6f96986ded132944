"""A message as the services carry it, and the job that hands it over."""

import pytest
from django.core import mail

from core.http import Call, Done
from core.models import Circuit
from customers.tests.factories import CustomerFactory
from notifications.channels.webpush.tests.test_devices import device
from notifications.delivery.jobs import message_of
from notifications.delivery.queues import queue_to
from notifications.models import Notification
from notifications.services import notify
from notifications.tests.factories import queued

pytestmark = pytest.mark.django_db


def test_an_sms_is_its_text_and_nothing_else():
    row = notify(CustomerFactory.create(), message="Hello <b>", channel="sms")
    carried = message_of(row)
    assert (carried.recipient, carried.text) == ("+254704590344", "Hello <b>")
    assert (carried.subject, carried.html, carried.unsubscribe, carried.detail) == (
        "",
        "",
        "",
        None,
    )


def test_an_e_mail_has_a_page_and_the_address_of_the_one_click():
    customer = CustomerFactory.create()
    row = notify(customer, message="Hello <b>", channel="email", subject="Hi")
    carried = message_of(row)
    assert (carried.text, carried.subject) == ("Hello <b>", "Hi")
    assert "<p>Hello &lt;b&gt;</p>" in carried.html
    assert "/stop/" in carried.unsubscribe
    assert carried.unsubscribe in carried.html


def test_markup_of_its_own_goes_as_it_was_kept():
    row = notify(CustomerFactory.create(), message="Hello", channel="email", subject="Hi")
    Notification.objects.update(html="<h1>Hello</h1>")
    row.refresh_from_db()
    assert "<h1>Hello</h1>" in message_of(row).html
    assert "<p>Hello</p>" not in message_of(row).html


def test_a_push_message_goes_along_with_what_is_known_of_the_device_now():
    customer = CustomerFactory.create()
    known = device(customer)
    row = notify(customer, message="Hello", channel="push", subject="Hi")
    assert message_of(row).detail == known
    known.delete()
    assert message_of(row).detail is None


def test_what_is_printed_of_it_holds_no_word_and_no_address():
    row = notify(CustomerFactory.create(), message="Secret words", channel="email", subject="Hi")
    assert "Secret" not in repr(message_of(row))
    assert row.recipient not in repr(message_of(row))


def test_to_prepare_a_message_sends_nothing_whoever_carries_it(settings, capsys):
    settings.EMAIL_PROVIDER = ["smtp", "console"]
    row = queued("email")
    jobs = [queue_to("email", name).prepare(row) for name in ("smtp", "console")]
    assert (mail.outbox, capsys.readouterr().out) == ([], "")
    assert not Circuit.objects.exists()
    assert [job.outcome() for job in jobs if isinstance(job, Call)] == [Done(), Done()]
    assert len(mail.outbox) == 1
