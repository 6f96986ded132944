"""A password of somebody whom the issuer no longer vouches for lets in for a week at most."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from identity.models import LinkedAccount, User
from identity.sign_in.people import person_of
from identity.sign_in.provider import SignInRefusedError
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
PASSWORD, NEW = "Some-old-secret-1", "Some-new-secret-1"
INSIDE = "/admin/password_change/"
CLAIMS: dict[str, Any] = {"iss": "https://issuer.example", "sub": "s", "email_verified": True}
CLAIMS |= {"email": "sara@dosette.example", "groups": ["support"]}


@pytest.fixture
def clock(time_machine):
    time_machine.move_to("2026-06-01T12:00:00Z", tick=False)
    return time_machine


@pytest.fixture
def sara(clock) -> User:
    person = staff("support", username="sara")
    LinkedAccount.objects.create(user=person, issuer=CLAIMS["iss"], subject="s")
    person.refresh_from_db()
    person.set_password(PASSWORD)
    person.save()
    return person


def log_in(person: User | str = "sara", password: str = PASSWORD) -> Client:
    browser = Client()
    browser.post("/admin/login/", {"username": str(person), "password": password})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get(INSIDE).status_code == 200


def test_for_a_week_after_the_issuer_vouched_the_password_lets_in(sara, clock):
    clock.shift(timedelta(days=7))
    assert is_in(log_in())


def test_then_it_does_not_and_says_what_to_do(sara, clock):
    clock.shift(timedelta(days=7, seconds=1))
    form = {"username": "sara", "password": PASSWORD}
    answer = Client().post("/admin/login/", form)
    assert "Your password has lapsed" in answer.content.decode()
    assert not is_in(log_in())
    wrong = Client().post("/admin/login/", {**form, "password": "wrong"})
    assert "lapsed" not in wrong.content.decode(), "who guesses learns nothing"


def test_a_session_ends_as_well(sara, clock):
    clock.shift(timedelta(days=6, hours=23))
    browser = log_in()
    assert is_in(browser)
    clock.shift(timedelta(hours=1, seconds=1))
    assert not is_in(browser)


def test_a_sign_in_at_the_issuer_gives_it_another_week(sara, clock):
    clock.shift(timedelta(days=6))
    person_of(CLAIMS)
    clock.shift(timedelta(days=6))
    assert is_in(log_in())


def test_whom_the_issuer_drops_is_out_at_once_and_no_session_lives_again(sara):
    browser = log_in()
    with pytest.raises(SignInRefusedError):
        person_of(CLAIMS | {"groups": []})
    assert not is_in(browser)
    assert not is_in(log_in())
    person_of(CLAIMS)
    assert not is_in(browser), "a stolen one would come back with them"
    assert is_in(log_in())


def test_ones_own_new_password_vouches_for_nobody(sara, clock):
    clock.shift(timedelta(days=6))
    browser = log_in()
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browser.post(INSIDE, form).status_code == 302
    assert is_in(log_in(password=NEW))
    clock.shift(timedelta(days=2))
    assert not is_in(log_in(password=NEW))


def test_a_superuser_who_gives_a_new_one_vouches(sara, clock):
    clock.shift(timedelta(days=30))
    boss = Client()
    boss.force_login(staff(is_superuser=True), "django.contrib.auth.backends.ModelBackend")
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    boss.post(f"/admin/identity/user/{sara.pk}/password/", form)
    assert is_in(log_in(password=NEW))


def test_people_of_ours_and_superusers_go_on(sara, clock):
    mona = staff("manager", username="mona")
    for person in (mona, sara):
        person.set_password(PASSWORD)
        person.is_superuser = person == sara
        person.save()
    clock.shift(timedelta(days=365))
    assert is_in(log_in("mona"))
    assert is_in(log_in("sara"))
    staff(is_superuser=True)
    User.objects.filter(pk=sara.pk).update(is_superuser=False)
    assert not is_in(log_in("sara"))
    LinkedAccount.objects.all().delete()
    assert is_in(log_in("sara")), "whose account was taken away is ours"
