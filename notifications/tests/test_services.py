"""Requirement A3: `notify(customer, message="…", channel="sms")`."""

import sys
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

import notifications.channels as registry
from customers import contact_channels
from customers.tests.factories import CustomerFactory
from notifications.composition.builder import fill
from notifications.content.sensitive_terms import check_sensitive_terms
from notifications.delivery import queues
from notifications.mailings import service as mailings
from notifications.models import Mailing, Notification, OptOut, Template
from notifications.policy.staff_decisions import TemplateText
from notifications.services import notify

pytestmark = pytest.mark.django_db

PAGER = '''
"""Pager messages, as a newcomer would write them."""

from django.core.exceptions import ValidationError

from core.http import Done, Limits, Request, Unknown, error_outcome
from notifications.channels import Channel

CHANNEL = Channel(
    name="pager",
    label="pager message",
    recipient=lambda customer: customer.code,
    missing="device",
    preference="PAGER_PROVIDER",
)


class Pager:
    name = "gate"
    channel = "pager"
    limits = Limits()

    def request(self, message):
        body = {"recipient": message.recipient, "message": message.text}
        headers = {"Authorization": "Bearer test-email-token"}
        return Request.json("POST", "%s/gateways/email", body, headers)

    def read(self, response):
        return error_outcome(response, server_error=Unknown) or Done("pager-1")


TRANSPORTS = [Pager()]
'''


def forget_channels() -> None:
    for cached in (registry._modules, registry.channels, registry.transports):
        cached.cache_clear()


@pytest.fixture
def pager(tmp_path: Path, sandbox, monkeypatch):
    """One new file where channels live; nothing else changes."""
    (tmp_path / "pager.py").write_text(PAGER % sandbox.url)
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    forget_channels()
    yield
    sys.modules.pop("notifications.channels.pager", None)
    monkeypatch.undo()
    forget_channels()


def test_A3_other_code_notifies_in_one_line(sandbox):
    row = notify(CustomerFactory.create(), message="Your results are in.", channel="sms")
    queues.dispatch()
    row.refresh_from_db()
    assert row.state == "sent"
    assert sandbox.ledger()["sms"][0]["message"] == "Your results are in."


def test_A3_a_new_channel_is_one_new_file(pager, sandbox):
    customer = CustomerFactory.create(code="jane@device")
    row = notify(customer, message="Your results are in.", channel="pager")
    assert queues.dispatch() == 1
    row.refresh_from_db()
    assert (row.state, row.provider_reference) == ("sent", "pager-1")
    assert sandbox.ledger()["email"][0]["recipient"] == "jane@device"


def test_A3_the_admin_and_the_api_offer_the_new_channel(pager, api):
    assert Notification._meta.get_field("channel").choices == registry.channel_choices()
    assert ("pager", "pager message") in registry.channel_choices()


def test_without_a_channel_it_goes_by_the_first_that_reaches_the_customer():
    assert notify(CustomerFactory.create(), message="Hello").channel == "email"
    assert notify(CustomerFactory.create(email=""), message="Hello").channel == "sms"


def test_without_a_channel_one_that_was_opted_out_of_is_passed_over():
    customer = CustomerFactory.create()
    OptOut.objects.create(channel="email", recipient=customer.email)
    row = notify(customer, message="Hello")
    assert (row.channel, row.state) == ("sms", "queued")


def test_who_has_opted_out_is_not_told_and_that_is_on_record():
    customer = CustomerFactory.create()
    OptOut.objects.create(channel="sms", recipient="+254704590344")
    row = notify(customer, message="Hello", channel="sms")
    assert (row.state, row.provider) == ("suppressed", "africastalking")
    assert row.events.get().detail == "The customer has opted out of this channel."


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("", "Write a message."),
        (" \n\t", "Write a message."),
        ("x" * 2001, "at most 2000 characters, this one has 2001"),
        ("a\x00b", "no control characters"),
        ("a\x1b[31mb", "no control characters"),
        ("a\rb", "no control characters"),
        ("a\ud800b", "no control characters"),
        ("a\u202eb", "no control characters"),
        ("a\u2029b", "no control characters"),
    ],
)
def test_what_is_no_message_is_refused_by_name(message, text):
    with pytest.raises(ValidationError) as refused:
        notify(CustomerFactory.create(), message=message, channel="sms")
    assert text in refused.value.message_dict["message"][0]
    assert Notification.objects.count() == 0


def test_a_message_of_several_lines_and_of_full_length_is_fine():
    assert notify(CustomerFactory.create(), message="a\r\nb\n\tc").message == "a\nb\n\tc"
    assert len(notify(CustomerFactory.create(), message="ü" * 2000).message) == 2000


def test_an_unknown_channel_is_refused_with_the_known_ones():
    with pytest.raises(ValidationError) as refused:
        notify(CustomerFactory.create(), message="Hello", channel="fax")
    assert refused.value.message_dict == {
        "channel": [f"There is no such channel. Use one of: {', '.join(registry.channels())}."]
    }


def test_a_customer_whom_the_channel_does_not_reach_is_refused():
    with pytest.raises(ValidationError) as refused:
        notify(CustomerFactory.create(phone_number=""), message="Hello", channel="sms")
    assert refused.value.message_dict == {"channel": ["The customer has no phone number."]}


def test_a_customer_whom_nothing_reaches_is_refused():
    customer = CustomerFactory.create(phone_number="", email="")
    with pytest.raises(ValidationError) as refused:
        notify(customer, message="Hello")
    assert "customer" in refused.value.message_dict
    assert Notification.objects.count() == 0


def test_the_same_words_may_be_said_twice():
    customer = CustomerFactory.create()
    assert notify(customer, message="Hello").pk != notify(customer, message="Hello").pk


def test_orders_can_ask_whether_a_channel_reaches_a_customer():
    contact_channels.check(CustomerFactory.create(), "sms")
    with pytest.raises(ValidationError):
        contact_channels.check(CustomerFactory.create(phone_number=""), "sms")


def test_an_sms_goes_to_the_countries_of_the_setting_only(settings):
    settings.SMS_COUNTRIES = ["GB"]
    with pytest.raises(ValidationError, match="No SMS goes to this number's country, only to GB"):
        notify(CustomerFactory.create(), message="Hello", channel="sms")
    with pytest.raises(ValidationError, match="country"):
        contact_channels.check(CustomerFactory.create(), "sms")
    assert notify(CustomerFactory.create(), message="Hello").channel == "email"
    british = CustomerFactory.create(phone_number="+447451277972")
    assert notify(british, message="Hello", channel="sms").state == "queued"


def test_an_sms_that_reveals_something_of_health_is_refused_and_an_e_mail_is_not():
    customer = CustomerFactory.create()
    with pytest.raises(ValidationError, match="SMS: do not say “DNA”"):
        notify(customer, message="Your DNA results are in.", channel="sms")
    assert Notification.objects.count() == 0
    notify(customer, message="Your DNA results are in.", channel="email")


def test_who_chose_no_channel_is_written_to_by_the_one_that_reached_them_last():
    customer = CustomerFactory.create()
    Notification.objects.create(customer=customer, channel="sms", message="Hi", state="delivered")
    Notification.objects.create(customer=customer, channel="email", message="Hi", state="failed")
    assert notify(customer, message="Hello").channel == "sms"
    customer.channel = "email"
    assert notify(customer, message="Hello").channel == "email"


def test_an_e_mail_always_has_a_subject():
    customer = CustomerFactory.create()
    assert notify(customer, message="Hello", channel="email").subject == "A message for you"
    assert notify(customer, message="Hello", channel="sms").subject == ""
    assert notify(customer, message="Hi", channel="email", subject="News").subject == "News"


@pytest.mark.parametrize("words", [("Your DNA results", "News"), ("News", "Your DNA results")])
def test_a_push_message_reveals_nothing_of_health_in_its_text_or_its_title(words):
    with pytest.raises(ValidationError, match="Push message: do not say “DNA”"):
        check_sensitive_terms("push", *words)
    check_sensitive_terms("email", *words)
    check_sensitive_terms("sms", "News", "Your DNA results")  # an SMS has no subject


def test_the_words_of_a_template_and_a_mailing_by_push_are_looked_at_as_those_of_an_sms():
    known = {"occasion": "order-placed", "channel": "push", "language": "en"}
    for words in ({"body": "About {item}"}, {"body": "Hi", "subject": "DNA"}, {"body": "DNA"}):
        with pytest.raises(ValidationError):
            Template(**known, **words).clean()
    with pytest.raises(ValidationError, match="DNA"):
        mailings.check(Mailing(channel="push", subject="DNA", message="Hello"))
    Template(**{**known, "channel": "email"}, body="About {item}: DNA").clean()


def test_what_was_ordered_stays_empty_where_anybody_may_read_it():
    row = Notification(channel="push")
    fill(row, TemplateText("{item}", "News of {item}."), {"item": "Genome kit"})
    assert (row.subject, row.message) == ("", "News of .")
