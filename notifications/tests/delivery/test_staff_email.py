"""E-mails to staff leave by the services of EMAIL_PROVIDER, in their order."""

from django.core import mail

from core.http import Done, Temporary
from identity import notices
from notifications.delivery.staff_email import send_email

LETTER = ("sara@dosette.example", "Dosette: news", "Hello Sara")


def test_identity_knows_who_carries_its_letters():
    assert notices._carriers == [send_email]


def test_smtp_carries_it(settings):
    settings.EMAIL_PROVIDER = ["smtp"]
    assert isinstance(send_email(*LETTER), Done)
    [sent] = mail.outbox
    assert (sent.to, sent.subject, sent.body) == (["sara@dosette.example"], *LETTER[1:])


def test_a_gateway_carries_it_and_the_next_one_where_that_refuses(sandbox, settings):
    assert isinstance(send_email(*LETTER), Done)
    settings.EMAIL_GATEWAY_URL = "http://127.0.0.1:9/email"
    assert isinstance(send_email(*LETTER), Temporary)
    settings.EMAIL_PROVIDER = ["gateway", "anymail"]
    assert isinstance(send_email(*LETTER), Done)
    [first, second] = sandbox.ledger()["email"]
    assert first["body"] == {"recipient": LETTER[0], "message": LETTER[2]}
    assert second["body"]["Subject"] == LETTER[1]


def test_without_a_service_it_waits(settings):
    settings.EMAIL_PROVIDER = []
    assert isinstance(send_email(*LETTER), Temporary)
