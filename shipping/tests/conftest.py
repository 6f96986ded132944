"""One silent provider for the session: a fresh world in each test."""

from collections.abc import Callable, Iterator
from queue import Empty
from typing import Any

import pytest
from celery import current_app

from sandbox.testing import Sandbox, running_sandbox
from shipping import providers

# The sandbox's name for each of them.
LANES = {"reference": "provider", "northpost": "northpost", "swiftparcel": "swiftparcel"}


@pytest.fixture(scope="session")
def silent_sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def provider(silent_sandbox: Sandbox, settings: Any) -> Sandbox:
    """The reference provider over HTTP. It posts no events."""
    silent_sandbox.clear()
    settings.REFERENCE_PROVIDER_URL = f"{silent_sandbox.url}/provider/shipments"
    settings.REFERENCE_PROVIDER_SECRET = silent_sandbox.config.reference_provider_secret
    return silent_sandbox


@pytest.fixture
def world(provider: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Every provider over HTTP, with half a second for each answer."""
    config = provider.config
    settings.NORTHPOST_URL = f"{provider.url}/northpost"
    settings.NORTHPOST_LOGIN = config.northpost_login
    settings.NORTHPOST_HOOK_SECRET = config.northpost_hook_secret
    settings.SWIFTPARCEL_URL = f"{provider.url}/swiftparcel"
    settings.SWIFTPARCEL_API_KEY = config.swiftparcel_api_key
    settings.SWIFTPARCEL_SECRET = config.swiftparcel_secret
    for name in LANES:
        monkeypatch.setattr(providers.get(name), "timeout", 0.5)
    return provider


@pytest.fixture
def nudges() -> Iterator[Callable[[str], list[Any]]]:
    """The arguments of the messages for a task that are with the broker, which is in memory."""
    _taken()
    yield lambda task: [args for name, args in _taken() if name == task]
    _taken()


def _taken() -> list[tuple[str, Any]]:
    found = []
    with current_app.connection_for_read() as connection:
        for queue in ("dispatch", "default"):
            with connection.SimpleQueue(queue) as messages:
                while message := _next(messages):
                    message.ack()
                    found.append((message.headers["task"], message.payload[0]))
    return found


def _next(messages: Any) -> Any:
    try:
        return messages.get(block=False)
    except Empty:
        return None
