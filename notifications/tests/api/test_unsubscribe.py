"""The link that stops e-mails: RFC 8058."""

from email import message_from_string

import pytest
from django.test import Client

from core.web import rate_limits
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from notifications.delivery.queues import dispatch
from notifications.models import Consent, Notification, OptOut
from notifications.policy.unsubscribe_tokens import token_for
from notifications.services import notify
from notifications.tests.channels.mail_server import running_mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counted_from_nothing(settings):
    settings.REDIS_URL = ""
    rate_limits.forget()
    yield
    rate_limits.forget()


@pytest.fixture
def jane() -> Customer:
    return CustomerFactory.create(email="Jane@example.com")


def address(customer: Customer, recipient: str = "") -> str:
    return f"/stop/{token_for(customer.pk, 'email', recipient or customer.email)}/"


def test_looking_changes_nothing(client, jane):
    answer = client.get(address(jane))
    assert answer.status_code == 200
    assert "Stop these messages?" in answer.content.decode()
    assert not OptOut.objects.exists()


def test_one_click_by_the_mail_program_stops_them_and_is_on_record(jane):
    strict = Client(enforce_csrf_checks=True)
    waiting = notify(jane, message="Hello", channel="email")
    answer = strict.post(address(jane), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert OptOut.objects.get().recipient == "jane@example.com"
    waiting.refresh_from_db()
    assert waiting.state == "suppressed"
    step = Consent.objects.get()
    assert (step.customer, step.how, step.kind) == (jane, "link", "opted-out")
    strict.post(address(jane))
    assert Consent.objects.count() == 1


def test_an_old_e_mail_stops_the_address_it_went_to(client, jane):
    notify(jane, message="Hello", channel="email")
    Customer.objects.update(email="new@example.com")
    client.post(address(jane, "jane@example.com"))
    assert OptOut.objects.get().recipient == "jane@example.com"


def test_a_token_of_an_address_we_never_wrote_to_does_nothing_and_says_nothing(client, jane):
    answer = client.post(address(jane, "other@example.com"))
    assert (answer.status_code, OptOut.objects.count()) == (200, 0)
    mine = address(jane)
    jane.delete()
    assert client.post(mine).content == answer.content


@pytest.mark.parametrize("token", ["x", "1.email.abc", "1.email.abc~def", "%00", "é~~~"])
def test_a_token_that_is_not_ours_is_refused(client, jane, token):
    assert client.post(f"/stop/{token}/").status_code == 404
    assert not OptOut.objects.exists()


def test_a_token_holds_no_personal_data(jane):
    token = token_for(jane.pk, "email", jane.email)
    assert "jane" not in token.lower()
    assert token == token_for(jane.pk, "email", jane.email.lower())


def test_a_link_made_with_an_earlier_key_still_stops_them(client, jane, settings):
    old_link, old_key = address(jane), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [old_key]
    assert client.post(old_link).status_code == 200
    assert OptOut.objects.get().recipient == "jane@example.com"


def test_they_are_stopped_while_the_cache_is_away(client, jane, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    assert client.post(address(jane)).status_code == 200
    assert OptOut.objects.exists()


def test_a_line_of_ipv6_has_many_addresses_and_one_count(client, jane):
    answers = {
        client.get(address(jane), REMOTE_ADDR=f"2001:db8::{last}").status_code for last in range(40)
    }
    assert answers == {200, 429}


def test_too_many_are_told_to_wait(client, jane):
    answers = {client.get(address(jane), REMOTE_ADDR="192.0.2.7").status_code for _ in range(40)}
    assert answers == {200, 429}


def test_an_e_mail_carries_the_headers_and_the_link(settings, jane):
    with running_mail_server() as server:
        settings.EMAIL_PROVIDER = ["smtp"]
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.PUBLIC_URL = "https://dosette.example"
        notify(jane, message="Hello <b>you</b>\nhttps://carrier.example/1.", channel="email")
        dispatch()
    assert Notification.objects.get().state == "sent"
    mail = message_from_string(server.mails[0])
    link = f"https://dosette.example{address(jane)}"
    assert "".join(mail["List-Unsubscribe"].split()) == f"<{link}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = next(part for part in mail.walk() if part.get_content_type() == "text/html")
    html = bytes(page.get_payload(decode=True)).decode()
    assert "Hello &lt;b&gt;you&lt;/b&gt;" in html
    assert '<a href="https://carrier.example/1">' in html
    assert link in html
