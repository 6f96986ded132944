"""The documentation's provider and channel work, each as one new file beside the others."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
from django.utils import timezone

from customers import contact_channels
from customers.tests.factories import CustomerFactory
from notifications import channels
from notifications.delivery import queues
from notifications.models import Notification, Rule
from notifications.services import notify
from orders.tests.factories import placed_kit_order, placed_order
from shipping import providers, sweeper
from shipping.dispatch import queue
from shipping.models import Shipment, UnreadableEvent
from shipping.tests.providers import test_conformance
from shipping.tests.providers.conformance import Case, Conformance
from tests.docs import pages


class Outside:
    """A small service on loopback: keeps what it was sent, and answers as it is told to.

    An answer is `(status, body)`; None takes the request and breaks the connection.
    """

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.answers: list[tuple[int, Any] | None] = []
        outside = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                outside.taken.append(
                    {
                        "path": self.path,
                        "authorization": self.headers["Authorization"],
                        "body": json.loads(self.rfile.read(length)),
                    }
                )
                self._answer()

            def do_GET(self) -> None:
                outside.taken.append({"path": self.path})
                self._answer()

            def _answer(self) -> None:
                answer = outside.answers.pop(0)
                if answer is None:
                    self.close_connection = True
                    return
                body = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def outside() -> Iterator[Outside]:
    service = Outside()
    yield service
    service.stop()


@contextmanager
def one_more_file(package: ModuleType, name: str, source: str, folder: Path) -> Iterator[None]:
    """A module of that name in the package, as if its file lay beside the others."""
    (folder / f"{name}.py").write_text(source)
    package.__path__.append(str(folder))
    try:
        yield
    finally:
        package.__path__.remove(str(folder))
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)


def forget(*modules: ModuleType) -> None:
    """Empty the caches of these modules."""
    for module in modules:
        for thing in list(vars(module).values()):
            if hasattr(thing, "cache_clear"):
                thing.cache_clear()


# --- docs/adding-a-provider.md -------------------------------------------------------------


@pytest.fixture
def postline(
    tmp_path: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch, settings: Any, db: None
) -> Iterator[Outside]:
    """The page's provider beside the others, and the preferred one."""
    monkeypatch.setenv("POSTLINE_URL", outside.url)
    monkeypatch.setenv("POSTLINE_LOGIN", "dosette:secret")
    monkeypatch.setenv("POSTLINE_HOOK_SECRET", "hook-secret")
    settings.SHIPPING_PROVIDER = "postline"
    source = pages.block("adding-a-provider.md", "python provider postline")
    with one_more_file(providers, "postline", source, tmp_path):
        forget(providers)
        yield outside
    forget(providers)


CONSIGNMENT = {"consignment": "PL1", "barcode": "B1", "follow": "https://postline.example/PL1"}


def sent_by_postline(service: Outside, *answers: tuple[int, Any] | None) -> Shipment:
    """The shipment of an order after one attempt."""
    shipment: Shipment = placed_order().shipments.get()
    service.answers = list(answers)
    queue.dispatch()
    shipment.refresh_from_db()
    return shipment


def test_C1_the_provider_of_the_page_takes_a_parcel(postline: Outside):
    shipment = sent_by_postline(postline, (201, CONSIGNMENT))
    assert (shipment.provider, shipment.state) == ("postline", "sent")
    assert (shipment.provider_reference, shipment.tracking_number) == ("PL1", "B1")
    [taken] = postline.taken
    assert taken["authorization"] == "Basic ZG9zZXR0ZTpzZWNyZXQ="
    assert taken["body"] == {
        "ref": shipment.reference,
        "speed": "48h",
        "pieces": [{"item": shipment.order.lines.get().item_id, "count": 2, "grams": 10}],
        "name": "John Doe",
        "street": "The battleship building",
        "extra": "179 harrow road",
        "town": "London",
        "code": "W2 6NB",
        "land": "GB",
    }


@pytest.mark.parametrize("found", [[CONSIGNMENT], []])
def test_the_provider_of_the_page_is_asked_before_anything_is_sent_again(postline, found):
    shipment = sent_by_postline(postline, None)
    assert (shipment.state, shipment.doubtful) == ("queued", True)
    Shipment.objects.update(next_attempt_at=timezone.now())
    postline.answers = [(200, {"found": found}), (201, CONSIGNMENT)]
    queue.dispatch()
    shipment.refresh_from_db()
    assert (shipment.state, shipment.provider_reference) == ("sent", "PL1")
    asked = f"/consignments?ref={shipment.reference}"
    again = [] if found else ["/consignments"]
    assert [each["path"] for each in postline.taken] == ["/consignments", asked, *again]


def test_the_provider_of_the_page_refuses_what_it_cannot_say(postline: Outside):
    Shipment.objects.filter(pk=placed_order().shipments.get().pk).update(postcode="12345678901")
    queue.dispatch()
    shipment = Shipment.objects.get()
    assert shipment.state == "rejected"
    assert "code: longer than 10 characters" in shipment.last_error
    assert postline.taken == []


def test_C2_the_provider_of_the_page_reports_a_state(postline: Outside, api: Callable[..., Any]):
    shipment = sent_by_postline(postline, (201, CONSIGNMENT))
    event = {"id": "e1", "ref": shipment.reference, "state": "LOADED", "when": "19.05.2024 13:18"}
    answer = report(api, event, "hook-secret")
    assert answer.status_code == 200, answer.content
    sweeper.sweep()
    shipment.refresh_from_db()
    assert shipment.state == "in-transit"
    told = shipment.tracking_events.get()
    assert told.event_time == datetime(2024, 5, 19, 11, 18, tzinfo=UTC)


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_the_provider_of_the_page_takes_no_webhook_without_the_secret(postline, api, secret):
    assert report(api, {"id": "e1"}, secret).status_code == 401


def test_without_its_secret_the_provider_of_the_page_takes_no_webhook(postline, api, monkeypatch):
    monkeypatch.delenv("POSTLINE_HOOK_SECRET")
    assert report(api, {"id": "e1"}, "").status_code == 401


@pytest.mark.parametrize(("field", "value"), [("when", "yesterday"), ("state", "EATEN")])
def test_the_provider_of_the_page_keeps_what_it_cannot_read(postline, api, field, value):
    event = {"id": "e1", "ref": "co-1", "state": "LOADED", "when": "19.05.2024 13:18"}
    assert report(api, event | {field: value}, "hook-secret").status_code == 200
    kept = UnreadableEvent.objects.get()
    assert kept.raw == event | {field: value}
    assert kept.problem.startswith(f"{field}: ") or kept.raw_status == value


class TestPostline(Conformance):
    """The page's case in the conformance suite."""

    @pytest.fixture
    def case(self, postline: Outside) -> Case:
        source = pages.block("adding-a-provider.md", "python case postline")
        [case] = eval(f"[{source}]", vars(test_conformance))  # noqa: S307 - it is our own page
        assert isinstance(case, Case)
        return case


def report(api: Callable[..., Any], event: dict[str, str], secret: str) -> Any:
    """The answer to a webhook."""
    path = "/api/v1/webhooks/shipping/postline/"
    return api(None).post(path, event, format="json", HTTP_AUTHORIZATION=f"Bearer {secret}")


# --- docs/adding-a-channel.md --------------------------------------------------------------


@pytest.fixture
def beacon(
    tmp_path: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[Outside]:
    """The page's channel beside the others."""
    monkeypatch.setenv("BEACON_URL", f"{outside.url}/messages")
    monkeypatch.setenv("BEACON_TOKEN", "beacon-token")
    source = pages.block("adding-a-channel.md", "python channel app")
    with one_more_file(channels, "app", source, tmp_path):
        forget(channels, queues)
        contact_channels.register(channels.channels()["app"])
        yield outside
    forget(channels, queues)
    contact_channels._channels.pop("app")


def pushed(service: Outside, row: Notification, answer: tuple[int, Any] | None) -> Notification:
    """The notification after one attempt."""
    service.answers = [answer]
    queues.dispatch()
    row.refresh_from_db()
    return row


def test_A3_the_channel_of_the_page_carries_what_notify_is_given(beacon: Outside):
    customer = CustomerFactory.create()
    row = pushed(beacon, notify(customer, message="Hello", channel="app"), (202, {"id": "b-1"}))
    assert (row.state, row.provider, row.provider_reference) == ("sent", "beacon", "b-1")
    assert beacon.taken == [
        {
            "path": "/messages",
            "authorization": "Bearer beacon-token",
            "body": {"person": customer.code, "text": "Hello"},
        }
    ]


@pytest.mark.parametrize(
    ("answer", "state"), [(None, "unknown"), ((400, {}), "failed"), ((503, {}), "unknown")]
)
def test_the_channel_of_the_page_says_what_became_of_a_message(beacon, answer, state):
    row = notify(CustomerFactory.create(), message="Hello", channel="app")
    assert pushed(beacon, row, answer).state == state


def test_the_channel_of_the_page_records_who_wants_no_more(beacon: Outside):
    customer = CustomerFactory.create()
    pushed(beacon, notify(customer, message="Hello", channel="app"), (410, {}))
    assert notify(customer, message="Hello again", channel="app").state == "suppressed"


def test_A2_a_rule_and_an_order_may_name_the_channel_of_the_page(beacon: Outside):
    Rule.objects.filter(kit_type="whole-exome-sequencing").update(channel="app")
    placed_kit_order("whole-exome-sequencing")
    placed_kit_order("ancestry", channel="app")
    told = Notification.objects.values_list("channel", "provider")
    assert list(told) == [("app", "beacon")] * 2


def test_customers_are_reached_as_before_beside_the_channel_of_the_page(beacon: Outside):
    assert notify(CustomerFactory.create(), message="Hello").channel == "email"
