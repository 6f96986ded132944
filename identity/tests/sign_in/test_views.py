"""Staff sign-in against the sandbox's issuer: two clicks in, one out, roles as the issuer says."""

import time

import pytest
import time_machine
from django.contrib.messages import get_messages

from core.database import clock as ours
from identity import demo
from identity.models import LinkedAccount, User
from identity.sign_in.backend import StaffSignIn
from identity.tests.factories import staff
from sandbox.testing import running_sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings):
    """The sandbox, and Dosette set to sign in there."""
    web = {"web_url": "http://testserver", "events": False, "reports": False}
    with running_sandbox(oidc_client_secret=settings.OIDC_CLIENT_SECRET, **web) as sandbox:
        settings.OIDC_ISSUER = sandbox.issuer
        yield sandbox


def sign_in(client, sandbox, person="sara", after="/admin/"):
    """Click the button, pick a person, come back; the answer to the browser."""
    begun = client.get("/oidc/authenticate/", {"next": after})
    return client.get(sandbox.sign_in(begun.headers["Location"], person))


def said(answer):
    """What the login page will say."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_the_login_page_has_the_button_and_keeps_the_page_asked_for(client):
    text = client.get("/admin/login/?next=/admin/identity/user/").content.decode()
    assert 'href="/oidc/authenticate/?next=/admin/identity/user/"' in text
    assert 'name="password"' in text


def test_a_demo_person_signs_in_with_two_clicks(client, sandbox):
    demo.load()
    answer = sign_in(client, sandbox, "sara", "/admin/password_change/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/password_change/")
    assert client.get("/admin/password_change/").status_code == 200
    assert client.session["_auth_user_id"] == str(User.objects.get(username="sara").pk)
    assert User.objects.count() == 6


def test_the_flow_uses_pkce_state_and_nonce(client, sandbox):
    address = client.get("/oidc/authenticate/").headers["Location"]
    for part in (
        "code_challenge_method=S256",
        "code_challenge=",
        "state=",
        "nonce=",
        "scope=openid",
    ):
        assert part in address


@pytest.mark.parametrize("person", ["fred", "clara", "mona", "audra"])
def test_everybody_of_the_demo_gets_the_issuers_role(client, sandbox, person):
    sign_in(client, sandbox, person)
    user = User.objects.get(linked_accounts__subject=person)
    roles = {"fred": "fulfilment", "clara": "clinician", "mona": "manager", "audra": "auditor"}
    assert [group.name for group in user.groups.all()] == [roles[person]]
    assert user.is_staff
    assert not user.is_superuser
    assert not user.has_usable_password()


def test_who_is_on_no_list_is_told_so_and_kept_out(client, sandbox):
    answer = sign_in(client, sandbox, "nora")
    assert answer.headers["Location"] == "/admin/login/"
    assert "not on the staff's list" in said(answer)
    assert not User.objects.exists()


def test_who_cancels_is_back_at_the_login_page(client, sandbox):
    assert "Nobody was signed in." in said(sign_in(client, sandbox, ""))


def test_the_same_email_does_not_open_somebodys_account(client, sandbox):
    local = staff("manager", username="sara", email="sara@dosette.example")
    sign_in(client, sandbox, "sara")
    newcomer = User.objects.get(linked_accounts__subject="sara")
    assert newcomer != local
    assert newcomer.username == "sara-2"
    assert [group.name for group in newcomer.groups.all()] == ["support"]


def test_roles_are_taken_away_and_groups_of_our_own_stay(client, sandbox):
    demo.load()
    sara = User.objects.get(username="sara")
    own = sara.groups.create(name="own group")
    sara.groups.add(*User.objects.get(username="mona").groups.all())
    sign_in(client, sandbox, "sara")
    assert set(sara.groups.all()) == {own, *sara.groups.filter(name="support")}


def test_the_allow_list_translates_groups(client, sandbox, settings):
    settings.OIDC_ROLES = {"support": "fulfilment", "manager": "nonsense"}
    sign_in(client, sandbox, "sara")
    assert User.objects.get().groups.get().name == "fulfilment"
    assert "not on the staff's list" in said(sign_in(client, sandbox, "mona"))


def test_a_staff_group_can_be_required_beside_the_roles(client, sandbox, settings):
    settings.OIDC_STAFF_GROUP = "manager"
    assert "not on the staff's list" in said(sign_in(client, sandbox, "sara"))
    sign_in(client, sandbox, "mona")
    assert User.objects.get().groups.get().name == "manager"


def test_who_leaves_the_staff_loses_everything_at_the_next_sign_in(client, sandbox, settings):
    sign_in(client, sandbox, "sara")
    settings.OIDC_ROLES = {"other": "support"}
    sign_in(client, sandbox, "sara")
    sara = User.objects.get()
    assert not sara.is_staff
    assert not sara.groups.exists()
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/").status_code == 302


def test_who_was_closed_out_here_stays_out(client, sandbox):
    sign_in(client, sandbox, "sara")
    User.objects.update(is_active=False)
    assert client.get("/admin/").status_code == 302
    assert "has been closed" in said(sign_in(client, sandbox, "sara"))
    assert StaffSignIn().get_user(User.objects.get().pk) is None


def test_a_second_sign_in_finds_the_same_person(client, sandbox):
    sign_in(client, sandbox)
    User.objects.update(username="renamed", email="new@dosette.example")
    sign_in(client, sandbox)
    assert User.objects.get().username == "renamed"
    assert LinkedAccount.objects.get().subject == "sara"


def test_signing_out_ends_both_sessions(client, sandbox):
    sign_in(client, sandbox)
    answer = client.post("/admin/logout/")
    assert answer.headers["Location"].startswith(f"{sandbox.issuer}/logout?id_token_hint=")
    assert (
        "post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Fadmin%2Flogin%2F"
        in (answer.headers["Location"])
    )
    assert client.get("/admin/").status_code == 302


def test_signing_out_needs_a_post(client, sandbox):
    sign_in(client, sandbox)
    assert client.get("/admin/logout/").status_code == 405
    assert client.get("/admin/password_change/").status_code == 200


def test_who_came_with_a_password_signs_out_here_alone(client, sandbox):
    client.force_login(staff("support"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/admin/logout/").headers["Location"] == "/admin/login/"


def test_the_session_is_renewed_when_a_page_is_opened(client, sandbox):
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as clock:
        sign_in(client, sandbox)
        assert client.get("/admin/password_change/").status_code == 200
        clock.shift(901)
        answer = client.get("/admin/password_change/?a=1")
        assert answer.headers["Location"].startswith(f"{sandbox.issuer}/authorize?")
        assert "prompt=none" in answer.headers["Location"]
        back = client.get(sandbox.sign_in(answer.headers["Location"], "sara"))
        assert back.headers["Location"] == "/admin/password_change/?a=1"
        assert client.get("/admin/password_change/").status_code == 200


def test_a_web_process_whose_clock_is_off_renews_when_the_others_do(client, sandbox, wrong_clock):
    sign_in(client, sandbox)
    with wrong_clock():
        assert client.get("/admin/password_change/").status_code == 200
    session = client.session
    session["oidc_id_token_expiration"] -= 901
    session.save()
    with wrong_clock():
        answer = client.get("/admin/password_change/")
        assert "prompt=none" in answer.headers["Location"]
        assert abs(client.session["oidc_id_token_expiration"] - ours.seconds()) < 60
    back = client.get(sandbox.sign_in(answer.headers["Location"], "sara"))
    assert back.headers["Location"] == "/admin/password_change/", "not begun too long ago"


@pytest.mark.parametrize(
    "headers", [{"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, {"HTTP_SEC_FETCH_MODE": "cors"}]
)
def test_a_script_is_not_sent_away_at_once_but_does_not_keep_a_session_alive(
    client, sandbox, headers
):
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as clock:
        sign_in(client, sandbox)
        clock.shift(901)
        assert client.get("/admin/password_change/", **headers).status_code == 200
        clock.shift(3600)
        assert (
            client.get("/admin/password_change/", **headers).headers["Location"] == "/admin/login/"
        )
        assert "_auth_user_id" not in client.session


def test_a_renewal_that_the_issuer_refuses_ends_the_session(client, sandbox):
    with time_machine.travel(time.time() + 0.0, tick=False) as clock:
        sign_in(client, sandbox)
        clock.shift(901)
        state = client.get("/admin/").headers["Location"].partition("state=")[2].partition("&")[0]
        query = {"error": "login_required", "state": state, "iss": sandbox.issuer}
        assert "session at the sign-in service has ended" in said(
            client.get("/oidc/callback/", query)
        )
        assert "_auth_user_id" not in client.session


def test_a_session_with_a_password_is_not_sent_to_the_issuer(client, sandbox):
    client.force_login(staff("support"), backend="django.contrib.auth.backends.ModelBackend")
    for headers in ({}, {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}):
        assert client.get("/admin/password_change/", **headers).status_code == 200
