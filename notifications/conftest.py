"""The world that the tests of notifications talk to, over real HTTP on loopback."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifications.channels.africastalking.transport import AfricasTalking
from notifications.channels.gateway import Gateway
from sandbox.testing import Sandbox, running_sandbox


@pytest.fixture(scope="session")
def world() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(world: Sandbox, settings) -> Sandbox:
    """A fresh sandbox, which every transport is pointed at."""
    world.clear()
    config = world.config
    settings.AFRICAS_TALKING_BASE_URL = f"{world.url}/africastalking"
    settings.AFRICAS_TALKING_USERNAME = config.africas_talking_username
    settings.AFRICAS_TALKING_API_KEY = config.africas_talking_api_key
    settings.AFRICAS_TALKING_SENDER_ID = ""
    settings.AFRICAS_TALKING_CALLBACK_TOKEN = config.africas_talking_callback_token
    settings.SMS_GATEWAY_URL = f"{world.url}/gateways/sms"
    settings.SMS_GATEWAY_TOKEN = config.sms_gateway_token
    settings.EMAIL_GATEWAY_URL = f"{world.url}/gateways/email"
    settings.EMAIL_GATEWAY_TOKEN = config.email_gateway_token
    settings.SMS_PROVIDER = ["africastalking"]
    settings.EMAIL_PROVIDER = ["gateway"]
    settings.PUSH_TRUSTED_ORIGINS = [world.url]
    settings.ANYMAIL_BACKEND = "postmark"
    settings.ANYMAIL = {
        "POSTMARK_API_URL": f"{world.url}/postmark/",
        "POSTMARK_SERVER_TOKEN": config.postmark_server_token,
        "WEBHOOK_SECRET": config.email_webhook_secret,
    }
    return world


@pytest.fixture
def hurried(monkeypatch) -> None:
    """The real requests, with a deadline that a test can wait for and a busy machine can keep."""
    for transport in (AfricasTalking, Gateway):
        make = transport.request
        monkeypatch.setattr(
            transport, "request", lambda *given, make=make: replace(make(*given), timeout=2.0)
        )
