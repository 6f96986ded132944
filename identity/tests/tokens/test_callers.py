"""Tokens of people: keyed on (iss, sub), capped by what the person may do in the admin."""

import pytest

from identity.models import LinkedAccount, ServiceClient, User
from identity.tests.factories import ServiceClientFactory, actor_named, staff
from identity.tests.tokens.test_bearer import refused

pytestmark = pytest.mark.urls("identity.tests.probe")


@pytest.fixture
def sara(issuer) -> User:
    """Support, known at the issuer as `sub-1`; staff have let her app in."""
    ServiceClientFactory.create(issuer=issuer.url, client_id="some-app")
    person = staff("support", username="sara")
    LinkedAccount.objects.create(user=person, issuer=issuer.url, subject="sub-1")
    return person


def token_of_sara(issuer, **claims):
    """A token she got by signing in through an app."""
    usual = {"sub": "sub-1", "client_id": "some-app", "scope": "orders:read clinical:read"}
    return issuer.sign(**usual | claims)


def test_a_person_may_what_role_and_token_both_allow(issuer, ask, sara):
    answer = ask(token_of_sara(issuer))
    assert answer.json() == {"actor": actor_named("sara"), "scopes": ["orders:read"]}


def test_a_person_who_lost_the_role_may_nothing_more(issuer, ask, sara):
    sara.groups.clear()
    assert refused(ask(token_of_sara(issuer)), 403, "insufficient_scope")


def test_the_same_subject_at_another_issuer_is_somebody_else(issuer, ask, sara):
    LinkedAccount.objects.update(issuer="https://other.example")
    assert refused(ask(token_of_sara(issuer)))


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": False}])
def test_who_left_the_staff_is_refused(issuer, ask, sara, fields):
    User.objects.update(**fields)
    assert refused(ask(token_of_sara(issuer)))


def test_the_email_in_the_token_opens_nothing(issuer, ask, sara):
    token = token_of_sara(issuer, sub="sub-2", email=sara.email, email_verified=True)
    assert refused(ask(token))
    assert LinkedAccount.objects.count() == 1


def test_a_person_through_a_service_client_stays_a_person(issuer, ask, sara):
    answer = ask(token_of_sara(issuer, client_id="test"))
    assert answer.json()["actor"] == actor_named("sara")


def test_a_stranger_through_a_service_client_is_not_the_client(issuer, ask, sara):
    assert ServiceClient.objects.filter(client_id="test").exists()
    assert refused(ask(token_of_sara(issuer, client_id="test", sub="stranger")))


def test_a_client_named_like_a_person_is_not_the_person(issuer, ask, sara):
    assert refused(ask(token_of_sara(issuer, client_id="sub-1")))


def test_a_person_may_no_more_than_the_program_that_she_came_through(issuer, ask, sara):
    ServiceClientFactory.create(
        issuer=issuer.url, client_id="reader", allowed_scopes=["customers:read", "orders:read"]
    )
    token = token_of_sara(
        issuer, client_id="reader", scope="orders:read orders:write customers:write"
    )
    assert ask(token).json() == {"actor": actor_named("sara"), "scopes": ["orders:read"]}


def test_a_program_that_was_shut_out_lets_nobody_in(issuer, ask, sara):
    token = token_of_sara(issuer)
    assert ask(token).status_code == 200
    ServiceClient.objects.filter(client_id="some-app").update(is_active=False)
    assert refused(ask(token))


@pytest.mark.parametrize("client_id", ["stranger", None])
def test_people_come_through_an_unknown_program_only_where_the_settings_say_so(
    issuer, ask, sara, settings, client_id
):
    token = token_of_sara(issuer, client_id=client_id)
    assert refused(ask(token))
    settings.OIDC_UNKNOWN_PROGRAMS = True
    assert ask(token).json()["scopes"] == ["orders:read"]


def test_a_program_of_that_name_at_another_issuer_is_another(issuer, ask, sara):
    ServiceClient.objects.filter(client_id="some-app").update(issuer="https://other.example")
    assert refused(ask(token_of_sara(issuer)))
