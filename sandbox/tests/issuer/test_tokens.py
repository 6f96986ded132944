"""The token endpoint: client credentials, errors in OAuth's shape, tokens after RFC 9068."""

import time
from typing import Any

import jwt
import pytest
import requests

from sandbox.issuer.people import API_SCOPES, READ_SCOPES
from sandbox.testing import running_sandbox


def ask(sandbox, auth=None, **form):
    return requests.post(f"{sandbox.issuer}/token", data=form, auth=auth, timeout=10)


def credentials(sandbox, client="demo", **form):
    return ask(
        sandbox,
        grant_type="client_credentials",
        client_id=client,
        client_secret=sandbox.config.demo_client_secret,
        **form,
    )


def claims(sandbox, token, **options: Any):
    jwks = jwt.PyJWKClient(f"{sandbox.issuer}/jwks")
    key = jwks.get_signing_key_from_jwt(token)
    return jwt.decode(
        token,
        key,
        ["RS256"],
        audience="dosette",
        issuer=sandbox.issuer,
        options=options,  # type: ignore[arg-type]  # the stubs want a typed dict
    )


def error(answer):
    return answer.status_code, answer.json()["error"]


def test_an_access_token_is_as_rfc_9068_says(sandbox):
    token = credentials(sandbox).json()["access_token"]
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    content = claims(sandbox, token, require=["iss", "aud", "sub", "exp", "iat", "jti"])
    assert content["iss"] == f"http://127.0.0.1:{sandbox.config.port}/oidc"
    assert content["sub"] == content["client_id"] == "demo"
    assert content["exp"] - content["iat"] == 3600
    assert abs(content["iat"] - time.time()) < 60


def test_two_tokens_have_two_names(sandbox):
    names = {claims(sandbox, sandbox.token())["jti"] for _ in range(2)}
    assert len(names) == 2


def test_the_answer_may_not_be_cached(sandbox):
    answer = credentials(sandbox)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3600


def test_without_a_scope_all_of_the_clients_are_granted(sandbox):
    assert credentials(sandbox).json()["scope"] == " ".join(API_SCOPES)
    assert credentials(sandbox, "reader").json()["scope"] == " ".join(READ_SCOPES)


def test_only_the_scopes_asked_for_are_granted(sandbox):
    token = sandbox.token("orders:read customers:read")
    assert claims(sandbox, token)["scope"] == "customers:read orders:read"


@pytest.mark.parametrize("scope", ["orders:write", "moon:read", "customers:read orders:write"])
def test_a_scope_that_is_not_the_clients_is_refused(sandbox, scope):
    assert error(credentials(sandbox, "reader", scope=scope)) == (400, "invalid_scope")


def test_basic_authentication_works(sandbox):
    pair = ("demo", sandbox.config.demo_client_secret)
    assert ask(sandbox, auth=pair, grant_type="client_credentials").status_code == 200


def test_two_ways_of_authentication_at_once_are_refused(sandbox):
    pair = ("demo", sandbox.config.demo_client_secret)
    form = {"grant_type": "client_credentials", "client_secret": pair[1]}
    assert error(ask(sandbox, auth=pair, **form)) == (400, "invalid_request")


@pytest.mark.parametrize("form", [{}, {"client_id": "demo"}, {"client_id": "nobody"}])
def test_failed_client_authentication_is_401_and_echoes_nothing(sandbox, form):
    answer = ask(sandbox, grant_type="client_credentials", client_secret="hunter2", **form)
    assert error(answer) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert "hunter2" not in answer.text


def test_a_malformed_basic_header_is_401(sandbox):
    headers = {"Authorization": "Basic ÿ%%"}
    url = f"{sandbox.issuer}/token"
    form = {"grant_type": "client_credentials"}
    assert requests.post(url, data=form, headers=headers, timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ("", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("authorization_code", "unauthorized_client"),
        ("refresh_token", "unauthorized_client"),
    ],
)
def test_other_grants_are_refused(sandbox, grant, expected):
    secret = sandbox.config.demo_client_secret
    answer = ask(sandbox, grant_type=grant, client_id="demo", client_secret=secret)
    assert error(answer) == (400, expected)


def test_the_staff_client_gets_no_token_without_a_person(sandbox):
    pair = (sandbox.config.oidc_client_id, sandbox.config.oidc_client_secret)
    answer = ask(sandbox, auth=pair, grant_type="client_credentials")
    assert error(answer) == (400, "unauthorized_client")


def test_a_parameter_given_twice_is_refused(sandbox):
    form = [("grant_type", "client_credentials"), ("client_id", "demo"), ("client_id", "demo")]
    answer = requests.post(f"{sandbox.issuer}/token", data=form, timeout=10)
    assert error(answer) == (400, "invalid_request")


def test_json_is_no_token_request(sandbox):
    answer = requests.post(f"{sandbox.issuer}/token", json={}, timeout=10)
    assert error(answer) == (400, "invalid_request")


def test_the_audience_is_a_setting():
    with running_sandbox(oidc_audience="other") as other:
        token = other.token()
        assert jwt.decode(token, options={"verify_signature": False})["aud"] == "other"


def test_tests_can_sign_tokens_that_must_be_refused(sandbox):
    with pytest.raises(jwt.ExpiredSignatureError):
        claims(sandbox, sandbox.sign(exp=1))
    with pytest.raises(jwt.MissingRequiredClaimError):
        claims(sandbox, sandbox.sign(aud=None))
    assert jwt.get_unverified_header(sandbox.sign(typ="JWT"))["typ"] == "JWT"
