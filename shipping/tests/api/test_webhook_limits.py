"""Floods: counted before they are read, answered 429, and never at another's cost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from redis.connection import Connection
from standardwebhooks import Webhook

from core.tests.web.test_rate_limits import redis  # noqa: F401 - a fixture
from core.web import rate_limits as rates
from shipping.api import webhook_limits
from shipping.models import ProviderProfile, TrackingEvent
from shipping.tests.api.test_webhooks import EVENT, SECRET, about, bearing, post
from shipping.tests.factories import queued_shipment

URL = "/api/v1/webhooks/shipping/"


@pytest.fixture(autouse=True)
def fresh(db: None, settings: Any) -> None:
    settings.REFERENCE_PROVIDER_SECRET = SECRET
    # Counts of its own, in a Redis that other tests use too.
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": uuid4().hex}}
    webhook_limits._rates.clear()
    webhook_limits._refused.clear()
    rates.forget()


def test_an_address_that_proves_nothing_is_told_when_to_come_back(settings):
    settings.WEBHOOK_RATE_PER_ADDRESS = 3
    assert [post().status_code for _ in range(4)] == [401, 401, 401, 429]
    answer = post()
    assert answer.status_code == 429
    assert 50 < int(answer["Retry-After"]) <= 60
    assert answer.json()["type"] == "client_error"


def test_M12_a_neighbours_flood_keeps_no_proven_webhook_out(settings):
    """By a signature as by the secret: it is judged after its proof."""
    settings.WEBHOOK_RATE_PER_ADDRESS, settings.RATE_ADDRESS = 3, "3/m"
    client = Client()  # one process, which remembers whom it has turned away
    for _ in range(6):
        client.get("/api/v1/orders/")
        client.post(f"{URL}reference/", EVENT, content_type="application/json")
    assert client.get("/api/v1/orders/").status_code == 429
    assert (
        client.post(f"{URL}reference/", EVENT, content_type="application/json").status_code == 429
    )
    for proof in (signed(EVENT), {"authorization": f"Bearer {SECRET}"}):
        answer = client.post(f"{URL}reference/", EVENT, "application/json", headers=proof)
        assert answer.status_code == 200


def signed(body: bytes) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": "m",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("m", now, body.decode()),
    }


def test_what_is_proven_never_counts_for_its_address(settings):
    settings.WEBHOOK_RATE, settings.RATE_ADDRESS = 2, "3/m"
    assert [bearing().status_code for _ in range(6)] == [200, 200, 429, 429, 429, 429]
    assert Client().get("/api/v1/orders/").status_code == 401


def test_a_flood_of_garbage_costs_no_statement(settings, django_assert_num_queries):
    settings.WEBHOOK_RATE_PER_ADDRESS = 0
    post()  # that it is refused is noted, every minute at most
    with django_assert_num_queries(0):
        assert post(b"x" * 60_000).status_code == 429


def test_garbage_uses_up_nobodys_allowance(settings):
    settings.WEBHOOK_RATE = 1
    for _ in range(5):
        assert post(REMOTE="x").status_code == 401
    assert bearing().status_code == 200
    assert bearing().status_code == 429
    assert TrackingEvent.objects.count() == 1


def test_staff_set_the_rate_of_a_provider(settings):
    ProviderProfile.objects.create(provider="reference", webhook_rate=2)
    assert [bearing(about(f"co-{n}")).status_code for n in range(3)] == [200, 200, 429]


def test_a_redis_that_is_down_stops_no_webhook(settings):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    settings.WEBHOOK_RATE = 2
    assert [bearing(about(f"co-{n}")).status_code for n in range(3)] == [200, 200, 429]


def test_a_clock_that_is_set_lets_no_more_in(settings):
    settings.WEBHOOK_RATE_PER_ADDRESS = 1
    assert [post().status_code for _ in range(2)] == [401, 429]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        assert post().status_code == 429


@pytest.mark.parametrize("length", ["²", "-1", "x", "9" * 400, "1e3", " "])
def test_no_length_whatever_is_a_5xx(length):
    answer = Client().generic("POST", f"{URL}reference/", b"{}", CONTENT_LENGTH=length)
    assert answer.status_code in {400, 401, 411, 413}


_many = examples(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_header = some.text(some.characters(min_codepoint=1, max_codepoint=255), max_size=50)
_name = some.sampled_from(
    ["HTTP_WEBHOOK_ID", "HTTP_WEBHOOK_TIMESTAMP", "HTTP_WEBHOOK_SIGNATURE", "HTTP_AUTHORIZATION",
     "CONTENT_TYPE", "HTTP_ACCEPT", "HTTP_X_FORWARDED_FOR"]
)  # fmt: skip
_provider = some.sampled_from(["reference", "northpost", "swiftparcel", "console"])


@_many
@given(_provider, some.dictionaries(_name, _header, max_size=6), some.binary(max_size=80))
def test_no_headers_whatever_are_a_5xx(provider, headers, body):
    made = {"content_type": headers.pop("CONTENT_TYPE", "application/json")}
    answer = Client().generic("POST", f"{URL}{provider}/", body, **made, **headers)
    assert answer.status_code in {400, 401, 411, 413}
    assert not TrackingEvent.objects.exists()


_json = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(max_size=8),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(["order_id", "event_name", "event_time", "id", "type", "data"]), inner
        )
    ),
    max_leaves=8,
)


@_many
@given(_json)
def test_any_proven_body_whatever_is_kept(value):
    assert bearing({"x": value}).status_code == 200
    if isinstance(value, dict):
        good = {"order_id": "co-1", "event_name": "delivered", "event_time": "2023-05-19 13:18:45"}
        assert bearing(good | value).status_code == 200


@pytest.mark.usefixtures("redis")
def test_a_webhook_takes_one_statement_and_hundreds_ask_redis_once(
    monkeypatch, django_assert_num_queries
):
    trips: list[int] = []
    send = Connection.send_packed_command

    def counted(*given: Any, **more: Any) -> None:
        trips.append(1)
        send(*given, **more)

    monkeypatch.setattr(Connection, "send_packed_command", counted)
    reference = queued_shipment().reference
    bearing(about(reference))  # reads the provider's rate, and opens the connection
    trips.clear()
    for number in range(20):
        body = about(reference, event_time=f"2023-05-19 12:18:{number:02d}")
        with django_assert_num_queries(1):
            assert bearing(body).status_code == 200
    assert trips == []
    assert TrackingEvent.objects.count() == 21
