"""The reference provider: pure functions, tested without a server (requirements C1 and C2)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from core.http import Done, Permanent, Request, Response, Temporary, Unknown
from orders.models import OrderLine
from shipping import providers
from shipping.models import Shipment
from shipping.provider_api.base import UnsupportedShipmentError

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
            with pytest.raises(
                UnsupportedShipmentError, match=f"^{name}: longer than 35 characters$"
            ):
                reference.create(*made)


def test_C1_what_the_contract_cannot_say_is_refused():
    for parcel, items in (
        (shipment(country="GBR"), lines()),
        (shipment(delivery_service="overnight"), lines()),
        (shipment(), []),
    ):
        with pytest.raises(UnsupportedShipmentError):
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


def test_the_registry_is_the_folder():
    assert {"console", "reference"} <= set(providers.names())
    for name in providers.names():
        assert providers.get(name).name == name
    with pytest.raises(LookupError):
        providers.get("../settings")
