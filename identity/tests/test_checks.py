"""Settings that would open the door are found at the start."""

import pytest

from identity.checks import (
    check_bearer_settings,
    check_idle_limit,
    check_password_login,
    check_second_factor_setting,
)


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


def test_a_second_factor_is_optional_or_required(settings):
    assert check_second_factor_setting() == []
    settings.SECOND_FACTOR = "requierd"
    assert [error.id for error in check_second_factor_setting()] == ["identity.E004"]


def test_passwords_alone_and_an_unnamed_proxy_are_warned_about(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    found = [warning.id for warning in check_password_login()]
    assert found == ["identity.W001", "identity.W002"]
    settings.SECOND_FACTOR, settings.TRUSTED_PROXIES = "required", 1
    assert check_password_login() == []


def test_without_password_login_there_is_nothing_to_warn_about(settings):
    settings.PASSWORD_LOGIN = False
    assert check_password_login() == []


def test_a_session_must_last_from_one_click_to_the_next(settings):
    assert check_idle_limit() == []
    settings.SESSION_IDLE_LIMIT = 0
    assert [error.id for error in check_idle_limit()] == ["identity.E005"]
