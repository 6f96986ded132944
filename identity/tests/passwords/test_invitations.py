"""A new colleague comes in by a link: once, for three days, and only to choose a first password."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from core.http import Done
from identity import notices
from identity.models import Notice, User
from identity.passwords.invitations import person_of
from identity.tests.factories import staff

ADD = "/admin/identity/user/add/"
PAGE = "/admin/invitation/"
NEW = "a long enough passphrase"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, str, str]]:
    """The e-mails that went out: to whom, subject, text."""
    mails: list[tuple[str, str, str]] = []

    def carry(to: str, subject: str, text: str) -> Done:
        mails.append((to, subject, text))
        return Done("")

    monkeypatch.setattr(notices, "_carriers", [carry])
    return mails


@pytest.fixture
def mona(db) -> Client:
    client = Client()
    client.force_login(staff("manager", first_name="Mona", last_name="Manager"), backend=BACKEND)
    return client


def given(**changed: str) -> dict[str, str]:
    role = str(Group.objects.get(name="support").pk)
    accounts = {f"linked_accounts-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    nora = {"first_name": "Nora", "last_name": "New", "email": "nora@dosette.example"}
    return {**accounts, **nora, "role": role, **changed}


def code_in(mails: list[tuple[str, str, str]]) -> str:
    notices.send_due()
    (_, _, text) = mails[-1]
    return text.split("#")[1].split()[0]


def choose(code: str, password: str = NEW) -> tuple[int, str]:
    passwords = {"new_password1": password, "new_password2": password}
    answer = Client().post(PAGE, {"code": code, **passwords})
    return answer.status_code, answer.content.decode()


def test_name_address_and_role_make_somebody_who_can_sign_in(mona, sent):
    assert mona.post(ADD, given()).status_code == 302
    nora = User.objects.get(email="nora@dosette.example")
    assert (nora.username, nora.is_staff, nora.is_superuser) == ("nora", True, False)
    assert [group.name for group in nora.groups.all()] == ["support"]
    assert not nora.has_usable_password()
    code = code_in(sent)
    assert sent[-1][0] == "nora@dosette.example"
    assert "Mona Manager has invited you" in sent[-1][2]
    assert choose(code)[0] == 302
    client = Client()
    assert client.post("/admin/login/", {"username": "nora", "password": NEW}).status_code == 302
    assert client.get("/admin/orders/order/").status_code == 200


def test_the_code_is_in_no_address_that_a_server_sees(mona, sent):
    mona.post(ADD, given())
    notices.send_due()
    assert f"{PAGE}#" in sent[-1][2]
    assert b"invitation.js" in Client().get(PAGE).content


def test_a_link_lets_in_once(mona, sent):
    mona.post(ADD, given())
    code = code_in(sent)
    assert choose(code)[0] == 302
    status, page = choose(code, "another long passphrase")
    assert status == 422
    assert "over, or was used" in page
    assert User.objects.get(username="nora").check_password(NEW)


def test_a_link_is_over_after_three_days(mona, sent):
    mona.post(ADD, given())
    code = code_in(sent)
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1), tick=False):
        assert choose(code)[0] == 422


@pytest.mark.parametrize("code", ["", "1", "x-y", "1-", "999999999-abc", "1-abc-def", "\x00-1"])
def test_what_is_no_code_lets_nobody_in(db, code):
    assert choose(code)[0] == 422
    assert person_of(code) is None


def test_nobody_who_has_a_password_is_let_in_by_a_code(mona, sent):
    mona.post(ADD, given())
    code = code_in(sent)
    nora = User.objects.get(username="nora")
    nora.set_password("given by a superuser")
    nora.save()
    assert choose(code)[0] == 422
    User.objects.filter(pk=nora.pk).update(password="!x", is_active=False)
    assert choose(code)[0] == 422


def test_a_weak_password_is_refused(mona, sent):
    mona.post(ADD, given())
    status, page = choose(code_in(sent), "12345")
    assert status == 422
    assert "too short" in page


def test_the_invitation_is_sent_again_to_who_has_no_password(mona, sent):
    mona.post(ADD, given())
    nora = User.objects.get(username="nora")
    again = f"/admin/identity/user/{nora.pk}/invite/"
    assert mona.post(again, {"_form_submitted": "True"}).status_code == 302
    assert Notice.objects.filter(user=nora, what="invitation").count() == 2
    assert choose(code_in(sent))[0] == 302
    assert mona.post(again, {"_form_submitted": "True"}).status_code == 403


def test_an_address_that_somebody_has_is_refused(mona, sent):
    staff(username="olga", email="Nora@dosette.example")
    answer = mona.post(ADD, given())
    assert answer.status_code == 200
    assert "olga has this address" in answer.content.decode()


def test_a_name_that_is_taken_gets_a_number(mona, sent):
    staff(username="nora", email="other@dosette.example")
    mona.post(ADD, given())
    assert User.objects.get(email="nora@dosette.example").username == "nora-2"


def test_nobody_gives_a_role_that_may_do_more_than_they(mona, sent):
    doctors = str(Group.objects.get(name="clinician").pk)
    assert mona.post(ADD, given(role=doctors)).status_code == 200
    assert not User.objects.filter(email="nora@dosette.example").exists()
    assert not Notice.objects.exists()


def test_without_passwords_nobody_is_invited(mona, sent, settings):
    settings.PASSWORD_LOGIN = False
    mona.post(ADD, given())
    assert User.objects.get(username="nora").is_staff
    assert not Notice.objects.exists()
    assert Client().get(PAGE).status_code == 404
