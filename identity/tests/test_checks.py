"""Settings that would open the door are found at the start."""

import pytest

from identity.checks import check_bearer_settings


def found():
    """The ids of the errors."""
    return [error.id for error in check_bearer_settings()]


def test_the_default_settings_are_fine():
    assert found() == []


def test_an_empty_audience_is_an_error(settings):
    settings.OIDC_AUDIENCE = ""
    assert found() == ["identity.E001"]


def test_the_clients_own_id_as_the_apis_audience_needs_strict_types(settings):
    settings.OIDC_AUDIENCE = settings.OIDC_CLIENT_ID
    assert found() == ["identity.E002"]
    settings.OIDC_STRICT_TOKEN_TYPE = True
    assert found() == []


@pytest.mark.parametrize("name", ["http://issuer.example", "issuer.example", ""])
def test_issuers_are_https_addresses(settings, name):
    settings.DEMO = False
    settings.OIDC_ISSUER = "https://issuer.example"
    settings.OIDC_TRUSTED_ISSUERS = [name]
    assert found() == ["identity.E003"]
