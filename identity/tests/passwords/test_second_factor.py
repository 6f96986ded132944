"""The second factor of a password: set up by its owner, asked for, lost, and taken away."""

import re
import threading
from base64 import b32decode
from importlib import import_module

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django_otp.oath import totp

from identity.models import SecondFactor
from identity.passwords import second_factor
from identity.tests.factories import staff
from identity.tests.passwords.test_views import PASSWORD, is_in

pytestmark = pytest.mark.django_db
PAGE = "/admin/second-factor/"


@pytest.fixture(autouse=True)
def clock():
    """A clock that stands still, so that a code is good until it is moved."""
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def mona():
    person = staff("manager", username="mona")
    person.set_password(PASSWORD)
    person.save()
    return person


def code_of(secret, steps=0):
    """What the app shows now, or so many half minutes later."""
    return f"{totp(b32decode(secret), t0=-30 * steps):06}"


@pytest.fixture
def app(mona, clock):
    """Mona's app: she set it up a minute ago. `app.code()`, `app.recovery`."""
    secret = second_factor.begin(mona).secret

    class App:
        recovery = second_factor.confirm(mona, code_of(secret))

        @staticmethod
        def code(steps=0):
            return code_of(secret, steps)

    clock.shift(60)
    return App


def log_in(code="", password=PASSWORD, **more):
    form = {"username": "mona", "password": password, "code": code}
    return Client().post("/admin/login/", form, **more)


def test_whoever_has_none_signs_in_with_the_password_alone(mona):
    assert 'name="code"' not in Client().get("/admin/login/").content.decode()
    assert is_in(log_in())


def test_it_is_set_up_on_ones_own_page(client, mona):
    client.force_login(mona)
    assert "Set it up" in client.get(PAGE).content.decode()
    begun = client.post(PAGE, {"step": "begin"})
    [secret] = re.findall(r'id="secret"[^>]*>(\w+)<', begun.content.decode())
    assert "<svg" in begun.content.decode()
    assert "no-store" in begun.headers["Cache-Control"]
    done = client.post(PAGE, {"step": "confirm", "code": code_of(secret)})
    codes = re.findall(r"<li>([a-z2-7-]{19})</li>", done.content.decode())
    assert len(codes) == len(set(codes)) == 10
    later = client.get(PAGE).content.decode()
    assert "10 of your recovery codes" in later
    assert not any(word in later for word in (secret, codes[0], "<svg viewBox", "otpauth"))


def test_it_counts_only_once_it_is_confirmed(client, mona):
    client.force_login(mona)
    client.post(PAGE, {"step": "begin"})
    assert "wrong" in client.post(PAGE, {"step": "confirm", "code": "000000"}).content.decode()
    assert is_in(log_in())


def test_the_password_alone_no_longer_lets_in(app):
    assert "missing or wrong" in log_in().content.decode()
    assert not is_in(log_in("123"))
    assert is_in(log_in(app.code()))


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_clock_that_is_half_a_minute_off_is_forgiven(app, steps):
    assert is_in(log_in(app.code(steps)))


@pytest.mark.parametrize("steps", [-3, -2, 2])
def test_a_code_of_another_time_is_refused(app, steps):
    assert not is_in(log_in(app.code(steps)))


def test_a_code_works_once(app):
    assert is_in(log_in(app.code()))
    assert not is_in(log_in(app.code()))


@pytest.mark.parametrize("code", ["", "１２３４５６", "-12345", "12345", "1e5", "0x1234", "x\0y"])
def test_an_odd_code_is_no_crash(app, code):
    assert log_in(code).status_code == 200


def test_the_right_code_does_not_make_up_for_a_wrong_password(app):
    assert not is_in(log_in(app.code(), password="wrong"))
    assert is_in(log_in(app.code())), "and it is not used up"


def test_a_recovery_code_works_once_however_it_is_typed(app):
    typed = app.recovery[0].upper().replace("-", " ")
    assert is_in(log_in(typed))
    assert not is_in(log_in(typed))
    assert is_in(log_in(app.recovery[1]))


def test_wrong_codes_lock_the_address_like_wrong_passwords(app):
    for _ in range(5):
        answer = log_in("000000")
    assert answer.status_code == 429
    assert log_in(app.code()).status_code == 429


def test_guessing_from_many_addresses_is_slowed_and_a_recovery_code_still_works(app, mona, clock):
    for number in range(40):
        log_in("000000", REMOTE_ADDR=f"192.0.2.{number}")
    tried = SecondFactor.objects.get().failures
    assert tried <= 4, "the others were not even looked at"
    assert not is_in(log_in(app.code(), REMOTE_ADDR="198.51.100.1"))
    assert is_in(log_in(app.recovery[0], REMOTE_ADDR="198.51.100.1"))


def test_nobody_waits_longer_than_a_quarter_of_an_hour(app, clock):
    SecondFactor.objects.update(failures=100, failed_at="2026-06-01T12:01:00Z")
    clock.shift(899)
    assert not is_in(log_in(app.code()))
    clock.shift(31)
    assert is_in(log_in(app.code()))
    assert SecondFactor.objects.get().failures == 0


def test_the_database_holds_neither_the_secret_nor_a_recovery_code(app, mona):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_secondfactor")
        row = str(cursor.fetchall())
    secret = SecondFactor.objects.get().secret
    assert not any(word in row for word in (secret, b32decode(secret).hex(), *app.recovery))


def test_another_secret_key_changes_nothing(app, settings):
    settings.SECRET_KEY = "another" * 10
    assert is_in(log_in(app.code()))


def test_where_the_secret_was_lost_recovery_codes_work(app):
    SecondFactor.objects.update(secret="")
    assert not is_in(log_in(app.code()))
    assert is_in(log_in(app.recovery[0]))


def test_a_secret_of_the_release_before_is_read_by_each_secret_key_and_by_no_other(settings):
    name = "identity.migrations.0013_second_factors_by_keys_of_encryption"
    migration = import_module(name)
    sealed = migration.before().encrypt(b"0123456789abcdefghij").decode()
    assert b32decode(migration.read(sealed)) == b"0123456789abcdefghij"
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    assert migration.read(sealed) == ""
    settings.SECRET_KEY_FALLBACKS = [old]
    assert b32decode(migration.read(sealed)) == b"0123456789abcdefghij"


def test_new_recovery_codes_and_removal_need_a_code(client, mona, app, clock):
    client.force_login(mona)
    for step in ("renew", "remove"):
        assert "wrong" in client.post(PAGE, {"step": step, "code": "000000"}).content.decode()
    renewed = client.post(PAGE, {"step": "renew", "code": app.code()}).content.decode()
    assert "recovery codes" in renewed
    assert app.recovery[0] not in renewed
    clock.shift(30)
    client.post(PAGE, {"step": "remove", "code": app.code()})
    assert not SecondFactor.objects.exists()
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "Got new recovery codes.",
        "Removed the second factor.",
    ]


def test_beginning_again_does_not_replace_one_that_counts(client, mona, app):
    client.force_login(mona)
    text = client.post(PAGE, {"step": "begin"}).content.decode()
    assert 'id="secret"' not in text
    assert is_in(log_in(app.code()))


def test_who_signs_in_elsewhere_sets_none_up_here(client):
    person = staff("support")
    person.set_unusable_password()
    person.save()
    client.force_login(person)
    assert "set up there, not here" in client.post(PAGE, {"step": "begin"}).content.decode()
    assert not SecondFactor.objects.exists()


def reset_of(person):
    return f"/admin/identity/user/{person.pk}/reset_second_factor/"


def test_a_superuser_takes_it_away_and_sees_no_secret(client, mona, app):
    boss = staff(is_superuser=True, username="boss")
    client.force_login(boss)
    page = client.get(f"/admin/identity/user/{mona.pk}/change/").content.decode()
    assert "Take the second factor away" in page
    assert SecondFactor.objects.get().secret not in page
    client.post(reset_of(mona), {"_form_submitted": "True"})
    assert is_in(log_in())
    assert LogEntry.objects.get().user == boss


def test_a_manager_takes_it_from_somebody_below_only(client, mona, app):
    client.force_login(staff("manager"))
    assert client.post(reset_of(mona), {"_form_submitted": "True"}).status_code == 302
    boss = staff(is_superuser=True)
    second_factor.begin(boss)
    SecondFactor.objects.update(confirmed_at="2026-06-01T12:00:00Z")
    assert client.post(reset_of(boss), {"_form_submitted": "True"}).status_code == 403
    assert SecondFactor.objects.get().user == boss


def test_support_takes_it_from_nobody(client, mona, app):
    client.force_login(staff("support"))
    assert client.post(reset_of(mona), {"_form_submitted": "True"}).status_code == 403
    assert SecondFactor.objects.exists()


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR = "required"


def test_required_the_password_alone_leads_to_its_page_only(client, mona, required):
    client.force_login(mona)
    for address in ("/admin/", "/admin/identity/user/", "/admin/nothing/"):
        assert client.get(address).headers["Location"] == PAGE
    assert client.post("/admin/identity/user/add/").headers["Location"] == PAGE
    assert client.get(PAGE).status_code == 200
    assert client.post("/admin/logout/").headers["Location"] == "/admin/login/"


def test_required_who_has_one_goes_on_until_it_is_taken_away(client, mona, app, required):
    client.force_login(mona)
    assert client.get("/admin/").status_code == 200
    second_factor.remove(mona, by=mona)
    assert client.get("/admin/").headers["Location"] == PAGE


def test_required_the_work_account_is_left_alone(client, mona, required):
    client.force_login(mona, backend="identity.sign_in.backend.StaffSignIn")
    assert client.get("/admin/").headers.get("Location") != PAGE


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_use_a_code_once(app, mona):
    codes = [app.code(), app.recovery[0]]
    taken, start = [], threading.Barrier(20)

    def use(number):
        start.wait()
        taken.append((number % 2, second_factor.accepts(mona, codes[number % 2])))
        connection.close()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(which for which, was_taken in taken if was_taken) == [0, 1]


def test_nobody_takes_their_own_away_without_a_code(client, mona, app):
    client.force_login(mona)
    assert client.post(reset_of(mona), {"_form_submitted": "True"}).status_code == 403
    assert SecondFactor.objects.exists()


def test_a_prefix_of_the_address_is_no_way_around_a_required_one(client, mona, settings):
    settings.SECOND_FACTOR = "required"
    client.force_login(mona, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/admin/", SCRIPT_NAME="/x")
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
