"""The token of a link that stops messages: whose it is, for which address, and for how long."""

import pytest

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from notifications.models import Notification
from notifications.policy.unsubscribe_tokens import (
    is_valid_token,
    parse_token,
    token_for,
    unsubscribe_url,
)
from notifications.services import notify

pytestmark = pytest.mark.django_db


@pytest.fixture
def jane() -> Customer:
    return CustomerFactory.create(email="Jane@example.com")


def asked(token: str) -> tuple[int, str, str] | None:
    request = parse_token(token)
    return (request.customer.pk, request.channel, request.recipient) if request else None


def test_a_token_asks_for_just_what_it_was_made_for(jane):
    assert asked(token_for(jane.pk, "email", jane.email)) == (jane.pk, "email", jane.email)
    assert asked(token_for(jane.pk, "sms", "+254704590344")) == (jane.pk, "sms", "+254704590344")


def test_it_is_the_same_at_every_time_and_in_any_letters(jane):
    one, other = (token_for(jane.pk, "email", each) for each in (jane.email, "JANE@EXAMPLE.COM"))
    assert one == other


def test_it_shows_no_address_and_no_name(jane):
    token = token_for(jane.pk, "email", jane.email)
    for mark in ("jane", "example", "Customer"):
        assert mark.lower() not in token.lower()


def test_another_customer_channel_or_address_is_another_token(jane):
    tokens = {
        token_for(jane.pk, "email", jane.email),
        token_for(jane.pk + 1, "email", jane.email),
        token_for(jane.pk, "sms", jane.email),
        token_for(jane.pk, "email", "other@example.com"),
    }
    assert len(tokens) == 4


@pytest.mark.parametrize(
    "forged",
    [
        lambda token, pk: token.replace(f"{pk}.", f"{pk + 1}.", 1),
        lambda token, pk: token.replace("email", "sms", 1),
        lambda token, pk: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token, pk: token.rpartition("~")[0],
        lambda token, pk: f"{token}~{token}",
        lambda token, pk: "",
        lambda token, pk: "~",
        lambda token, pk: "x" * 10_000,
        lambda token, pk: token + "\x00",
    ],
)
def test_a_token_that_somebody_changed_asks_for_nothing(jane, forged):
    token = forged(token_for(jane.pk, "email", jane.email), jane.pk)
    assert not is_valid_token(token)
    assert parse_token(token) is None


def test_a_token_of_another_use_of_the_same_key_is_none(jane):
    from django.core.signing import Signer

    digest = token_for(jane.pk, "email", jane.email).split("~")[0]
    assert parse_token(Signer(salt="another", sep="~").sign(digest)) is None


def test_an_address_that_was_changed_is_still_stopped_if_we_ever_wrote_to_it(jane):
    token = token_for(jane.pk, "email", jane.email)
    notify(jane, message="Hello", channel="email")
    Customer.objects.update(email="new@example.com")
    assert asked(token) == (jane.pk, "email", "Jane@example.com")


def test_an_address_that_we_never_wrote_to_and_no_longer_know_is_not(jane):
    token = token_for(jane.pk, "email", jane.email)
    Customer.objects.update(email="new@example.com")
    assert is_valid_token(token)
    assert parse_token(token) is None


def test_what_was_written_to_others_gives_nobody_an_address(jane):
    other = CustomerFactory.create(email="other@example.com")
    notify(other, message="Hello", channel="email")
    assert parse_token(token_for(jane.pk, "email", "other@example.com")) is None


def test_a_customer_who_is_no_more_is_nobody(jane):
    token = token_for(jane.pk, "email", jane.email)
    jane.delete()
    assert parse_token(token) is None


def test_a_channel_that_is_no_more_asks_for_nothing(jane):
    assert parse_token(token_for(jane.pk, "pigeon", jane.email)) is None


def test_it_outlives_a_change_of_keys_as_long_as_the_old_one_is_kept(jane, settings):
    token = token_for(jane.pk, "email", jane.email)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a new key, which is long enough for a key"
    assert parse_token(token) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert asked(token) == (jane.pk, "email", jane.email)


def test_the_link_of_a_message_stops_the_address_that_it_went_to(jane, settings):
    settings.PUBLIC_URL = "https://dosette.example"
    row = notify(jane, message="Hello", channel="email")
    Notification.objects.update(recipient="old@example.com")
    row.refresh_from_db()
    link = unsubscribe_url(row)
    assert link.startswith("https://dosette.example/stop/")
    token = link.removeprefix("https://dosette.example/stop/").rstrip("/")
    assert asked(token) == (jane.pk, "email", "old@example.com")
