"""Settings that cannot work are named at the start."""

from shipping import providers
from shipping.checks import provider_exists, zones_exist


def test_the_delivered_settings_are_right():
    assert provider_exists() == zones_exist() == []


def test_an_unknown_provider_is_named(settings):
    settings.SHIPPING_PROVIDER = "nobody"
    [error] = provider_exists()
    assert error.msg == f"SHIPPING_PROVIDER must be one of: {', '.join(providers.names())}."


def test_an_unknown_zone_is_named(settings):
    settings.REFERENCE_PROVIDER_TIME_ZONE = "Mars/Olympus"
    [error] = zones_exist()
    assert "REFERENCE_PROVIDER_TIME_ZONE must be a time zone" in error.msg
