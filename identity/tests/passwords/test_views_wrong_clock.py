"""A web process whose own clock is days off lets in whom the others let in, and nobody else."""

import time
from base64 import b32decode

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django_otp.oath import totp

from identity.passwords import second_factor
from identity.sweeper import sweep
from identity.tests.factories import staff
from identity.tests.passwords.test_views import PASSWORD, guess, is_in, log_in

PAGE = "/admin/password_change/"


@pytest.fixture
def mona(db):
    person = staff("manager", username="mona")
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.mark.urls("identity.tests.probe")
def test_a_good_token_stays_good_and_an_expired_one_expired(issuer, ask, wrong_clock):
    good = issuer.sign(scope="orders:read", exp=int(time.time()) + 600)
    expired = issuer.sign(scope="orders:read", exp=int(time.time()) - 120)
    with wrong_clock():
        assert ask(good).status_code == 200
        assert ask(good).status_code == 200, "as remembered"
        assert ask(expired).status_code == 401


@pytest.mark.urls("identity.tests.probe")
@pytest.mark.parametrize("never", [float("nan"), float("inf")])
def test_a_token_that_would_never_expire_is_refused(issuer, ask, never):
    assert ask(issuer.sign(scope="orders:read", exp=never)).status_code == 401


def test_a_session_of_another_process_goes_on(mona, wrong_clock):
    client = Client()
    client.force_login(mona)
    with wrong_clock():
        assert client.get(PAGE).status_code == 200


def test_a_session_begun_here_ends_when_it_should(mona, wrong_clock):
    client = Client()
    with wrong_clock():
        client.force_login(mona)
    ends = Session.objects.get(pk=client.session.session_key).expire_date.timestamp()
    assert abs(ends - time.time() - 12 * 3600) < 60


def test_no_session_is_thrown_away_early(mona, wrong_clock):
    Client().force_login(mona)
    with wrong_clock():
        assert sweep()["ended sessions deleted"] == 0


def test_who_is_locked_out_stays_so(mona, wrong_clock):
    guess(5)
    with wrong_clock():
        assert guess(1).status_code == 429
        assert log_in().status_code == 429
        assert sweep()["failed sign-ins forgotten"] == 0
    assert log_in().status_code == 429


def test_who_is_locked_out_here_is_locked_out_everywhere(mona, wrong_clock):
    with wrong_clock():
        guess(5)
    assert log_in().status_code == 429
    assert not is_in(log_in())


def test_a_code_of_now_is_right(mona, wrong_clock):
    secret = second_factor.begin(mona).secret
    code = f"{totp(b32decode(secret)):06}"
    with wrong_clock():
        assert second_factor.confirm(mona, code)
