"""The reference provider's webhook (C2): who may speak, and what they may say."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from standardwebhooks import Webhook

from shipping import providers
from shipping.provider_api import signatures
from shipping.provider_api.base import Unreadable, WebhookValidationError
from shipping.provider_api.parsing import InvalidEventError
from shipping.tests.factories import read_one

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTED = json.loads((ROOT / "customers/demo_data/shipment_request.json").read_text())
EVENT = (ROOT / "shipping/demo_data/shipment_event.json").read_bytes()
SECRETS = ["whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2)]
JSON = {"Content-Type": "application/json"}

reference = providers.get("reference")


@pytest.fixture(autouse=True)
def provider_settings(settings: Any) -> None:
    settings.REFERENCE_PROVIDER_URL = "https://provider.example/shipments/"
    settings.REFERENCE_PROVIDER_SECRET = ", ".join(SECRETS)
    settings.REFERENCE_PROVIDER_TIME_ZONE = "Europe/London"


def signed(body: bytes, secret: str, sent: datetime | None = None) -> dict[str, str]:
    moment = sent or datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", moment, body.decode()),
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_any_active_secret_signs(secret):
    """So secrets rotate without a gap."""
    reference.verify(signed(EVENT, secret), EVENT)


def test_a_signature_of_now_is_good_whatever_this_process_takes_it_to_be(wrong_clock):
    headers, old = signed(EVENT, SECRETS[0]), datetime.now(UTC) - timedelta(minutes=6)
    with wrong_clock():
        reference.verify(headers, EVENT)
        with pytest.raises(WebhookValidationError):
            reference.verify(signed(EVENT, SECRETS[0], old), EVENT)


def test_one_good_signature_of_several_is_enough():
    headers = signed(EVENT, SECRETS[0])
    headers["webhook-signature"] = f"v1,AAAA v1a,BBBB {headers['webhook-signature']}"
    reference.verify(headers, EVENT)


def test_the_bearer_secret_is_enough_without_a_signature():
    reference.verify({"authorization": f"Bearer {SECRETS[1]}"}, EVENT)
    reference.verify({"authorization": f"bearer {SECRETS[1]}"}, EVENT)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {SECRETS[0]}"},
        {"authorization": f"Bearer {SECRETS[0]}, {SECRETS[1]}"},
        {"authorization": "Bearer \xff"},
        signed(EVENT, "whsec_" + base64.b64encode(b"x" * 32).decode()),
        signed(EVENT, SECRETS[0], datetime.now(UTC) - timedelta(hours=1)),
        signed(EVENT, SECRETS[0], datetime.now(UTC) + timedelta(hours=1)),
        signed(EVENT, SECRETS[0]) | {"webhook-id": "msg_2"},
        signed(EVENT, SECRETS[0]) | {"webhook-timestamp": "nan"},
        signed(EVENT, SECRETS[0]) | {"webhook-timestamp": "1e400"},
        signed(EVENT, SECRETS[0]) | {"webhook-signature": "v1"},
        signed(EVENT, SECRETS[0]) | {"webhook-signature": "v1,\xff"},
        signed(EVENT, SECRETS[0]) | {"webhook-signature": ""},
        # A bad signature is not made good by the secret.
        {"webhook-signature": "v1,AAAA", "authorization": f"Bearer {SECRETS[0]}"},
    ],
)
def test_anything_else_is_refused(headers):
    with pytest.raises(WebhookValidationError):
        reference.verify(headers, EVENT)


def test_a_secret_that_was_never_set_opens_nothing():
    assert not signatures.has_bearer_secret([""], {"authorization": "Bearer "})


def test_a_signature_is_over_the_raw_body():
    with pytest.raises(WebhookValidationError):
        reference.verify(signed(EVENT, SECRETS[0]), EVENT + b" ")
    with pytest.raises(WebhookValidationError):
        reference.verify(signed(EVENT, SECRETS[0]), b"\xff\xfe")


@pytest.mark.parametrize("minutes", [-6, -4, 4, 6])
def test_a_signature_is_good_for_five_minutes(minutes):
    headers = signed(EVENT, SECRETS[0], datetime.now(UTC) + timedelta(minutes=minutes))
    if abs(minutes) < 5:
        reference.verify(headers, EVENT)
    else:
        with pytest.raises(WebhookValidationError):
            reference.verify(headers, EVENT)


def test_without_a_secret_nobody_comes_in(settings):
    settings.REFERENCE_PROVIDER_SECRET = ""
    for headers in ({"authorization": "Bearer "}, signed(EVENT, SECRETS[0])):
        with pytest.raises(WebhookValidationError):
            reference.verify(headers, EVENT)


def test_C2_the_documented_event_is_read_in_the_providers_zone():
    event = read_one(reference, EVENT)
    assert (event.order_id, event.event_name) == ("co-1", "in-transit")
    assert event.event_time == datetime(2023, 5, 19, 12, 18, 45, tzinfo=UTC)
    assert event.raw == json.loads(EVENT)
    assert event.event_id == "co-1 in-transit 2023-05-19 13:18:45"


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-01-15 12:00:00", "2026-01-15 12:00:00"),
        ("2026-03-29 00:59:59", "2026-03-29 00:59:59"),
        ("2026-03-29 01:30:00", "2026-03-29 01:30:00"),  # the clock jumps over it
        ("2026-03-29 02:00:00", "2026-03-29 01:00:00"),
        ("2026-10-25 01:30:00", "2026-10-25 00:30:00"),  # it comes twice: the first is meant
        ("2026-10-25 02:00:00", "2026-10-25 02:00:00"),
    ],
)
def test_C2_every_wall_clock_time_has_one_meaning(local, utc):
    body = json.dumps({"order_id": "co-1", "event_name": "delivered", "event_time": local})
    with time_machine.travel("2026-12-01"):
        event = read_one(reference, body.encode())
    assert event.event_time == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2023-05-19T13:18:45",
        "2023-05-19t13:18:45.000",
        " 2023-05-19 13:18:45 ",
        "2023-05-19 12:18:45Z",
        "2023-05-19t14:18:45+02:00",
    ],
)
def test_a_time_of_rfc_3339_is_taken_and_its_zone_counts(said):
    body = json.dumps(json.loads(EVENT) | {"event_time": said}).encode()
    event = read_one(reference, body)
    assert event.event_time == datetime(2023, 5, 19, 12, 18, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_id", None),
        ("order_id", ""),
        ("order_id", "  "),
        ("order_id", "x" * 36),
        ("order_id", 17),
        ("event_name", None),
        ("event_name", ["delivered"]),
        ("event_time", None),
        ("event_time", "19.05.2023 13:18:45"),
        ("event_time", "2023-05-19"),
        ("event_time", "2023-02-30 13:18:45"),
        ("event_time", "2023-05-19 24:00:00"),
        ("event_time", "1999-12-31 23:59:59"),
        ("event_time", "2999-01-01 00:00:00"),
        ("event_time", "٢٠٢٣-05-19 13:18:45"),
        ("event_time", 1684502325),
    ],
)
def test_C2_a_bad_field_is_named_and_the_event_kept_whole(field, value):
    body = json.loads(EVENT) | {field: value}
    body = {name: value for name, value in body.items() if value is not None}
    [event] = reference.events(json.dumps(body).encode())
    assert isinstance(event, Unreadable)
    assert event.raw == body
    assert event.problem.startswith(f"{field}: ")


def test_a_status_that_nobody_knows_is_none_of_ours():
    body = json.dumps(json.loads(EVENT) | {"event_name": "lost"}).encode()
    event = read_one(reference, body)
    assert (event.event_name, event.raw_status, event.order_id) == ("", "lost", "co-1")


@pytest.mark.parametrize(
    "said", ["CO-1", " co-1 ", "co-1".ljust(60), "c o-1", "\u200bco\u20111\u00a0"]
)
def test_our_reference_padded_or_in_capitals_is_ours(said):
    body = json.dumps(json.loads(EVENT) | {"order_id": said}).encode()
    assert read_one(reference, body).order_id == "co-1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b'{"a": 1, "a": 2}',
        b'{"a": [{"b": 1, "b": 1}]}',
        b"[" * 100_000,
    ],
)
def test_C2_what_is_no_json_object_is_refused(body):
    with pytest.raises(InvalidEventError):
        reference.events(body)


def test_C2_a_time_a_little_ahead_is_a_clock_that_is_fast():
    ahead = (datetime.now(UTC) + timedelta(hours=20)).strftime("%Y-%m-%d %H:%M:%S")
    body = {"order_id": "co-1", "event_name": "delivered", "event_time": ahead, "more": {"a": 1}}
    assert reference.events(json.dumps(body).encode())
