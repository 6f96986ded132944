"""A message service is tried, and nobody gets a message."""

import pytest

from notifications.models import Notification
from notifications.staff_actions.connections import try_service
from sandbox.testing import Sandbox

pytestmark = pytest.mark.django_db


def test_a_service_with_an_account_is_asked_what_is_left_on_it(sandbox: Sandbox):
    trial = try_service("sms", "africastalking")
    assert trial.is_good is True
    assert trial.text.startswith("It answers, and knows our account: ")
    assert "KES" in trial.text
    assert not any(sandbox.ledger().values())
    assert not Notification.objects.exists()


def test_a_wrong_key_is_noticed_and_not_repeated(sandbox: Sandbox, settings):
    settings.AFRICAS_TALKING_API_KEY = "s3cret-value"
    trial = try_service("sms", "africastalking")
    assert trial.is_good is False
    assert "s3cret-value" not in trial.text


def test_a_mail_server_is_greeted_and_one_that_is_away_says_so(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    trial = try_service("email", "smtp")
    assert (trial.is_good, trial.text) == (False, "It does not work: ConnectionRefusedError")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert try_service("email", "smtp").text == "It answers, and lets us in."


@pytest.mark.parametrize("key", [("sms", "gateway"), ("email", "gateway"), ("push", "webpush")])
def test_where_the_contract_has_a_message_alone_none_is_sent(sandbox: Sandbox, key):
    trial = try_service(*key)
    assert trial.is_good is None
    assert trial.text.startswith("Nothing was asked: its contract has no request")
    assert not any(sandbox.ledger().values())


def test_a_service_that_there_is_none_of_is_none():
    with pytest.raises(KeyError):
        try_service("sms", "pigeon")
