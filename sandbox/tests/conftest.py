"""One silent sandbox, and one that posts to a receiver; both are fresh worlds in each test."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.testing import Sandbox, running_sandbox
from sandbox.tests.receiver import Receiver, running_receiver

# As in the documented example, shared/data/shipment_request.json.
SHIPMENT = {
    "order_id": "co-1",
    "delivery_service": "standard",
    "items": [{"item_id": "it-1", "quantity": 2, "weight": 10}],
    "delivery_address": {
        "recipient": "John Doe",
        "line_1": "The battleship building",
        "line_2": "179 harrow road",
        "city": "London",
        "postcode": "W2 6NB",
        "country": "GB",
    },
}


@pytest.fixture(scope="session")
def silent_sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(silent_sandbox: Sandbox) -> Sandbox:
    silent_sandbox.clear()
    return silent_sandbox


@pytest.fixture(scope="session")
def only_receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def only_posting_sandbox(only_receiver: Receiver) -> Iterator[Sandbox]:
    with running_sandbox(web_url=only_receiver.url) as sandbox:
        yield sandbox


@pytest.fixture
def posting(only_posting_sandbox: Sandbox, receiver: Receiver) -> Sandbox:
    return only_posting_sandbox


@pytest.fixture
def receiver(only_receiver: Receiver, only_posting_sandbox: Sandbox) -> Receiver:
    only_posting_sandbox.clear()
    only_receiver.clear()
    return only_receiver


@pytest.fixture
def shipment() -> dict[str, Any]:
    return copy.deepcopy(SHIPMENT)


Ship = Callable[..., requests.Response]


@pytest.fixture
def ship(shipment: dict[str, Any]) -> Ship:
    """Posts a shipment to a sandbox."""

    def post(to: Sandbox, key: str = "key-1", **changes: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {to.config.reference_provider_secret}"}
        if key:
            headers["Idempotency-Key"] = key
        body = {**shipment, **changes}
        return requests.post(f"{to.url}/provider/shipments", json=body, headers=headers, timeout=10)

    return post


Sms = Callable[..., requests.Response]


@pytest.fixture
def sms() -> Sms:
    """Sends a message by Africa's Talking's API of a sandbox."""

    def send(by: Sandbox, to: str, headers: Any = None, **fields: str) -> requests.Response:
        form = {"username": "sandbox", "to": to, "message": "Your order is placed.", **fields}
        key = by.config.africas_talking_api_key
        return requests.post(
            f"{by.url}/africastalking/version1/messaging",
            data=form,
            headers=headers or {"apiKey": key, "Accept": "application/json"},
            timeout=10,
        )

    return send
