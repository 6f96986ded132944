"""Every provider passes the conformance suite. A new one needs a line here, and nowhere else."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from core.http import Response
from shipping import providers
from shipping.tests.providers.conformance import Case, Conformance, answer

EVENT = (Path(__file__).resolve().parents[2] / "demo_data/shipment_event.json").read_bytes()
SECRET = "whsec_" + base64.b64encode(bytes([7]) * 32).decode()


def signed(body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    now = datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body.decode()),
    }


def bearing(body: bytes) -> dict[str, str]:
    """The secret itself."""
    return {"authorization": f"Bearer {SECRET}"}


def xml(text: str, status: int = 200) -> Response:
    """An answer in XML."""
    return Response(status, {"Content-Type": "application/xml"}, text.encode())


CASES = [
    Case(
        name="reference",
        settings={
            "REFERENCE_PROVIDER_URL": "https://reference.example/shipments",
            "REFERENCE_PROVIDER_SECRET": SECRET,
        },
        taken=answer(201, {"shipment_id": "s-1", "status": "accepted"}),
        reference="s-1",
        refused=answer(422, {"error": "postcode"}),
        longest=dict.fromkeys(
            ("reference", "recipient", "line_1", "line_2", "city", "postcode"), 35
        ),
        found=answer(200, {"shipment_id": "s-1"}),
        absent=answer(404, {"error": "not found"}),
        cancelled=answer(200, {"shipment_id": "s-1", "status": "cancelled"}),
        too_late=answer(409, {"error": "already_collected"}),
        webhook=EVENT,
        prove=signed,
        says=("co-1", "in-transit", "2023-05-19T12:18:45Z"),
        bad_webhooks=(b"{}", b'{"order_id": "co-1", "event_name": "lost", "event_time": ""}'),
    ),
    Case(
        name="northpost",
        settings={
            "NORTHPOST_URL": "https://northpost.example",
            "NORTHPOST_LOGIN": "dosette:secret",
            "NORTHPOST_HOOK_SECRET": SECRET,
        },
        taken=xml('<consignment ref="co-1" label="NP-1" barcode="NP1"/>', 201),
        reference="NP-1",
        refused=xml('<refused code="A04"/>'),
        busy=xml('<refused code="T01"/>'),
        longest=dict.fromkeys(("reference", "recipient", "line_1", "line_2", "city"), 35)
        | {"postcode": 12},
        found=xml('<consignments><consignment ref="co-1" label="NP-1"/></consignments>'),
        absent=xml("<consignments/>"),
        cancelled=xml('<cancelled label="NP-1"/>'),
        too_late=xml('<refused code="C02"/>'),
        webhook=b'<events><event id="9" ref="co-1" label="NP-1" code="31" '
        b'at="19.05.2023 14:18:45"/></events>',
        prove=bearing,
        says=("co-1", "in-transit", "2023-05-19T12:18:45Z"),
        bad_webhooks=(
            b"<event/>",
            b"<events><event/></events>",
            b'<!DOCTYPE events [<!ENTITY a "b">]><events>&a;</events>',
            b'<?xml version="1.0" encoding="none-such"?><events/>',
            b'<events><event id="9" ref="co-1" code="99" at="19.05.2023 14:18:45"/></events>',
            b'<events><event id="9" ref="co-1" code="31" at="2023-05-19"/></events>',
        ),
    ),
    Case(
        name="swiftparcel",
        settings={
            "SWIFTPARCEL_URL": "https://swiftparcel.example",
            "SWIFTPARCEL_API_KEY": "a-long-key",
            "SWIFTPARCEL_SECRET": SECRET,
        },
        taken=answer(201, {"data": {"id": "sp-1", "tracking": {"code": "SP1"}}}),
        reference="sp-1",
        refused=answer(400, {"problem": "postal_code"}),
        longest=dict.fromkeys(("reference", "line_1", "line_2", "city"), 35)
        | {"recipient": 40, "postcode": 12},
        webhook=b'{"id": "evt_1", "type": "parcel.moved", "data": {"ref": "co-1", '
        b'"state": "en_route", "occurred_at": "2023-05-19T14:18:45+02:00"}}',
        prove=signed,
        says=("co-1", "in-transit", "2023-05-19T12:18:45Z"),
        bad_webhooks=(
            b"{}",
            b'{"id": "evt_1", "type": "parcel.moved", "data": []}',
            b'{"id": "evt_1", "type": "parcel.moved", "data": {"ref": "co-1", '
            b'"state": "en_route", "occurred_at": "2023-05-19T14:18:45"}}',
            b'{"id": "evt_1", "type": "parcel.moved", "data": {"ref": "co-1", '
            b'"state": "en_route", "occurred_at": "0001-01-01T00:00:00+14:00"}}',
        ),
    ),
]


class TestProviders(Conformance):
    """The whole suite, with each of them."""

    @pytest.fixture(params=CASES, ids=lambda case: case.name)
    def case(self, request: Any) -> Case:
        found: Case = request.param
        return found


OURS = {"reference", "northpost", "swiftparcel"}


@pytest.mark.parametrize("name", [n for n in providers.names() if not providers.get(n).is_fake])
def test_each_provider_that_carries_parcels_has_its_case(name):
    """One of somebody else's that has none yet is named, and stops nobody's work."""
    has_one = name in {case.name for case in CASES}
    if not has_one and name not in OURS:
        pytest.skip(f"not in CASES of this file: {name}")
    assert has_one
