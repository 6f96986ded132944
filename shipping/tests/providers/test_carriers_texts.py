"""M11: what a carrier writes may name people; it is shown only where their addresses are."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from core.cases.models import Case, CaseEvent
from core.http import Permanent, Response
from core.tests.http.server import Stage, Talk, staged
from identity.tests.factories import staff
from shipping import providers, services
from shipping.api.serializers.quoted_answers import strip_quoted_answer
from shipping.dispatch import cancellations, inquiries, queue
from shipping.exceptions import cases
from shipping.models import Cancellation, Shipment, ShipmentEvent
from shipping.tests.factories import queued_shipment
from shipping.tracking import stalled

WORDS = "consignment of Zoë Canary, 12 Canary Row, W26NB is locked"
EXCEPTIONS = "/api/v1/exceptions/"
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
    queue.dispatch()
    return shipment


def looked_up() -> Shipment:
    shipment = queued_shipment(doubtful=True)
    queue.dispatch()
    return shipment


def cancelled() -> Shipment:
    shipment = queued_shipment(state="sent")
    services.cancel(shipment, by="user:nurse")
    cancellations.send("reference")
    return shipment


def asked_after() -> Shipment:
    shipment = queued_shipment(state="sent")
    stalled.ask([shipment.pk], at_once=True)
    inquiries.sweep(5)
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


OLD = [
    f"refused: 409 {WORDS}",
    f"failed: 500 {WORDS}",
    f"asked us to wait: 429 {WORDS}",
    f"refused our credentials: 401 {WORDS}",
    f"answered a redirect, which is not followed: 302 {WORDS}",
    f"answered no known status: 700 {WORDS}",
    f"it may have this order already: 409 {WORDS}",
    f"could not look it up: refused: 400 {WORDS}",
    f"refused: {WORDS}",
]


@pytest.mark.parametrize("reason", OLD)
def test_what_was_written_before_they_were_kept_apart_is_shown_to_those_alone(db, api, reason):
    shipment = queued_shipment(state="rejected", last_error=reason)
    for detail in (reason, f"reference: {reason}: goes by northpost"):
        shipment.events.create(kind="attempt-failed", detail=detail)
    shipment.events.create(kind="asked", detail=f"reference could not be asked: {reason}")
    Cancellation.objects.create(shipment=shipment, state="refused", last_error=reason)
    cases.open_cases([shipment])
    for scopes, is_shown in ((), False), (("orders:read",), True):
        client = api("shipping:read", "exceptions:read", *scopes)
        seen = [client.get(f"/api/v1/shipments/{shipment.pk}/").content.decode()]
        [case] = Case.objects.values_list("pk", flat=True)
        seen += [client.get(url).content.decode() for url in (EXCEPTIONS, f"{EXCEPTIONS}{case}/")]
        assert [("Canary" in text) for text in seen] == [is_shown] * 3, scopes


def test_an_action_on_a_case_does_not_answer_with_them_either(db, api):
    cases.open_cases([queued_shipment(state="rejected", last_error=OLD[0])])
    [case] = Case.objects.values_list("pk", flat=True)
    client = api("shipping:read", "shipping:write", "exceptions:read", "exceptions:write")
    url = f"{EXCEPTIONS}{case}/actions/retry/"
    answer = client.post(url, {"reason": "by telephone"}, format="json")
    assert answer.status_code == 200
    assert "Canary" not in answer.content.decode()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"refused: 409 {WORDS}", "refused: 409"),
        (f"northpost: failed: 503 {WORDS}: goes by swift", "northpost: failed: 503: goes by swift"),
        (f"refused: {WORDS}", "refused: in its own words"),
        ("refused: 409", "refused: 409"),
        (
            "northpost: refused: BAD_ZIP: goes by swift",
            "northpost: refused: BAD_ZIP: goes by swift",
        ),
        ("unreadable answer: 200, not valid JSON", "unreadable answer: 200, not valid JSON"),
        ("not sent: timed out", "not sent: timed out"),
    ],
)
def test_a_reason_keeps_its_status_its_code_and_who_has_it_now(written, shown):
    assert strip_quoted_answer(written) == shown


def test_what_a_person_typed_is_shown_as_it_is(db, api):
    shipment = queued_shipment()
    shipment.events.create(kind="resend", actor="user:1 mona", detail="refused: 2 of 3 flats")
    shown = api("shipping:read").get(f"/api/v1/shipments/{shipment.pk}/").json()
    assert shown["events"][-1]["detail"] == "refused: 2 of 3 flats"


def test_a_code_that_is_a_sentence_is_no_reason():
    said = Response(200, {"content-type": "application/xml"}, f'<refused code="{WORDS}"/>'.encode())
    outcome = providers.get("northpost").read(said)
    assert isinstance(outcome, Permanent)
    assert (outcome.reason, outcome.answer) == ("refused: in its own words", WORDS)
