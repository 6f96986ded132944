"""The issuer's keys: published, rotated without a gap, kept from run to run."""

import stat

import jwt
import requests

from sandbox.testing import running_sandbox


def published(sandbox):
    return requests.get(f"{sandbox.issuer}/jwks", timeout=10).json()["keys"]


def kid(token):
    return jwt.get_unverified_header(token)["kid"]


def test_discovery_names_this_issuer_and_its_addresses(sandbox):
    url = f"{sandbox.issuer}/.well-known/openid-configuration"
    document = requests.get(url, timeout=10).json()
    assert document["issuer"] == sandbox.issuer
    for name in ("authorization", "token", "userinfo", "end_session"):
        assert document[f"{name}_endpoint"].startswith(sandbox.issuer)
    assert document["jwks_uri"] == f"{sandbox.issuer}/jwks"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert {"email", "groups"} <= set(document["claims_supported"])


def test_only_the_public_part_is_published(sandbox):
    for key in published(sandbox):
        assert set(key) == {"kty", "n", "e", "use", "alg", "kid"}


def test_the_old_key_stays_until_the_second_rotation(sandbox):
    first = kid(sandbox.token())
    second = sandbox.rotate_keys()
    assert kid(sandbox.token()) == second != first
    assert [key["kid"] for key in published(sandbox)] == [second, first]
    third = sandbox.rotate_keys()
    assert [key["kid"] for key in published(sandbox)] == [third, second]


def test_keys_survive_a_restart_and_are_private(tmp_path):
    with running_sandbox(var=tmp_path) as sandbox:
        before = published(sandbox)
    file = tmp_path / "sandbox" / "oidc-keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with running_sandbox(var=tmp_path) as sandbox:
        assert published(sandbox) == before
