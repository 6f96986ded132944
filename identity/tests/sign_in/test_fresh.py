"""What outlives a stolen session asks for a fresh sign-in, and an ended session stays ended."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from core.admin.form_tokens import FIELD
from identity.models import LinkedAccount, SecondFactor, User
from identity.tests.factories import ServiceClientFactory, staff

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
NOON, LATER = "2026-11-28T12:00:00Z", "2026-11-28T12:20:00Z"


@pytest.fixture
def mona() -> User:
    person = staff(username="mona")
    person.groups.add(Group.objects.get(name="manager"))
    return person


@pytest.fixture
def browser(mona: User, time_machine) -> Client:
    time_machine.move_to(NOON)
    client = Client()
    client.force_login(mona, BACKEND)
    return client


def asks(answer) -> bool:
    return bool(
        answer.status_code == 302 and answer.headers["Location"].startswith("/admin/login/")
    )


@pytest.fixture
def paths() -> dict[str, str]:
    """The forms that give access, by their names."""
    sara, program = staff(username="sara"), ServiceClientFactory.create()
    return {
        "new person": "user/add/",
        "new program": "serviceclient/add/",
        "password": f"user/{sara.pk}/password/",
        "person": f"user/{sara.pk}/change/",
        "program": f"serviceclient/{program.pk}/change/",
    }


@pytest.mark.parametrize("name", ["new person", "new program", "password", "person", "program"])
def test_a_form_that_gives_access_opens_after_a_fresh_sign_in_only(
    browser, time_machine, paths, name
):
    path = f"/admin/identity/{paths[name]}"
    assert browser.get(path).status_code == 200
    time_machine.move_to(LATER)
    answer = browser.get(path)
    assert asks(answer)
    assert path.replace("/", "%2F") in answer.headers["Location"]
    assert asks(browser.get("/admin/orders/order/"))


def test_a_stolen_session_sets_up_no_second_factor(browser, time_machine):
    time_machine.move_to(LATER)
    assert asks(browser.post("/admin/second-factor/", {"step": "begin"}))
    assert not SecondFactor.objects.exists()


def test_nothing_is_changed_by_an_old_session(browser, time_machine):
    sara, program = staff(username="sara"), ServiceClientFactory.create()
    time_machine.move_to(LATER)
    for path in (f"user/{sara.pk}/change/", f"serviceclient/{program.pk}/change/"):
        browser.force_login(User.objects.get(username="mona"), BACKEND)
        session = browser.session
        session["signed_in_at"] = 0.0
        session.save()
        assert asks(browser.post(f"/admin/identity/{path}", {"first_name": "Changed"}))
    sara.refresh_from_db()
    assert sara.first_name != "Changed"


def drawn_in(client: Client, path: str) -> str:
    """The token of the form on this page."""
    found = re.search(rf'name="{FIELD}" value="([^"]+)"', client.get(path).content.decode())
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("sent_at", "token", "taken"),
    [
        ("12:04", False, True),
        ("12:34", True, True),
        ("12:34", False, False),
        ("12:36", True, False),
    ],
)
def test_what_was_typed_into_a_form_that_was_opened_in_time_is_taken(
    browser, time_machine, sent_at, token, taken
):
    program = ServiceClientFactory.create(name="old", allowed_scopes=["orders:read"])
    path = f"/admin/identity/serviceclient/{program.pk}/change/"
    form: dict[str, Any] = {"issuer": program.issuer, "client_id": program.client_id, "name": "new"}
    form |= {"allowed_scopes": program.allowed_scopes, "is_active": "on"}
    opened = {FIELD: drawn_in(browser, path)}
    time_machine.move_to(f"2026-11-28T{sent_at}:00Z")
    answer = browser.post(path, form | (opened if token else {}))
    assert asks(answer) != taken
    program.refresh_from_db()
    assert program.name == ("new" if taken else "old"), answer.content.decode()[:3000]


def test_a_form_of_an_earlier_session_opens_nothing(browser, mona, time_machine):
    path = f"/admin/identity/user/{staff(username='sara').pk}/change/"
    earlier = drawn_in(browser, path)
    time_machine.move_to("2026-11-28T12:10:00Z")
    stolen = Client()
    stolen.force_login(mona, BACKEND)
    time_machine.move_to("2026-11-28T12:30:00Z")
    assert asks(stolen.post(path, {FIELD: earlier, "first_name": "Changed"}))


def test_who_may_only_look_is_asked_for_nothing(browser, time_machine):
    auditor = Client()
    auditor.force_login(staff("auditor", username="ada"), BACKEND)
    path = f"/admin/identity/user/{staff(username='sara').pk}/change/"
    time_machine.move_to(LATER)
    assert auditor.get(path).status_code == 200


def test_a_dialog_that_asks_leads_its_whole_page_to_the_sign_in(browser, time_machine):
    sara = staff(username="sara")
    time_machine.move_to(LATER)
    path = f"/admin/identity/user/{sara.pk}/sign_out/"
    answer = browser.post(path, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].startswith("/admin/login/")
    assert f"{sara.pk}%2Fchange" in answer.headers["HX-Redirect"]


def test_other_pages_go_on(browser, time_machine):
    time_machine.move_to(LATER)
    assert browser.get("/admin/orders/order/").status_code == 200


def test_ones_own_password_is_changed_where_the_old_one_is_asked_for(browser, mona):
    answer = browser.get(f"/admin/identity/user/{mona.pk}/password/")
    assert answer.headers["Location"] == "/admin/password_change/"
    forged = {"password1": "Some-new-secret-1", "password2": "Some-new-secret-1"}
    browser.post(f"/admin/identity/user/{mona.pk}/password/", forged)
    mona.refresh_from_db()
    assert not mona.check_password("Some-new-secret-1")


def test_the_old_password_is_not_guessed(browser, mona):
    mona.set_password("the old one")
    mona.save()
    browser.force_login(mona, BACKEND)
    form = {"new_password1": "a long new one 7", "new_password2": "a long new one 7"}
    path = "/admin/password_change/"
    for _ in range(5):
        browser.post(path, form | {"old_password": "a guess"})
    answer = browser.post(path, form | {"old_password": "the old one"})
    assert answer.status_code == 429
    mona.refresh_from_db()
    assert mona.check_password("the old one")


def test_ones_own_password_is_changed_by_a_fresh_session(browser, mona, time_machine):
    mona.set_password("the old one")
    mona.save()
    browser.force_login(mona, BACKEND)
    form = {"new_password1": "a long new one 7", "new_password2": "a long new one 7"}
    changed = form | {"old_password": "the old one"}
    time_machine.move_to(LATER)
    assert asks(browser.post("/admin/password_change/", changed))
    browser.force_login(mona, BACKEND)
    assert browser.post("/admin/password_change/", changed).status_code == 302
    mona.refresh_from_db()
    assert mona.check_password("a long new one 7")


def test_people_of_the_issuer_are_given_no_password(browser):
    sara = staff(username="sara")
    LinkedAccount.objects.create(user=sara, issuer="https://issuer.example", subject="s")
    assert browser.get(f"/admin/identity/user/{sara.pk}/password/").status_code == 403


def test_who_is_let_in_again_signs_in_again(browser, mona):
    mona.is_active = False
    mona.save()
    User.objects.filter(pk=mona.pk).update(is_active=True)
    assert asks(browser.get("/admin/orders/order/"))


def test_all_sessions_of_a_person_are_ended_at_once(browser, mona):
    mona.end_sessions()
    assert asks(browser.get("/admin/orders/order/"))


def test_a_name_stays_who_it_was(browser, mona):
    sara = staff(username="sara")
    page = browser.get(f"/admin/identity/user/{sara.pk}/change/").content.decode()
    assert 'name="username"' not in page
    assert mona.actor == f"user:{mona.pk} mona"


def test_names_differ_by_more_than_capitals(mona):
    with pytest.raises(ValidationError, match="in other letters"):
        User(username="MONA", password="x").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="Mona")


def test_of_many_tries_at_once_one_is_looked_at(client, mona, monkeypatch):
    from django.core.cache import cache

    form = {"username": "mona", "password": "wrong"}
    statuses: list[int] = []

    def add_another(key, value, timeout=None, **kwargs):
        answer = original(key, value, timeout, **kwargs)
        if answer and key.startswith("signing-in:"):
            statuses.append(Client().post("/admin/login/", form).status_code)
        return answer

    original = cache.add
    monkeypatch.setattr(cache, "add", add_another)
    assert client.post("/admin/login/", form).status_code == 200
    assert statuses == [429]


def test_who_signs_in_needs_no_cache(client, mona, settings):
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
    settings.CACHES = {"default": away | {"LOCATION": "redis://127.0.0.1:1"}}
    mona.set_password("Some-new-secret-1")
    mona.save()
    form = {"username": "mona", "password": "Some-new-secret-1"}
    assert client.post("/admin/login/", form).status_code == 302
