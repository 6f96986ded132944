"""M11: what a carrier writes may name people; it is shown only where their addresses are."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from core.cases.models import Case, CaseEvent
from core.http import Permanent, Response
from core.tests.test_http_server import Stage, Talk, staged
from identity.tests.factories import staff
from shipping import asking, cancelling, dispatching, providers, services, watchdog
from shipping.models import Shipment, ShipmentEvent
from shipping.tests.factories import queued_shipment

WORDS = "consignment of Zoë Canary, 12 Canary Row, W26NB is locked"
STATUSES = ["400 Bad Request", "409 Conflict", "422 Unprocessable", "500 Oops", "503 Away"]


@pytest.fixture(params=STATUSES)
def carrier(request: Any, db: None, settings: Any) -> Iterator[Stage]:
    """It answers everything alike, and quotes whom it speaks of in forms that we did not send."""

    def script(talk: Talk) -> None:
        while True:
            talk.hear()
            talk.answer(json.dumps({"error": WORDS}).encode(), status=request.param)

    with staged(script) as stage:
        settings.REFERENCE_PROVIDER_URL = f"http://{stage.host}:{stage.port}/shipments"
        settings.REFERENCE_PROVIDER_SECRET = "a long random secret"
        yield stage


def created() -> Shipment:
    shipment = queued_shipment()
    dispatching.dispatch()
    return shipment


def looked_up() -> Shipment:
    shipment = queued_shipment(doubtful=True)
    dispatching.dispatch()
    return shipment


def cancelled() -> Shipment:
    shipment = queued_shipment(state="sent")
    services.cancel(shipment, by="user:nurse")
    cancelling.send("reference")
    return shipment


def asked_after() -> Shipment:
    shipment = queued_shipment(state="sent")
    watchdog.ask([shipment.pk], at_once=True)
    asking.sweep(5)
    return shipment


@pytest.mark.parametrize("exchange", [created, looked_up, cancelled, asked_after])
def test_nothing_that_is_shown_without_addresses_repeats_it(carrier, exchange, api, caplog):
    with caplog.at_level(logging.DEBUG):
        shipment = exchange()
    assert carrier.requests
    shown = api("shipping:read", "exceptions:read")
    seen = [shown.get(f"/api/v1/shipments/{shipment.pk}/").content.decode(), caplog.text]
    ids = Case.objects.values_list("pk", flat=True)
    seen += [shown.get(f"/api/v1/exceptions/{pk}/").content.decode() for pk in ids]
    seen += [str(row) for model in (ShipmentEvent, CaseEvent) for row in model.objects.values()]
    assert not [text for text in seen if "Canary" in text]
    shipment.refresh_from_db()
    assert "Canary" not in shipment.last_error


def test_who_sees_addresses_reads_what_the_carrier_wrote(carrier, api):
    shipment = created()
    answer = api("shipping:read", "orders:read").get(f"/api/v1/shipments/{shipment.pk}/").json()
    assert "Canary" in answer["answer"]
    client = Client()
    client.force_login(staff("fulfilment"))
    page = client.get(f"/admin/shipping/shipment/{shipment.pk}/change/").content.decode()
    assert "Canary" in page
    for case in Case.objects.all():
        assert "Canary" in client.get(f"/admin/core/case/{case.pk}/change/").content.decode()


def test_a_code_that_is_a_sentence_is_no_reason():
    said = Response(200, {"content-type": "application/xml"}, f'<refused code="{WORDS}"/>'.encode())
    outcome = providers.get("northpost").read(said)
    assert isinstance(outcome, Permanent)
    assert (outcome.reason, outcome.answer) == ("refused: in its own words", WORDS)
