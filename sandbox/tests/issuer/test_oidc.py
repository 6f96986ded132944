"""Staff sign in by authorization code with PKCE: pick a demo person, get tokens about them."""

import base64
import hashlib
import time
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
import requests

from sandbox.issuer.people import PEOPLE, Client
from sandbox.issuer.tokens import Grant, Grants, OAuthError

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
CALLBACK = "http://127.0.0.1:8000/oidc/callback/"


def asked(**changes):
    good = {
        "response_type": "code",
        "client_id": "dosette-admin",
        "redirect_uri": CALLBACK,
        "scope": "openid email",
        "state": "a state",
        "nonce": "a-nonce",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def address(sandbox, **changes):
    return f"{sandbox.issuer}/authorize?{urlencode(asked(**changes))}"


def sign_in(sandbox, person="sara", **changes):
    return dict(parse_qsl(urlsplit(sandbox.sign_in(address(sandbox, **changes), person)).query))


def redeem(sandbox, code, **changes):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": "dosette-admin",
        "client_secret": sandbox.config.oidc_client_secret,
        **changes,
    }
    return requests.post(f"{sandbox.issuer}/token", data=form, timeout=10)


def tokens(sandbox, person="sara", **changes):
    return redeem(sandbox, sign_in(sandbox, person, **changes)["code"]).json()


def decoded(sandbox, token, audience):
    key = jwt.PyJWKClient(f"{sandbox.issuer}/jwks").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, ["RS256"], audience=audience, issuer=sandbox.issuer)


def test_the_page_offers_the_demo_people_and_escapes(sandbox):
    page = requests.get(address(sandbox, state='"><script>'), timeout=10)
    assert page.status_code == 200
    for name in ("Sara Support", "Fred Fulfilment", "Clara Clinician", "Nora Nobody"):
        assert name in page.text
    assert "<script>" not in page.text


def test_the_browser_comes_back_with_code_state_and_issuer(sandbox):
    location = sandbox.sign_in(address(sandbox))
    assert location.startswith(f"{CALLBACK}?")
    answer = sign_in(sandbox)
    assert answer["state"] == "a state"
    assert answer["iss"] == sandbox.issuer
    assert answer["code"]


def test_the_id_token_tells_who_it_is(sandbox):
    body = tokens(sandbox)
    claims = decoded(sandbox, body["id_token"], "dosette-admin")
    assert claims["sub"] == "sara"
    assert claims["name"] == "Sara Support"
    assert claims["email"] == "sara@dosette.example"
    assert claims["email_verified"] is True
    assert claims["groups"] == ["support"]
    assert claims["nonce"] == "a-nonce"
    assert claims["auth_time"] <= claims["iat"] < claims["exp"]


def test_the_access_token_is_for_dosette_and_carries_the_groups(sandbox):
    body = tokens(sandbox, "clara", scope="openid email clinical:read")
    assert jwt.get_unverified_header(body["access_token"])["typ"] == "at+jwt"
    claims = decoded(sandbox, body["access_token"], "dosette")
    assert (claims["sub"], claims["client_id"]) == ("clara", "dosette-admin")
    assert claims["groups"] == ["clinician"]
    assert claims["scope"] == "openid email clinical:read"


def test_nora_has_no_group_and_no_verified_email(sandbox):
    claims = decoded(sandbox, tokens(sandbox, "nora")["id_token"], "dosette-admin")
    assert (claims["groups"], claims["email_verified"]) == ([], False)


def test_without_a_nonce_the_id_token_has_none(sandbox):
    body = tokens(sandbox, nonce=None)
    assert "nonce" not in decoded(sandbox, body["id_token"], "dosette-admin")


def test_userinfo_says_the_same(sandbox):
    token = tokens(sandbox, "mona")["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for method in ("GET", "POST"):
        answer = requests.request(method, f"{sandbox.issuer}/userinfo", headers=headers, timeout=10)
        assert answer.json()["groups"] == ["manager"]
        assert answer.json()["sub"] == "mona"


@pytest.mark.parametrize("token", ["", "rubbish", "a.b.c"])
def test_userinfo_wants_a_token_of_this_issuer(sandbox, token):
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{sandbox.issuer}/userinfo", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_userinfo_is_about_people_only(sandbox):
    headers = {"Authorization": f"Bearer {sandbox.token()}"}
    answer = requests.get(f"{sandbox.issuer}/userinfo", headers=headers, timeout=10)
    assert answer.status_code == 403


def test_a_code_works_once(sandbox):
    code = sign_in(sandbox)["code"]
    assert redeem(sandbox, code).status_code == 200
    assert redeem(sandbox, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1:8000/elsewhere/"},
        {"code": "unknown"},
    ],
)
def test_a_code_is_bound_to_pkce_and_address(sandbox, change):
    answer = redeem(sandbox, **{"code": sign_in(sandbox)["code"], **change})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_code_is_bound_to_its_client():
    grants = Grants("code", 60)
    code = grants.keep(Grant("dosette-admin", PEOPLE["sara"], "openid", auth_time=0))
    with pytest.raises(OAuthError):
        grants.take(code, Client("another", "secret", ()))


def test_a_code_expires_after_a_minute(sandbox, monkeypatch):
    code = sign_in(sandbox)["code"]
    later = time.time() + 61
    monkeypatch.setattr("sandbox.issuer.tokens.time.time", lambda: later)
    assert redeem(sandbox, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid moon"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_bad_request_goes_back_to_the_web_as_an_error(sandbox, changes, error):
    answer = requests.get(address(sandbox, **changes), timeout=10, allow_redirects=False)
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (query["error"], query["state"]) == ([error], ["a state"])


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": "demo"},
        {"redirect_uri": None},
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": "http://127.0.0.1:8000.evil.example/"},
        {"redirect_uri": "http://127.0.0.1:8000@evil.example/"},
        {"redirect_uri": "http://127.0.0.1:80000/"},
        {"redirect_uri": CALLBACK + "#fragment"},
        {"redirect_uri": CALLBACK + "\r\nSet-Cookie: a=b"},
    ],
)
def test_nobody_is_sent_to_an_address_in_doubt(sandbox, changes):
    for method in ("GET", "POST"):
        url, form = address(sandbox, **changes), asked(**changes)
        answer = requests.request(method, url, data=form, timeout=10, allow_redirects=False)
        assert answer.status_code == 400
        assert "Location" not in answer.headers


def test_localhost_is_the_web_too(sandbox):
    home = "http://localhost:8000/oidc/callback/"
    assert sandbox.sign_in(address(sandbox, redirect_uri=home)).startswith(f"{home}?code=")


def test_cancelling_is_access_denied(sandbox):
    assert sign_in(sandbox, person="")["error"] == "access_denied"


def browser(sandbox, person="sara"):
    session = requests.Session()
    form = asked(person=person)
    session.post(f"{sandbox.issuer}/authorize", data=form, allow_redirects=False, timeout=10)
    return session


def test_who_is_signed_in_is_not_asked_again_with_prompt_none(sandbox):
    silent = address(sandbox, prompt="none")
    answer = browser(sandbox, "fred").get(silent, allow_redirects=False, timeout=10)
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    claims = decoded(sandbox, redeem(sandbox, code).json()["id_token"], "dosette-admin")
    assert claims["sub"] == "fred"


def test_signing_out_ends_the_session_and_returns_to_the_web(sandbox):
    session = browser(sandbox)
    cookies = session.cookies.get_dict()
    hint = tokens(sandbox)["id_token"]
    query = {"id_token_hint": hint, "post_logout_redirect_uri": CALLBACK, "state": "s"}
    answer = session.get(
        f"{sandbox.issuer}/logout", params=query, allow_redirects=False, timeout=10
    )
    assert answer.headers["Location"] == f"{CALLBACK}?state=s"
    assert not session.cookies
    silent = address(sandbox, prompt="none")
    stolen = requests.get(silent, cookies=cookies, allow_redirects=False, timeout=10)
    assert "login_required" in stolen.headers["Location"]


@pytest.mark.parametrize(
    "query",
    [{"post_logout_redirect_uri": "http://evil.example/"}, {"id_token_hint": "rubbish"}],
)
def test_signing_out_goes_nowhere_else(sandbox, query):
    url = f"{sandbox.issuer}/logout"
    answer = requests.get(url, params=query, allow_redirects=False, timeout=10)
    assert answer.status_code == 400


def test_signing_out_alone_shows_a_page(sandbox):
    assert "signed out" in requests.get(f"{sandbox.issuer}/logout", timeout=10).text


def test_a_refresh_token_works_once_and_grants_no_more(sandbox):
    first = tokens(sandbox, scope="openid offline_access orders:read")["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": first}
    second = redeem(sandbox, None, **form)
    assert decoded(sandbox, second.json()["access_token"], "dosette")["sub"] == "sara"
    assert redeem(sandbox, None, **form).json()["error"] == "invalid_grant"
    form["refresh_token"] = second.json()["refresh_token"]
    answer = redeem(sandbox, None, scope="orders:write", **form)
    assert answer.json()["error"] == "invalid_scope"


def test_without_offline_access_there_is_no_refresh_token(sandbox):
    assert "refresh_token" not in tokens(sandbox)
