"""A provider is asked whether it works, and nothing is handed over."""

import pytest

from sandbox.testing import Sandbox
from shipping.dispatch.connection import try_connection
from shipping.models import ProviderProfile, Shipment

pytestmark = pytest.mark.django_db


def test_who_answers_and_lets_us_ask_works(world: Sandbox):
    trial = try_connection("northpost")
    assert (trial.is_good, trial.text) == (True, "It answers, and lets us ask.")
    assert not Shipment.objects.exists()


def test_who_cannot_be_asked_says_so(world: Sandbox):
    trial = try_connection("swiftparcel")
    assert trial.is_good is None
    assert trial.text.startswith("Nothing was asked: its contract has no request")
    assert not any(world.ledger().values())


def test_a_wrong_secret_is_noticed_and_not_repeated(world: Sandbox, settings):
    settings.NORTHPOST_LOGIN = "wrong:secret-value"
    trial = try_connection("northpost")
    assert not trial.is_good
    assert "secret-value" not in trial.text


def test_a_provider_that_is_away_says_so(world: Sandbox, settings):
    settings.NORTHPOST_URL = "http://127.0.0.1:9"
    assert try_connection("northpost").text.startswith("It does not work: ")


def test_what_is_missing_is_named(world: Sandbox, settings):
    settings.NORTHPOST_LOGIN = ""
    assert "NORTHPOST_LOGIN" in try_connection("northpost").text


def test_an_address_that_may_not_be_called_is_not_called(world: Sandbox, settings):
    settings.PROVIDER_HOSTS = []
    ProviderProfile.objects.create(provider="northpost", url="https://evil.example")
    trial = try_connection("northpost")
    assert not trial.is_good
    assert "PROVIDER_HOSTS" in trial.text
