"""Requirements D4, B7: bearer tokens after RFC 6750 and RFC 9068, with real keys over real HTTP."""

import base64
import json
import time

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.db import connection, transaction

from identity.models import ServiceClient
from identity.tests.factories import ServiceClientFactory, client_named
from identity.tests.issuer import public_jwk, rsa_key
from identity.tokens import reader as tokens
from identity.tokens.issuer_keys import issuer as issuer_of
from identity.tokens.issuer_keys import published_by

pytestmark = pytest.mark.urls("identity.tests.probe")


def refused(answer, status=401, error="invalid_token"):
    """Whether the answer is this refusal, in the body and in the challenge."""
    challenge = answer.headers.get("WWW-Authenticate", "")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, error)
    assert challenge.startswith(f'Bearer error="{error}", error_description="')
    return True


def test_a_good_token_lets_its_client_in(issuer, ask):
    """D4."""
    answer = ask(issuer.sign(scope="orders:read openid"))
    assert answer.status_code == 200
    assert answer.json() == {"actor": client_named("test"), "scopes": ["orders:read"]}


@pytest.mark.parametrize("headers", [{}, {"HTTP_AUTHORIZATION": "Basic dGVzdDp0ZXN0"}])
def test_without_a_token_the_challenge_is_bare(issuer, ask, headers):
    answer = ask(None, **headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["code"] == "not_authenticated"


@pytest.mark.parametrize("token", ["", " ", "two words", "ümlaut", "a,Bearer b", "x\x00y"])
def test_a_header_that_holds_no_token_is_a_bad_request(issuer, ask, token):
    assert refused(ask(token), 400, "invalid_request")


def test_a_second_token_in_the_address_is_a_bad_request(issuer, ask):
    token = issuer.sign(scope="orders:read")
    assert refused(ask(token, f"/probe/?access_token={token}"), 400, "invalid_request")


def test_a_token_expires_while_it_is_in_use(issuer, ask):
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as clock:
        token = issuer.sign(scope="orders:read", exp=int(time.time()) + 10)
        assert ask(token).status_code == 200
        clock.shift(69)
        assert ask(token).status_code == 200
        clock.shift(1)
        assert refused(ask(token))


def test_a_token_in_the_address_alone_is_no_token(issuer, ask):
    answer = ask(None, f"/probe/?access_token={issuer.sign(scope='orders:read')}")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_scheme_is_read_in_any_case(issuer, ask):
    token = issuer.sign(scope="orders:read")
    assert ask(None, HTTP_AUTHORIZATION=f"bearer {token}").status_code == 200


NOW = int(time.time())
WRONG_CLAIMS = {
    "expired": {"exp": NOW - 120},
    "not yet": {"nbf": NOW + 3600},
    "issued in the future": {"iat": NOW + 3600},
    "no expiry": {"exp": None},
    "no issue time": {"iat": None},
    "no subject": {"sub": None},
    "no audience": {"aud": None},
    "another audience": {"aud": "another"},
    "audience in another case": {"aud": "Dosette"},
    "audience of an odd kind": {"aud": {"dosette": 1}},
    "another issuer": {"iss": "https://evil.example"},
    "issuer of an odd kind": {"iss": ["https://evil.example"]},
    "no issuer": {"iss": None},
    "expiry of an odd kind": {"exp": "tomorrow"},
    "an expiry in quotes": {"exp": str(NOW + 600)},
    "endless": {"exp": float("inf")},
    "not a number": {"nbf": float("nan")},
    "NUL in the client": {"client_id": "te\x00st"},
    "half a character": {"client_id": "\ud800"},
    "a client of an odd kind": {"client_id": {"a": 1}},
    "an endless client": {"client_id": "x" * 300},
    "a scope of an odd kind": {"scope": {"orders:read": True}},
    "an unknown client": {"client_id": "other", "sub": "other"},
    "somebody else through the client": {"sub": "sara"},
}


@pytest.mark.parametrize("claims", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_a_token_with_a_wrong_claim_is_refused(issuer, ask, claims):
    assert refused(ask(issuer.sign(**{"scope": "orders:read", **claims})))


def test_an_issuer_with_a_slash_more_is_another(issuer, ask):
    assert refused(ask(issuer.sign(iss=issuer.url + "/", scope="orders:read")))


@pytest.mark.parametrize("times", [{"exp": -50}, {"nbf": 50, "exp": 90}, {"iat": 50, "exp": 90}])
def test_a_clock_that_is_off_by_less_than_a_minute_is_forgiven(issuer, ask, times):
    claims = {name: int(time.time()) + seconds for name, seconds in times.items()}
    assert ask(issuer.sign(scope="orders:read", **claims)).status_code == 200


def test_our_audience_among_others_is_enough(issuer, ask):
    assert ask(issuer.sign(aud=["other", "dosette"], scope="orders:read")).status_code == 200


@pytest.mark.parametrize(
    "claims", [{"scope": ["orders:read"]}, {"scope": None, "scp": ["orders:read"]}]
)
def test_issuers_that_list_scopes_are_understood(issuer, ask, claims):
    assert ask(issuer.sign(**claims)).status_code == 200


@pytest.mark.parametrize("claim", ["azp", "cid", "appid"])
def test_issuers_that_name_the_client_otherwise_are_understood(issuer, ask, claim):
    token = issuer.sign(scope="orders:read", client_id=None, **{claim: "test"})
    assert ask(token).status_code == 200


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", None])
def test_the_types_of_access_tokens_are_taken(issuer, ask, typ):
    assert ask(issuer.sign(typ=typ, scope="orders:read")).status_code == 200


@pytest.mark.parametrize("typ", ["logout+jwt", "secevent+jwt", "dpop+jwt", "id_token"])
def test_other_types_are_refused(issuer, ask, typ):
    assert refused(ask(issuer.sign(typ=typ, scope="orders:read")))


@pytest.mark.parametrize("typ", ["JWT", None])
def test_strictly_only_the_type_of_rfc_9068_is_taken(issuer, ask, settings, typ):
    settings.OIDC_STRICT_TOKEN_TYPE = True
    assert refused(ask(issuer.sign(typ=typ, scope="orders:read")))
    assert ask(issuer.sign(scope="orders:read")).status_code == 200


ID_TOKENS = {
    "nonce": {"nonce": "n"},
    "at_hash": {"at_hash": "h"},
    "for the admin": {"aud": ["dosette-admin", "dosette"]},
    "Keycloak's": {"typ_claim": "ID"},
    "Cognito's": {"token_use": "id"},
    "a logout token": {"events": {}},
}


@pytest.mark.parametrize("claims", ID_TOKENS.values(), ids=ID_TOKENS.keys())
def test_an_id_token_is_refused(issuer, ask, claims):
    assert refused(ask(issuer.sign(typ="JWT", scope="orders:read", **claims)))


def test_a_huge_token_is_refused_unread(issuer, ask):
    assert refused(ask(issuer.sign(scope="orders:read", padding="x" * 9000)))
    assert issuer.fetches == 0


def test_deeply_nested_claims_are_refused(issuer, ask):
    deep = base64.urlsafe_b64encode(b'{"a":' * 1100 + b"1" + b"}" * 1100).decode().rstrip("=")
    head = issuer.sign().split(".")[0]
    assert refused(ask(f"{head}.{deep}.c2ln"))
    assert refused(ask(f"{deep}.{deep}.c2ln"))


@pytest.mark.parametrize("token", ["abc", "a.b.c", "e30.e30.", "W10.W10.AA", "....", "e30.e30.AA"])
def test_garbage_is_refused(issuer, ask, token):
    assert refused(ask(token))


def test_a_wrong_key_under_the_right_name_is_refused(issuer, ask):
    token = issuer.sign_with(rsa_key("wrong"), {"kid": "first"}, scope="orders:read")
    assert refused(ask(token))


def test_a_changed_claim_breaks_the_signature(issuer, ask):
    head, _, signature = issuer.sign(scope="orders:read").split(".")
    claims = json.dumps(issuer.usual_claims() | {"scope": "orders:read clinical:read"}).encode()
    forged = base64.urlsafe_b64encode(claims).decode().rstrip("=")
    assert refused(ask(f"{head}.{forged}.{signature}"))


def test_an_unsigned_token_is_refused(issuer, ask):
    for algorithm in ("none", "None", ""):
        token = issuer.sign_with(None, {"kid": "first", "alg": algorithm}, algorithm="none")
        assert refused(ask(token))


def test_the_published_key_does_not_do_as_a_shared_secret(issuer, ask):
    pem = (
        rsa_key("first")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    header = {"kid": "first", "typ": "at+jwt"}
    for algorithm in ("HS256", "HS512"):
        token = issuer.sign_with(pem, header, algorithm=algorithm, scope="orders:read")
        assert refused(ask(token))


def test_keys_named_in_the_token_are_not_looked_at(issuer, ask):
    wrong = rsa_key("wrong")
    header = {"kid": "first", "jwk": public_jwk("first", wrong), "jku": "http://127.0.0.1:9/jwks"}
    assert refused(ask(issuer.sign_with(wrong, header, scope="orders:read")))


ODD_HEADERS = [
    {"crit": ["x"], "x": 1},
    {"kid": 5},
    {"kid": ["first"]},
    {"alg": ["RS256"]},
    {"alg": {}},
    {"typ": ["at+jwt"]},
    {"b64": False},
]


@pytest.mark.parametrize("header", ODD_HEADERS)
def test_headers_that_are_not_understood_are_refused(issuer, ask, header):
    plain = {"kid": "first", "typ": "at+jwt"} | header
    assert refused(ask(issuer.sign_with(rsa_key("first"), plain, scope="orders:read")))


KEYS = {
    "PS256": rsa_key("second"),
    "RS512": rsa_key("second"),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("algorithm", KEYS)
def test_every_asymmetric_algorithm_of_the_list_works(issuer, ask, algorithm):
    issuer.keys["other"] = KEYS[algorithm]
    header = {"kid": "other", "typ": "at+jwt"}
    token = issuer.sign_with(KEYS[algorithm], header, algorithm=algorithm, scope="orders:read")
    assert ask(token).status_code == 200


def test_a_short_rsa_key_is_refused(issuer, ask):
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - too short on purpose
    issuer.keys["short"] = short
    assert refused(ask(issuer.sign("short", scope="orders:read")))


def test_a_missing_scope_is_named_in_the_challenge(issuer, ask):
    answer = ask(issuer.sign(scope="customers:read"))
    assert refused(answer, 403, "insufficient_scope")
    assert answer.headers["WWW-Authenticate"].endswith('scope="orders:read"')


def test_a_view_that_names_no_scope_is_closed(issuer, ask):
    assert refused(ask(issuer.sign(scope="orders:read"), "/forgetful/"), 403, "insufficient_scope")
    assert ask(None, "/forgetful/").status_code == 401


def test_the_clients_scopes_cap_the_tokens(issuer, ask):
    ServiceClient.objects.update(allowed_scopes=["customers:read"])
    assert refused(ask(issuer.sign(scope="orders:read")), 403, "insufficient_scope")


def test_the_token_caps_the_clients_scopes(issuer, ask):
    assert ask(issuer.sign(scope="orders:read")).json()["scopes"] == ["orders:read"]


def test_a_client_that_is_shut_out_is_out_at_once(issuer, ask):
    token = issuer.sign(scope="orders:read")
    assert ask(token).status_code == 200
    ServiceClient.objects.update(is_active=False)
    assert refused(ask(token))


def test_no_client_is_made_by_a_token(issuer, ask):
    ask(issuer.sign(client_id="new", sub="new", scope="orders:read"))
    assert not ServiceClient.objects.filter(client_id="new").exists()


def test_a_service_account_with_a_name_of_its_own_is_known_by_it(issuer, ask):
    ServiceClient.objects.update(subject="5e1f-service-account")
    claims = {"scope": "orders:read", "client_id": "test"}
    assert ask(issuer.sign(sub="5e1f-service-account", **claims)).status_code == 200
    assert refused(ask(issuer.sign(sub="test", **claims)))


def test_a_request_costs_one_query(issuer, ask, django_assert_num_queries):
    token = issuer.sign(scope="orders:read")
    with django_assert_num_queries(1):
        ask(token)


def test_a_new_connection_to_the_database_goes_on(issuer, ask, transactional_db):
    ServiceClientFactory(issuer=issuer.url)
    token = issuer.sign(scope="orders:read")
    assert ask(token).status_code == 200
    connection.close()
    assert ask(token).status_code == 200


def test_a_rolled_back_transaction_does_not_matter(issuer, ask, transactional_db):
    ServiceClientFactory(issuer=issuer.url)
    token = issuer.sign(scope="orders:read")
    connection.close()
    with transaction.atomic():
        assert ask(token).status_code == 200
        transaction.set_rollback(True)
    assert ask(token).status_code == 200


SETTINGS = {
    "OIDC_AUDIENCE": "another",
    "OIDC_CLIENT_ID": "dosette",
    "OIDC_STRICT_TOKEN_TYPE": True,
    "OIDC_ISSUER": "https://another.example",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_token_that_was_good_is_looked_at_anew_under_other_settings(issuer, ask, settings, name):
    token = issuer.sign(typ="JWT", scope="orders:read")
    assert ask(token).status_code == 200
    setattr(settings, name, SETTINGS[name])
    assert refused(ask(token))


def test_a_token_that_was_good_is_refused_once_its_key_is_withdrawn(issuer, ask):
    token = issuer.sign(scope="orders:read")
    assert ask(token).status_code == 200
    issuer.keys = {"second": rsa_key("second")}
    issuer_of(issuer.url)._published = published_by(issuer.url)
    assert refused(ask(token))


def test_only_good_tokens_are_remembered_and_not_endlessly(issuer, ask, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_KEPT", 3)
    tokens._verified_tokens.clear()
    for number in range(5):
        ask(issuer.sign(scope="orders:read", jti=str(number)))
        ask(issuer.sign(scope="orders:read", jti=str(number), exp=1))
    assert len(tokens._verified_tokens) == 3
