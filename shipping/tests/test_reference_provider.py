"""The reference provider: pure functions, tested without a server (requirements C1 and C2)."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from standardwebhooks import Webhook

from core.http import Done, Permanent, Request, Response, Temporary, Unknown
from orders.models import OrderLine
from shipping import authenticity, providers
from shipping.models import Shipment
from shipping.providers import NotAuthentic, NotExpressible
from shipping.reading import BadEvent

ROOT = Path(__file__).resolve().parents[2]
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


def shipment(**changes: Any) -> Shipment:
    """The shipment of shipment_request.json."""
    address = DOCUMENTED["delivery_address"]
    return Shipment(
        **{"reference": "co-1", "delivery_service": "standard", "provider": "reference"}
        | address
        | changes
    )


def lines(**changes: Any) -> list[OrderLine]:
    return [OrderLine(**{"item_id": "it-1", "quantity": 2, "weight": 10} | changes)]


def test_C1_the_request_is_the_documented_one():
    parcel = shipment()
    request = reference.create(parcel, lines())
    assert isinstance(request, Request)
    assert json.loads(request.body) == DOCUMENTED
    assert (request.method, request.url) == ("POST", "https://provider.example/shipments/")
    assert request.headers["Authorization"] == f"Bearer {SECRETS[0]}"
    assert request.headers["Idempotency-Key"] == str(parcel.key)


@pytest.mark.parametrize(
    "field", ["reference", "recipient", "line_1", "line_2", "city", "postcode", "item_id"]
)
def test_C1_a_value_of_36_characters_is_refused_and_not_cut(field):
    name = "order_id" if field == "reference" else field
    for length, fits in ((35, True), (36, False)):
        value = {field: "é" * length}
        made = (shipment(), lines(**value)) if field == "item_id" else (shipment(**value), lines())
        if fits:
            assert isinstance(reference.create(*made), Request)
        else:
            with pytest.raises(NotExpressible, match=f"^{name}: longer than 35 characters$"):
                reference.create(*made)


def test_C1_what_the_contract_cannot_say_is_refused():
    for parcel, items in (
        (shipment(country="GBR"), lines()),
        (shipment(delivery_service="overnight"), lines()),
        (shipment(), []),
    ):
        with pytest.raises(NotExpressible):
            reference.create(parcel, items)


def answer(status: int, body: Any = b"", **headers: str) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, JSON | headers, raw)


def test_an_answer_may_say_more_of_the_parcel():
    said = {"shipment_id": "s-1", "tracking_number": "T1", "tracking_url": "https://t.example/T1"}
    assert reference.read(answer(201, said)) == Done(
        "s-1", {"tracking_number": "T1", "tracking_url": "https://t.example/T1"}
    )
    assert reference.read(answer(200, {})) == Done("", {"tracking_number": "", "tracking_url": ""})


@pytest.mark.parametrize(
    "unfit",
    [
        {"shipment_id": "x" * 101, "tracking_number": ["T1"], "tracking_url": 7},
        {
            "shipment_id": "a\nb",
            "tracking_number": "x" * 101,
            "tracking_url": "javascript:alert(1)",
        },
        {"tracking_url": "https://" + "x" * 300},
        {"tracking_url": "https://user@evil.example/"},
        {"tracking_url": "https:///nowhere"},
        {"tracking_url": "http://[broken"},
        {"tracking_url": "https://t.example/\u202etxt"},
        {"tracking_url": "//t.example/T1"},
    ],
)
def test_what_is_unfit_to_keep_is_left_out(unfit):
    """The parcel was taken all the same."""
    assert reference.read(answer(201, unfit)) == Done(
        "", {"tracking_number": "", "tracking_url": ""}
    )


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (answer(400, {"error": "postcode"}), Permanent),
        (answer(422, {"error": "postcode"}), Permanent),
        (answer(409, {"error": "duplicate"}), Unknown),
        (answer(401), Temporary),
        (answer(429, **{"Retry-After": "60"}), Temporary),
        (answer(500), Unknown),
        (answer(502), Unknown),
        (answer(503, **{"Retry-After": "60"}), Temporary),
    ],
)
def test_what_a_refusal_means(response, kind):
    outcome = reference.read(response)
    assert isinstance(outcome, kind)
    assert str(response.status) in outcome.reason


@pytest.mark.parametrize("body", [b"", b"<h1>It works!</h1>", b'{"shipment_id": ', b'["s-1"]'])
def test_a_garbled_answer_is_no_answer(body):
    with pytest.raises(ValueError, match="201"):
        reference.read(answer(201, body))


def test_it_is_asked_by_our_reference():
    request = reference.look_up("co-1.3")
    assert (request.method, request.url) == ("GET", "https://provider.example/shipments/co-1.3")
    assert reference.read_look_up(answer(404, {"error": "not found"})) is None
    found = reference.read_look_up(answer(200, {"shipment_id": "s-1"}))
    assert isinstance(found, Done)
    assert found.reference == "s-1"
    assert isinstance(reference.read_look_up(answer(500)), Unknown)


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
    with pytest.raises(NotAuthentic):
        reference.verify(headers, EVENT)


def test_a_secret_that_was_never_set_opens_nothing():
    assert not authenticity.bears([""], {"authorization": "Bearer "})


def test_a_signature_is_over_the_raw_body():
    with pytest.raises(NotAuthentic):
        reference.verify(signed(EVENT, SECRETS[0]), EVENT + b" ")
    with pytest.raises(NotAuthentic):
        reference.verify(signed(EVENT, SECRETS[0]), b"\xff\xfe")


@pytest.mark.parametrize("minutes", [-6, -4, 4, 6])
def test_a_signature_is_good_for_five_minutes(minutes):
    headers = signed(EVENT, SECRETS[0], datetime.now(UTC) + timedelta(minutes=minutes))
    if abs(minutes) < 5:
        reference.verify(headers, EVENT)
    else:
        with pytest.raises(NotAuthentic):
            reference.verify(headers, EVENT)


def test_without_a_secret_nobody_comes_in(settings):
    settings.REFERENCE_PROVIDER_SECRET = ""
    for headers in ({"authorization": "Bearer "}, signed(EVENT, SECRETS[0])):
        with pytest.raises(NotAuthentic):
            reference.verify(headers, EVENT)


def test_C2_the_documented_event_is_read_in_the_providers_zone():
    [event] = reference.events(EVENT)
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
        [event] = reference.events(body.encode())
    assert event.event_time == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_id", None),
        ("order_id", ""),
        ("order_id", "  "),
        ("order_id", "x" * 36),
        ("order_id", 17),
        ("order_id", "co-1\n"),
        ("event_name", None),
        ("event_name", "lost"),
        ("event_name", ["delivered"]),
        ("event_time", None),
        ("event_time", "2023-05-19T13:18:45"),
        ("event_time", "2023-05-19 13:18:45Z"),
        ("event_time", "2023-05-19 13:18"),
        ("event_time", "2023-02-30 13:18:45"),
        ("event_time", "2023-05-19 24:00:00"),
        ("event_time", "1999-12-31 23:59:59"),
        ("event_time", "2999-01-01 00:00:00"),
        ("event_time", "٢٠٢٣-05-19 13:18:45"),
        ("event_time", 1684502325),
    ],
)
def test_C2_a_bad_field_is_refused_by_its_name(field, value):
    body = json.loads(EVENT) | {field: value}
    body = {name: value for name, value in body.items() if value is not None}
    with pytest.raises(BadEvent) as refused:
        reference.events(json.dumps(body).encode())
    assert refused.value.field == field


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
        b"[" * 100_000,
    ],
)
def test_C2_what_is_no_json_object_is_refused(body):
    with pytest.raises(BadEvent):
        reference.events(body)


def test_C2_a_time_a_little_ahead_is_a_clock_that_is_fast():
    ahead = (datetime.now(UTC) + timedelta(hours=20)).strftime("%Y-%m-%d %H:%M:%S")
    body = {"order_id": "co-1", "event_name": "delivered", "event_time": ahead, "more": {"a": 1}}
    assert reference.events(json.dumps(body).encode())


def test_the_registry_is_the_folder():
    assert {"console", "reference"} <= set(providers.names())
    for name in providers.names():
        assert providers.get(name).name == name
    with pytest.raises(LookupError):
        providers.get("../settings")
