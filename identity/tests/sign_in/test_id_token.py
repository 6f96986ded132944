"""What comes back from the issuer may be wrong, late or forged: nobody gets in, nothing breaks."""

import time
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from identity.models import User
from identity.tests.factories import staff
from identity.tests.issuer import rsa_key
from identity.tests.sign_in.test_views import said

CLAIMS = {
    "sub": "sub-1",
    "client_id": None,
    "scope": None,
    "jti": None,
    "email": "sara@dosette.example",
    "email_verified": True,
    "name": "Sara Support",
    "groups": ["support"],
}


@pytest.fixture
def flow(client, issuer, settings):
    """A sign-in that has just begun; `flow.back(**claims)` comes back with such an ID token."""
    begun = client.get("/oidc/authenticate/", {"next": "/admin/sessions/"})
    asked = {name: value[0] for name, value in parse_qs(urlsplit(begun["Location"]).query).items()}

    def id_token(typ="JWT", **claims):
        usual = {**CLAIMS, "aud": settings.OIDC_CLIENT_ID, "nonce": asked["nonce"]}
        return issuer.sign(typ=typ, **usual | claims)

    def back(token=None, query=None, **claims):
        body = {"access_token": "opaque", "id_token": token or id_token(**claims)}
        issuer.token_answer = (200, body)
        return client.get(
            "/oidc/callback/", {"code": "c", "state": asked["state"], **(query or {})}
        )

    return SimpleNamespace(back=back, id_token=id_token, asked=asked, client=client)


def kept_out(answer, reason=""):
    """Whether it ended at the login page, with a sentence, and nobody signed in."""
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/")
    assert reason in said(answer)
    assert said(answer)
    assert "_auth_user_id" not in answer.wsgi_request.session
    return True


def test_a_right_answer_lets_in(flow):
    assert flow.back().headers["Location"] == "/admin/sessions/"
    assert User.objects.get().groups.get().name == "support"


WRONG = {
    "expired": {"exp": int(time.time()) - 120},
    "no expiry": {"exp": None},
    "no issue time": {"iat": None},
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "another"},
    "the API's audience": {"aud": "dosette"},
    "made for another": {"aud": ["dosette-admin", "other"], "azp": "other"},
    "made for nobody named": {"aud": ["dosette-admin", "other"]},
    "no nonce": {"nonce": None},
    "another nonce": {"nonce": "other"},
    "no subject": {"sub": None},
    "subject with NUL": {"sub": "a\x00b"},
    "endless subject": {"sub": "x" * 300},
    "empty subject": {"sub": ""},
    "another access token": {"at_hash": "AAAA"},
    "not verified": {"email_verified": False},
    "verified in words": {"email_verified": "yes"},
    "no group": {"groups": []},
    "unknown group": {"groups": ["admins"]},
    "groups of an odd kind": {"groups": "support"},
    "groups that are not names": {"groups": [["support"], None]},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_id_token_signs_nobody_in(flow, claims):
    assert kept_out(flow.back(**claims))
    assert not User.objects.exists()


def test_an_id_token_of_another_key_signs_nobody_in(flow, issuer, settings):
    claims = {**CLAIMS, "aud": settings.OIDC_CLIENT_ID, "nonce": flow.asked["nonce"]}
    assert kept_out(flow.back(issuer.sign_with(rsa_key("wrong"), {"kid": "first"}, **claims)))
    assert not User.objects.exists()


@pytest.mark.parametrize("token", ["garbage", "a.b.c", 5, {"a": 1}, "x" * 10_000, "e30.e30.AA"])
def test_a_garbled_id_token_is_no_crash(flow, token):
    assert kept_out(flow.back(token))


def test_the_access_token_does_not_do_as_an_id_token(flow, issuer):
    assert kept_out(flow.back(issuer.sign(sub="sub-1", scope="orders:read")))


@pytest.mark.parametrize(
    "answer", [(400, {"error": "invalid_grant"}), (200, {}), (200, []), (503, {})]
)
def test_a_token_endpoint_that_refuses_is_a_sentence(flow, issuer, client, answer):
    issuer.token_answer = answer
    assert kept_out(client.get("/oidc/callback/", {"code": "c", "state": flow.asked["state"]}))


def test_an_answer_works_once(flow, client):
    flow.back()
    client.post("/admin/logout/")
    assert kept_out(flow.back(), "Try again")


def test_an_answer_without_a_question_signs_nobody_in(client, issuer):
    assert kept_out(client.get("/oidc/callback/", {"code": "c", "state": "s"}), "another browser")
    assert kept_out(client.get("/oidc/callback/"), "another browser")


def test_an_answer_of_ten_minutes_ago_is_too_late(flow):
    with time_machine.travel(time.time() + 601):
        assert kept_out(flow.back(), "too long ago")


def test_a_link_from_elsewhere_signs_nobody_out(client, issuer):
    client.force_login(staff(), backend="django.contrib.auth.backends.ModelBackend")
    for query in (
        {"error": "access_denied"},
        {"error": "x", "state": "y"},
        {"code": "c", "state": "s"},
    ):
        client.get("/oidc/callback/", query)
    assert client.get("/admin/sessions/").status_code == 200


def test_an_answer_in_another_issuers_name_is_refused(flow):
    assert kept_out(flow.back(query={"iss": "https://evil.example"}), "Another service")


def test_an_issuer_that_should_name_itself_has_to(client, issuer):
    issuer.discovery = {"authorization_response_iss_parameter_supported": True}
    begun = client.get("/oidc/authenticate/")
    state = parse_qs(urlsplit(begun["Location"]).query)["state"][0]
    assert kept_out(client.get("/oidc/callback/", {"code": "c", "state": state}), "Another service")


def test_the_password_form_does_not_listen_to_codes(flow, issuer, client):
    issuer.token_answer = (200, {"access_token": "a", "id_token": flow.id_token(nonce=None)})
    form = {"username": "sara", "password": "wrong"}
    client.post("/admin/login/?code=c&state=s", form)
    assert "_auth_user_id" not in client.session
    assert not any(path.endswith("/token") for path in issuer.asked)


def test_missing_claims_are_asked_of_userinfo(flow, issuer):
    issuer.userinfo = {**CLAIMS, "groups": ["manager"]}
    flow.back(groups=None, email=None, email_verified=None)
    assert User.objects.get().groups.get().name == "manager"


def test_userinfo_about_somebody_else_is_refused(flow, issuer):
    issuer.userinfo = {**CLAIMS, "sub": "sub-2", "groups": ["manager"]}
    assert kept_out(flow.back(groups=None), "somebody else")


def test_after_signing_in_the_browser_stays_here(client, issuer):
    begun = client.get("/oidc/authenticate/", {"next": "https://evil.example/"})
    asked = parse_qs(urlsplit(begun["Location"]).query)
    assert client.session["oidc_login_next"] is None
    assert asked["redirect_uri"] == ["http://testserver/oidc/callback/"]


def test_with_the_issuer_down_the_login_page_says_so(client, issuer):
    issuer.mode = "failing"
    assert kept_out(client.get("/oidc/authenticate/"), "cannot be reached")


def test_with_the_issuer_down_staff_stay_signed_in(flow, client, issuer):
    flow.back()
    issuer.mode = "failing"
    with time_machine.travel(time.time() + 901):
        assert client.get("/admin/sessions/").status_code == 200
    issuer.mode = "up"
    with time_machine.travel(time.time() + 1000):
        assert client.get("/admin/sessions/").status_code == 302


def test_a_renewal_that_fails_half_way_is_tried_again_later(flow, client, issuer):
    flow.back()
    with time_machine.travel(time.time() + 901):
        begun = client.get("/admin/sessions/")
        state = parse_qs(urlsplit(begun["Location"]).query)["state"][0]
        issuer.token_answer = (503, {})
        answer = client.get("/oidc/callback/", {"code": "c", "state": state})
        assert answer.headers["Location"] == "/admin/sessions/"
        assert client.get("/admin/sessions/").status_code == 200


def test_two_first_sign_ins_at_once_make_one_person(flow, issuer):
    from identity.sign_in.people import _newcomer

    claims = {**CLAIMS, "iss": issuer.url}
    assert _newcomer(claims) == _newcomer(claims)
    assert User.objects.count() == 1
