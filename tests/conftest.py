"""The whole road in one process: Dosette behind a real HTTP server, the sandbox as the world."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from identity import demo
from notifications import sweeper as notifications_sweeping
from notifications.delivery import queues
from sandbox.testing import Sandbox, running_sandbox, wait_until
from shipping import sweeper as shipping_sweeping
from shipping.dispatch import queue

ADDRESS = {
    "recipient": "John Doe",
    "line_1": "The battleship building",
    "line_2": "179 harrow road",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}


@dataclass
class House:
    """Dosette as an API client sees it, and a worker that works when it is told to."""

    url: str
    sandbox: Sandbox

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> requests.Response:
        """One API request with the demo client's token."""
        headers = {"Authorization": f"Bearer {self.sandbox.token()}"} | headers
        url = path if path.startswith("http") else f"{self.url}/api/v1/{path}"
        return requests.request(method, url, json=json, headers=headers, timeout=20)

    def get(self, path: str) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, json: Any = None, status: int = 201, key: str = "") -> Any:
        """The JSON of a POST that must answer `status`; `key` is its Idempotency-Key."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.call("POST", path, {} if json is None else json, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def work(self) -> None:
        """What workers do when they are nudged, and what the sweeper does."""
        shipping_sweeping.sweep()
        queue.dispatch()
        notifications_sweeping.sweep()
        queues.dispatch()

    def work_until(self, condition: Callable[[], Any]) -> Any:
        """Work until something holds: the sandbox answers by webhooks in its own time."""

        def worked() -> Any:
            self.work()
            return condition()

        return wait_until(worked, 30)

    def customer(self, **fields: Any) -> int:
        """A new customer's id; a phone number and an e-mail address unless told otherwise."""
        body = {"name": "John Doe", "phone_number": "+254704590344", "email": "john@example.com"}
        return int(self.post("customers/", body | fields)["id"])


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The examples of the matrix, made once; all that is tried on them is rolled back."""
    from django.db import transaction

    from tests.matrix.cast import Cast

    with django_db_blocker.unblock(), transaction.atomic():
        yield Cast.make()
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def world() -> Iterator[Sandbox]:
    """One sandbox for all journeys."""
    with running_sandbox(web_url="http://127.0.0.1:1") as sandbox:
        yield sandbox


@pytest.fixture
def house(world: Sandbox, delivered: None, live_server: Any, settings: Any) -> Iterator[House]:
    """A fresh house: the delivered rules and templates, the demo client, an empty ledger."""
    _point_at(world, settings)
    world.clear()
    world.config.web_url = live_server.url
    demo.load()
    yield House(live_server.url, world)
    world.config.web_url = "http://127.0.0.1:1"
    world.clear()


def _point_at(sandbox: Sandbox, settings: Any) -> None:
    config = sandbox.config
    settings.OIDC_ISSUER = sandbox.issuer
    settings.OIDC_CLIENT_ID = config.oidc_client_id
    settings.OIDC_CLIENT_SECRET = config.oidc_client_secret
    settings.OIDC_TRUSTED_ISSUERS = [sandbox.issuer]
    settings.REFERENCE_PROVIDER_URL = f"{sandbox.url}/provider/shipments"
    settings.REFERENCE_PROVIDER_SECRET = config.reference_provider_secret
    settings.AFRICAS_TALKING_BASE_URL = f"{sandbox.url}/africastalking"
    settings.AFRICAS_TALKING_USERNAME = config.africas_talking_username
    settings.AFRICAS_TALKING_API_KEY = config.africas_talking_api_key
    settings.AFRICAS_TALKING_CALLBACK_TOKEN = config.africas_talking_callback_token
    settings.SMS_GATEWAY_URL = f"{sandbox.url}/gateways/sms"
    settings.SMS_GATEWAY_TOKEN = config.sms_gateway_token
    settings.EMAIL_GATEWAY_URL = f"{sandbox.url}/gateways/email"
    settings.EMAIL_GATEWAY_TOKEN = config.email_gateway_token
    settings.SMS_PROVIDER = ["africastalking"]
    settings.EMAIL_PROVIDER = ["gateway"]


@pytest.fixture
def products(transactional_db: None) -> None:
    """What the journeys order."""
    from orders.tests.factories import KitFactory, ProductFactory

    ProductFactory(item_id="it-1", name="Serum")
    for kit in ("whole-exome-sequencing", "ancestry"):
        KitFactory(item_id=kit, name=f"{kit} kit")
