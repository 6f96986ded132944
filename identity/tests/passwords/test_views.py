"""Sign-in with a password: who guesses is locked out, and nobody else; it can be switched off."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from identity.sweeper import sweep
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
PASSWORD = "a long and good one"
HERE, THERE = "192.0.2.1", "192.0.2.99"


@pytest.fixture
def mona():
    person = staff("manager", username="mona")
    person.set_password(PASSWORD)
    person.save()
    return person


def log_in(name="mona", password=PASSWORD, address=HERE, **more):
    """The answer to the login form, sent from this address by a browser without cookies."""
    form = {"username": name, "password": password}
    return Client().post("/admin/login/", form, REMOTE_ADDR=address, **more)


def is_in(answer):
    return answer.status_code == 302 and "_auth_user_id" in answer.wsgi_request.session


def guess(times, **more):
    """The last answer to so many wrong passwords."""
    return [log_in(password="wrong", **more) for _ in range(times)][-1]


def test_the_right_password_lets_in(mona):
    assert is_in(log_in())


@pytest.mark.parametrize("asked_for", ["", "/admin/identity/user/"])
def test_the_way_in_leads_to_the_page_asked_for(mona, asked_for):
    answer = log_in(QUERY_STRING=f"next={asked_for}" if asked_for else "")
    assert answer.headers["Location"] == (asked_for or "/admin/")


def test_five_wrong_passwords_lock_even_the_right_one_out(mona):
    assert guess(4).status_code == 200
    assert guess(1).status_code == 429
    assert log_in().status_code == 429


def test_who_is_locked_out_reads_what_to_do(mona):
    answer = guess(5)
    text = answer.content.decode()
    assert "not tried again for 15 minutes" in text
    assert 'href="/oidc/authenticate/"' in text
    assert answer.headers["Retry-After"] == "900"


def test_who_guesses_locks_nobody_out_elsewhere(mona):
    guess(6, address=THERE)
    assert is_in(log_in())


def test_a_locked_name_locks_no_other_name_at_the_same_address(mona):
    guess(6, name="fred")
    assert is_in(log_in())


def test_another_browser_does_not_start_anew(mona):
    for number in range(5):
        log_in(password="wrong", HTTP_USER_AGENT=f"browser {number}")
    assert log_in(HTTP_USER_AGENT="another").status_code == 429


def test_behind_our_proxy_the_address_is_the_one_it_saw(mona, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(5):
        log_in(password="wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}, {THERE}")
    assert log_in(HTTP_X_FORWARDED_FOR=f"{HERE}, {THERE}").status_code == 429
    assert is_in(log_in(HTTP_X_FORWARDED_FOR=f"{THERE}, {HERE}"))


def test_without_a_proxy_nobody_names_an_address_of_their_own(mona):
    for number in range(5):
        log_in(password="wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert log_in(HTTP_X_FORWARDED_FOR="10.0.0.9").status_code == 429


def test_all_addresses_of_one_ipv6_customer_count_as_one(mona):
    for number in range(5):
        log_in(password="wrong", address=f"2001:db8:0:1::{number}")
    assert log_in(address="2001:db8:0:1:ffff::1").status_code == 429
    assert is_in(log_in(address="2001:db8:0:2::1"))


def test_a_quarter_of_an_hour_later_the_right_password_works_again(mona):
    guess(5)
    with time_machine.travel(timezone.now() + timedelta(minutes=14)):
        assert log_in().status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert is_in(log_in())


def test_the_right_password_sets_the_count_back(mona):
    guess(4)
    assert is_in(log_in())
    assert guess(4).status_code == 200


def test_what_was_typed_is_not_kept(mona):
    secret = "My-Secret-Passw0rd"
    log_in(name=secret, password=secret, QUERY_STRING=f"password={secret}&next={secret}")
    log_in(name=secret, password=secret, QUERY_STRING=f"password={secret}")
    [attempt] = AccessAttempt.objects.all()
    assert secret not in " ".join(map(str, vars(attempt).values()))
    assert (attempt.get_data, attempt.post_data, attempt.failures_since_start) == ("", "", 2)


ODD = {"NUL": "x\0y", "endless": "x" * 5000, "empty": "", "a ligature": "ﬁred", "a blank": "mona "}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_an_odd_name_is_no_crash(mona, name):
    assert log_in(name=name, password="wrong").status_code == 200


def test_names_that_nobody_has_are_locked_like_others(mona):
    assert guess(5, name="nobody").status_code == 429


def test_the_issuers_refusals_lock_nobody_out(client, issuer):
    for _ in range(8):
        begun = client.get("/oidc/authenticate/")
        state = begun.headers["Location"].partition("state=")[2].partition("&")[0]
        issuer.token_answer = (200, {"access_token": "a", "id_token": "garbled"})
        answer = client.get("/oidc/callback/", {"code": "c", "state": state})
        assert answer.headers["Location"] == "/admin/login/"
    assert not AccessAttempt.objects.exists()


def test_a_manager_unlocks_by_deleting_the_line(mona, client):
    guess(5, name="fred")
    client.force_login(mona)
    [attempt] = AccessAttempt.objects.all()
    client.post(f"/admin/axes/accessattempt/{attempt.pk}/delete/", {"post": "yes"})
    assert not AccessAttempt.objects.exists()


def test_support_neither_sees_nor_unlocks(client, mona):
    guess(5)
    client.force_login(staff("support"))
    [attempt] = AccessAttempt.objects.all()
    assert client.get("/admin/axes/accessattempt/").status_code == 403
    assert client.post(f"/admin/axes/accessattempt/{attempt.pk}/delete/").status_code == 403
    assert AccessAttempt.objects.exists()


def forgotten():
    """How many sessions and failed sign-ins one pass of the sweeper forgets."""
    swept = sweep()
    return swept["ended sessions deleted"], swept["failed sign-ins forgotten"]


def test_the_sweeper_forgets_what_no_longer_counts(mona, client):
    guess(1)
    client.force_login(mona)
    assert forgotten() == (0, 0)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert forgotten() == (1, 1)


@pytest.fixture
def switched_off(settings):
    """As with PASSWORD_LOGIN=off in the environment."""
    settings.PASSWORD_LOGIN = False
    settings.AUTHENTICATION_BACKENDS = [
        name for name in settings.AUTHENTICATION_BACKENDS if "ModelBackend" not in name
    ]


def test_switched_off_there_is_no_form_and_no_post(mona, client, switched_off):
    text = client.get("/admin/login/").content.decode()
    assert 'href="/oidc/authenticate/?next=' in text
    assert 'name="password"' not in text
    assert log_in().status_code == 405


def test_switched_off_no_backend_knows_passwords(mona, rf, switched_off):
    assert authenticate(rf.post("/"), username="mona", password=PASSWORD) is None


def test_switched_off_sessions_that_began_with_a_password_end(mona, client, request):
    client.force_login(mona)
    assert client.get("/admin/").status_code == 200
    request.getfixturevalue("switched_off")
    assert client.get("/admin/").status_code == 302
