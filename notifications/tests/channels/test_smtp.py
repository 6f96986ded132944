"""E-mail by SMTP, against a mail server on loopback."""

from email import message_from_string

import pytest

from core.http import Done, Permanent, Temporary, Unknown
from core.models import Circuit
from customers.tests.factories import AddressFactory, CustomerFactory
from notifications.channels import Message
from notifications.channels.smtp import Smtp
from notifications.delivery.queues import dispatch
from notifications.models import Notification, OptOut
from notifications.services import notify
from notifications.tests.channels.mail_server import running_mail_server
from notifications.tests.factories import queued, sent
from orders.tests.factories import placed_kit_order

MESSAGE = Message("jane@example.com", "Hello", "News")


@pytest.fixture
def server(settings):
    with running_mail_server() as server:
        settings.EMAIL_PROVIDER = ["smtp"]
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 2
        yield server


@pytest.mark.django_db
def test_a_mail_arrives_with_its_subject(server):
    jane = CustomerFactory.create(name="Jane", email="jane@example.com")
    placed_kit_order(customer=AddressFactory.create(customer=jane).customer)
    dispatch()
    mail = message_from_string(server.mails[0])
    assert mail["To"] == "jane@example.com"
    assert mail["Subject"].startswith("Your order co-")
    text, page = (str(part.get_payload()) for part in mail.walk() if not part.is_multipart())
    assert text.strip() == "Hi Jane, your order has been successfully placed."
    assert "<p>Hi Jane, your order has been successfully placed.</p>" in page
    assert Notification.objects.get().state == "sent"


@pytest.mark.parametrize(
    ("verb", "answer", "outcome"),
    [
        ("CONNECT", "554 no service", Temporary),
        ("CONNECT", None, Temporary),
        ("MAIL", "550 who are you", Temporary),
        ("RCPT", "550 no such user", Permanent),
        ("RCPT", "450 busy", Temporary),
        ("DATA", "451 later", Temporary),
        ("DATA", "554 refused", Permanent),
        ("END", "452 full", Temporary),
        ("END", "552 too large", Permanent),
        ("END", None, Unknown),
    ],
)
def test_each_answer_means_one_thing(server, verb, answer, outcome):
    server.answers[verb] = answer
    assert isinstance(Smtp().deliver(MESSAGE), outcome)


def test_hanging_up_after_the_mail_is_taken_changes_nothing(server):
    server.answers["QUIT"] = None
    assert Smtp().deliver(MESSAGE) == Done()


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["5.1.1", "5.1.2", "5.1.3", "5.1.10"])
def test_a_mailbox_that_does_not_exist_is_gone_and_gets_nothing_more(server, code):
    server.answers["RCPT"] = f"550 {code} no such mailbox"
    row = sent("email")
    assert (row.state, row.last_error) == ("failed", "there is no such mailbox: 550")
    assert OptOut.objects.get().recipient == row.recipient.lower()


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["550 5.7.1 blocked", "450 5.1.1 odd", "550 no such user"])
def test_other_refusals_say_nothing_of_the_mailbox(server, answer):
    server.answers["RCPT"] = answer
    sent("email")
    assert OptOut.objects.count() == 0


def test_a_reason_names_nobody(server):
    server.answers["RCPT"] = "550 jane@example.com is unknown"
    outcome = Smtp().deliver(MESSAGE)
    assert isinstance(outcome, Permanent)
    assert "jane" not in outcome.reason


@pytest.mark.parametrize(
    "message",
    [
        Message("jane@example.com\nBcc: all@example.com", "Hello", "News"),
        Message("jane@example.com", "Hello", "News\r\nBcc: all@example.com"),
    ],
)
def test_headers_cannot_be_injected(server, message):
    assert isinstance(Smtp().deliver(message), Permanent)
    assert server.mails == []


@pytest.mark.django_db
def test_line_breaks_in_a_name_or_subject_become_blanks(server):
    customer = CustomerFactory.create(name="Jane\r\nBcc: all@example.com")
    notify(customer, message="Hello", channel="email", subject="News\r\nBcc: all@example.com")
    placed_kit_order(customer=customer)
    dispatch()
    assert len(server.mails) == 2
    for text in server.mails:
        assert message_from_string(text)["Bcc"] is None


@pytest.mark.django_db
def test_a_mail_server_that_is_down_opens_the_circuit(server, settings):
    settings.EMAIL_PORT = 9
    rows = [queued("email") for _ in range(9)]
    dispatch()
    circuit = Circuit.objects.get(name="notifications:email:smtp")
    assert circuit.open_until is not None
    tried = Notification.objects.filter(attempts__gt=0).count()
    assert 5 <= tried < len(rows)


@pytest.mark.django_db
def test_a_mail_whose_fate_is_unknown_is_left_to_staff(server):
    server.answers["END"] = None
    row = sent("email")
    assert row.state == "unknown"
    assert dispatch() == 0
