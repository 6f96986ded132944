"""Where somebody is signed in: seen and ended by them and by who may change them; ended unused."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.models import OpenSession, User
from identity.sessions.open_sessions import device_of
from identity.sweeper import sweep
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
ISSUER = "identity.sign_in.backend.StaffSignIn"
NOON = "2026-11-28T12:00:00Z"
PAGE, INSIDE = "/admin/sessions/", "/admin/password_change/"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/19.1 Mobile/15E148 Safari/604.1"
)
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def mona() -> User:
    return staff("manager", username="mona")


def signed_in(person: User, agent: str = LAPTOP, backend: str = BACKEND) -> Client:
    """A browser in which this person is signed in, and has opened a page."""
    browser = Client(HTTP_USER_AGENT=agent)
    browser.force_login(person, backend)
    assert is_in(browser)
    return browser


def is_in(browser: Client) -> bool:
    return browser.get(INSIDE).status_code == 200


def shown(browser: Client, page: str = PAGE) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", browser.get(page).content.decode()).split())


def of(browser: Client) -> int:
    """The number of this browser's session on the page."""
    return OpenSession.objects.get(session_id=browser.session.session_key).pk


def page_of(person: User) -> str:
    return f"/admin/identity/user/{person.pk}/sessions/"


def test_ones_own_sessions_are_listed_and_this_one_is_marked(mona, clock):
    laptop, phone = signed_in(mona), signed_in(mona, PHONE)
    signed_in(staff(username="sara"), "curl/8")
    text = shown(laptop)
    assert "Firefox on Linux (this browser) Signed in 28 Nov 2026, 12:00" in text
    assert "Safari on iPhone Signed in 28 Nov 2026" in text
    assert "curl" not in text
    page = laptop.get(PAGE)
    assert "no-store" in page.headers["Cache-Control"]
    for browser in (laptop, phone):
        assert str(browser.session.session_key) not in page.content.decode()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537", "Chrome on Android"),
        ("curl/8.5.0 (x)", "curl"),
        ("<script>alert(1)</script>" * 100, "unknown"),
        ("", "unknown"),
    ],
)
def test_a_browser_is_named_in_few_words(agent, name):
    assert device_of(agent) == name


def test_one_session_is_ended_and_the_others_go_on(mona):
    laptop, phone = signed_in(mona), signed_in(mona, PHONE)
    laptop.post(PAGE, {"end": of(phone)})
    assert not is_in(phone)
    assert is_in(laptop)
    assert LogEntry.objects.get().change_message == "Ended a session."


def test_all_other_sessions_are_ended_also_those_that_are_not_listed(mona):
    laptop, phone = signed_in(mona), signed_in(mona, PHONE)
    OpenSession.objects.filter(pk=of(phone)).delete()
    laptop.post(PAGE, {"end": "all"})
    assert not is_in(phone)
    assert is_in(laptop)
    assert is_in(laptop)


@pytest.mark.parametrize("end", ["", "x", "+1", "9" * 19])
def test_what_is_no_session_ends_none(mona, end):
    laptop, phone = signed_in(mona), signed_in(mona, PHONE)
    assert laptop.post(PAGE, {"end": end}).status_code == 302
    assert is_in(phone)


def test_nobody_ends_a_session_of_somebody_else_by_its_number(mona):
    sara = staff("support", username="sara")
    hers, mine = signed_in(mona), signed_in(sara)
    mine.post(PAGE, {"end": of(hers)})
    assert is_in(hers)


def test_a_manager_sees_and_ends_a_persons_sessions(mona):
    sara = staff("support", username="sara")
    browser, manager = signed_in(sara, PHONE), signed_in(mona)
    assert "Safari on iPhone" in shown(manager, page_of(sara))
    assert "(this browser)" not in shown(manager, page_of(sara))
    manager.post(page_of(sara), {"end": of(browser)})
    assert not is_in(browser)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (mona, str(sara.pk))


def test_who_may_not_change_a_person_sees_and_ends_nothing(mona):
    boss, sara = staff(is_superuser=True, username="boss"), staff("support", username="sara")
    browser = signed_in(boss)
    for asker in (signed_in(mona), signed_in(sara)):
        assert asker.get(page_of(boss)).status_code == 403
        assert asker.post(page_of(boss), {"end": of(browser)}).status_code == 403
    assert is_in(browser)


def test_what_lets_nobody_in_any_more_is_not_listed(mona):
    phone, laptop = signed_in(mona, PHONE), signed_in(mona)
    mona.end_sessions()
    assert not is_in(laptop)
    mona.refresh_from_db()
    assert shown(signed_in(mona), PAGE).count("Signed in") == 1
    assert not is_in(phone)


def test_a_session_that_nobody_uses_ends(mona, clock):
    browser = signed_in(mona)
    clock.shift(timedelta(minutes=119))
    assert is_in(browser)
    clock.shift(timedelta(minutes=121))
    answer = browser.get(INSIDE)
    assert answer.headers["Location"].startswith("/admin/login/?next=%2Fadmin%2Fpassword_change")
    assert "nothing was done here" in browser.get("/admin/login/").content.decode()
    assert "_auth_user_id" not in browser.session


def test_one_that_never_opened_a_page_ends_as_well(mona, clock):
    browser = Client()
    browser.force_login(mona, BACKEND)
    clock.shift(timedelta(minutes=121))
    assert not is_in(browser)


def test_a_session_that_is_used_all_day_ends_after_twelve_hours(mona, clock):
    browser = signed_in(mona)
    for _ in range(12):
        clock.shift(timedelta(minutes=60))
        session = browser.session
        session["something"] = 1
        session.save()
        assert is_in(browser)
    clock.shift(timedelta(minutes=1))
    assert not is_in(browser)


def test_the_limit_is_a_setting_and_a_short_one_ends_nobody_at_work(mona, clock, settings):
    settings.SESSION_IDLE_LIMIT = 120
    browser = signed_in(mona)
    for _ in range(5):
        clock.shift(timedelta(seconds=110))
        assert is_in(browser)
    clock.shift(timedelta(seconds=121))
    assert not is_in(browser)


def test_the_issuer_looks_after_its_own_sessions(mona, clock):
    browser = Client()
    browser.force_login(mona, ISSUER)
    session = browser.session
    session["oidc_id_token_expiration"] = 1e11
    session.save()
    assert is_in(browser)
    clock.shift(timedelta(hours=3))
    assert is_in(browser)


def statements(browser: Client, page: str) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(page).status_code == 200
    return [query["sql"] for query in asked.captured_queries]


def test_a_page_writes_nothing_but_once_in_five_minutes(mona, clock):
    browser = signed_in(mona)
    written = []
    for minutes in (0, 5.1, 0, 4.9, 0.2, 0):
        clock.shift(timedelta(minutes=minutes))
        found = statements(browser, INSIDE)
        written.append(sum(not sql.startswith("SELECT") for sql in found))
        assert sum("identity_opensession" in sql for sql in found) == 1 + written[-1]
    assert written == [0, 1, 0, 0, 1, 0]


def test_many_sessions_are_listed_in_as_many_statements_as_few(mona):
    browser = signed_in(mona)
    few = len(statements(browser, PAGE))
    for _ in range(5):
        signed_in(mona, PHONE)
    assert len(statements(browser, PAGE)) == few


def test_a_new_password_keeps_this_session_alone(mona):
    mona.set_password("Some-old-secret-1")
    mona.save()
    laptop, phone = signed_in(mona), signed_in(mona, PHONE)
    new = {"new_password1": "Some-new-secret-1", "new_password2": "Some-new-secret-1"}
    laptop.post(INSIDE, {"old_password": "Some-old-secret-1", **new})
    assert is_in(laptop)
    assert not is_in(phone)
    assert shown(laptop).count("Signed in") == 1


def test_nothing_is_kept_of_a_session_that_is_gone(mona):
    signed_in(mona)
    Session.objects.all().delete()
    sweep()
    assert not OpenSession.objects.exists()


def test_everybody_finds_the_page_below_their_name():
    assert 'href="/admin/sessions/"' in signed_in(staff("support")).get("/admin/").content.decode()


def test_a_page_that_asks_by_itself_keeps_nobody_in_and_is_told_to_stop(mona, clock, settings):
    browser = signed_in(mona)
    for _ in range(8):
        assert browser.get(INSIDE, headers={"X-Poll": "1"}).status_code == 200
        clock.shift(timedelta(seconds=settings.SESSION_IDLE_LIMIT / 8))
    clock.shift(timedelta(seconds=1))
    over = browser.get(INSIDE, headers={"X-Poll": "1"})
    assert (over.status_code, over.headers["HX-Reswap"], over.content) == (286, "none", b"")
    assert not is_in(browser)


def test_each_part_of_a_page_that_asks_by_itself_says_so(settings):
    polling = [
        line
        for path in settings.BASE_DIR.glob("*/templates/**/*.html")
        for line in path.read_text().splitlines()
        if 'hx-trigger="every' in line
    ]
    assert polling
    assert all("""hx-headers='{"X-Poll": "1"}'""" in line for line in polling)
