"""People are told when their password or second factor is changed, at every door."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from core.http import Done, Permanent, Temporary
from identity import notices
from identity.models import LinkedAccount, Notice, SecondFactor, User
from identity.passwords import second_factor
from identity.sweeper import sweep
from identity.tests.factories import staff
from identity.tests.passwords.test_second_factor import code_of

pytestmark = pytest.mark.django_db
What = Notice.What
PASSWORD, NEW = "Some-old-secret-1", "Some-new-secret-1"
OWN_PAGE = "/admin/second-factor/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def sara() -> User:
    person = staff("support", username="sara", first_name="Sara")
    person.set_password(PASSWORD)
    person.save()
    Notice.objects.all().delete()
    return person


@pytest.fixture
def boss() -> User:
    return staff(is_superuser=True, username="boss", first_name="Ada", last_name="Admin")


@pytest.fixture
def mail(monkeypatch):
    """Stands in for the wire: what was carried; `mail.answers` are given before Done."""

    class Mail(list[tuple[str, str, str]]):
        def __init__(self) -> None:
            self.answers: list[object] = []

    sent = Mail()

    def carry(*letter):
        outcome = sent.answers.pop(0) if sent.answers else Done()
        if isinstance(outcome, Done):
            sent.append(letter)
        return outcome

    monkeypatch.setattr(notices, "_carriers", [carry])
    return sent


def signed_in(person: User) -> Client:
    browser = Client()
    browser.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return browser


def told() -> list[tuple[str, str, str]]:
    """Who is told what, and by whom it was done."""
    rows = Notice.objects.order_by("pk").select_related("by")
    return [(row.recipient, row.what, getattr(row.by, "username", "")) for row in rows]


def has_app(person: User) -> str:
    """Set a second factor up; its secret, with a code to come."""
    secret: str = second_factor.begin(person).secret
    SecondFactor.objects.update(confirmed_at="2026-01-01T00:00:00Z")
    return secret


def test_the_own_page_of_the_password(sara):
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert signed_in(sara).post("/admin/password_change/", form).status_code == 302
    assert told() == [("sara@dosette.example", What.PASSWORD, "sara")]


def test_a_password_that_is_refused_tells_nobody(sara):
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    signed_in(sara).post("/admin/password_change/", form)
    assert told() == []


@pytest.mark.parametrize(
    ("form", "what"),
    [
        ({"password1": NEW, "password2": NEW, "usable_password": "true"}, What.PASSWORD),
        ({"usable_password": "false", "unset-password": "1"}, What.PASSWORD_REMOVED),
    ],
)
def test_the_admins_page_of_somebodys_password(sara, boss, form, what):
    page = f"/admin/identity/user/{sara.pk}/password/"
    assert signed_in(boss).post(page, form).status_code == 302
    assert told() == [("sara@dosette.example", what, "boss")]


def test_the_command_on_the_server(sara, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda **_: NEW)
    call_command("changepassword", "sara", verbosity=0)
    assert told() == [("sara@dosette.example", What.PASSWORD, "")]


def test_a_better_hash_of_the_same_password_is_no_news(sara, settings):
    old = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [old, *settings.PASSWORD_HASHERS]
    Client().post("/admin/login/", {"username": "sara", "password": PASSWORD})
    sara.refresh_from_db()
    assert sara.password.startswith("pbkdf2")
    assert told() == []


def test_the_own_page_of_the_second_factor(sara, clock):
    browser = signed_in(sara)
    browser.post(OWN_PAGE, {"step": "begin"})
    secret = SecondFactor.objects.get().secret
    for step in ("confirm", "renew", "remove"):
        clock.shift(60)
        browser.post(OWN_PAGE, {"step": step, "code": "000000"})
        clock.shift(60)
        browser.post(OWN_PAGE, {"step": step, "code": code_of(secret)})
    whats = [what for _, what, by in told() if by == "sara"]
    assert whats == [What.FACTOR, What.CODES, What.FACTOR_REMOVED]


def test_the_admins_button_that_takes_the_second_factor_away(sara, boss):
    has_app(sara)
    page = f"/admin/identity/user/{sara.pk}/reset_second_factor/"
    signed_in(boss).post(page, {"_form_submitted": "True"})
    assert told() == [("sara@dosette.example", What.FACTOR_REMOVED, "boss")]


def test_a_recovery_code_that_is_used(sara):
    has_app(sara)
    code = second_factor.renew_recovery_codes(sara)[0]
    Notice.objects.all().delete()
    form = {"username": "sara", "password": PASSWORD, "code": code}
    assert Client().post("/admin/login/", form).status_code == 302
    assert told() == [("sara@dosette.example", What.CODE_USED, "sara")]


def person_form(person: User, **changed: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "first_name": person.first_name,
        "email": person.email,
        "is_staff": "on",
    }
    fields |= {"is_active": "on", "groups": [group.pk for group in person.groups.all()]}
    rows = {"linked_accounts-TOTAL_FORMS": "0", "linked_accounts-INITIAL_FORMS": "0"}
    return fields | rows | changed


def test_another_address_is_told_of_at_the_old_one(sara, boss):
    page = f"/admin/identity/user/{sara.pk}/change/"
    answer = signed_in(boss).post(page, person_form(sara, email="thief@example.com"))
    assert answer.status_code == 302
    assert told() == [("sara@dosette.example", What.EMAIL, "boss")]


def test_another_account_at_the_issuer_is_another_way_in(sara, boss, settings):
    row = {"TOTAL_FORMS": "1", "0-issuer": settings.OIDC_ISSUER, "0-subject": "s-1"}
    form = {f"linked_accounts-{name}": value for name, value in row.items()}
    page = f"/admin/identity/user/{sara.pk}/change/"
    assert signed_in(boss).post(page, person_form(sara, **form)).status_code == 302
    assert LinkedAccount.objects.get().user == sara
    assert told() == [("sara@dosette.example", What.ACCOUNT, "boss")]


def test_other_changes_of_a_person_are_no_news(sara, boss):
    page = f"/admin/identity/user/{sara.pk}/change/"
    signed_in(boss).post(page, person_form(sara, first_name="Sarah"))
    assert told() == []


def test_who_has_no_address_cannot_be_told(sara):
    sara.email = ""
    sara.set_password(NEW)
    sara.save()
    assert told() == []


def test_what_is_rolled_back_is_not_told(sara):
    sara.set_password(NEW)
    with transaction.atomic():
        sara.save()
        transaction.set_rollback(True)
    assert told() == []


def test_the_letter_says_what_when_by_whom_and_what_to_do(sara, boss, mail):
    for by in (sara.pk, boss.pk, None):
        notices.note(sara, What.PASSWORD, by=by)
    assert notices.send_due() == 3
    assert {to for to, _, _ in mail} == {"sara@dosette.example"}
    assert mail[0][1] == "Dosette: Your password was set"
    texts = [text for _, _, text in mail]
    assert all("Hello Sara," in text and "Ask a manager at once" in text for text in texts)
    assert "on 01 June 2026 at 13:00 BST, by you, or by somebody signed in as you." in texts[0]
    assert "by Ada Admin." in texts[1]
    assert "on the server." in texts[2]
    assert not any("sara@" in text or NEW in text for text in texts)


def test_it_is_sent_once_and_nothing_is_kept(sara, mail):
    notices.note(sara, What.FACTOR, by=sara.pk)
    sweep()
    sweep()
    assert len(mail) == 1
    assert not Notice.objects.exists()


def test_a_mail_service_that_is_away_is_asked_again_later(sara, mail, clock, caplog):
    notices.note(sara, What.PASSWORD, by=sara.pk)
    notices.note(sara, What.FACTOR, by=sara.pk)
    mail.answers = [Temporary("away")]
    assert notices.send_due() == 0, "the next one would wait as long"
    assert notices.send_due() == 1
    assert notices.send_due() == 0
    clock.shift(timedelta(seconds=31))
    assert notices.send_due() == 1
    assert [subject for _, subject, _ in mail][1] == "Dosette: Your password was set"
    assert f"user {sara.pk} was not told: Temporary" in caplog.text
    assert "sara" not in caplog.text


@pytest.mark.parametrize(("answer", "days"), [(Permanent("no"), 0), (Temporary("away"), 4)])
def test_what_cannot_be_delivered_is_given_up(sara, mail, clock, answer, days):
    notices.note(sara, What.PASSWORD, by=sara.pk)
    clock.shift(timedelta(days=days))
    mail.answers = [answer]
    notices.send_due()
    assert not Notice.objects.exists()


def test_one_that_cannot_be_delivered_holds_up_no_other(sara, mail):
    for what in (What.PASSWORD, What.FACTOR):
        notices.note(sara, what, by=sara.pk)
    mail.answers = [Permanent("no such mailbox")]
    assert notices.send_due() == 1
    assert not Notice.objects.exists()


def test_two_sweepers_send_one_letter(sara, mail):
    notices.note(sara, What.PASSWORD, by=sara.pk)
    seen_by_both = Notice.objects.get()
    assert notices._is_ours(seen_by_both)
    assert not notices._is_ours(seen_by_both)


def test_a_notice_that_raises_holds_up_no_other(sara, boss, mail, poison):
    for person in (sara, boss):
        notices.note(person, Notice.What.PASSWORD, by=None)
    first = Notice.objects.earliest("pk")
    poison("identity_notice", f"NEW.id = {first.pk}")
    assert notices.send_due() == 1
    assert Notice.objects.get() == first
    assert notices.send_due() == 0, "it rests"
