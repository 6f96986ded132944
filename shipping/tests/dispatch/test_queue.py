"""Handing over: every outcome against a real provider over HTTP (requirement C1)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.http import Permanent
from core.models import Circuit
from core.outbox import attempt, claim, decide, reclaim_expired
from core.outbox.circuit_breaker import PAUSE
from orders.models import Order
from orders.tests.factories import ADDRESS, ProductFactory, placed_order
from shipping import providers
from shipping.dispatch import queue
from shipping.models import Shipment
from shipping.tests.factories import last_event, queued_shipment, tracked
from shipping.tracking import events

DATA = Path(__file__).resolve().parents[3] / "customers/demo_data/shipment_request.json"


def dispatched(shipment: Shipment) -> Shipment:
    """It, after a worker has been at it."""
    queue.dispatch(shipment.provider)
    shipment.refresh_from_db()
    return shipment


def due_again(shipment: Shipment) -> Shipment:
    """It, when the pause before its next attempt is over."""
    Shipment.objects.filter(pk=shipment.pk).update(next_attempt_at=timezone.now())
    Circuit.objects.all().delete()
    return dispatched(shipment)


def kinds(shipment: Shipment) -> list[str]:
    return [event.kind for event in shipment.events.all()]


def requests_of(provider) -> list[tuple[str, str]]:
    """Method and key of all that the provider was sent about a parcel."""
    ledger = provider.ledger()
    return [(e["method"], e["headers"].get("Idempotency-Key", "")) for e in ledger["shipments"]]


def test_C1_the_wire_carries_exactly_the_documented_request(db, provider):
    """shipment_request.json, but for the order's number."""
    documented = json.loads(DATA.read_text())
    order = placed_order(lines=[(ProductFactory.create(item_id="it-1", weight=10), 2)])
    dispatched(order.shipments.get())
    [parcel] = provider.parcels()
    assert parcel["body"] == documented | {"order_id": order.number}
    assert documented["delivery_address"] == ADDRESS


def test_C1_a_shipment_that_is_taken_is_sent(db, provider):
    shipment = dispatched(queued_shipment())
    assert (shipment.state, shipment.attempts, shipment.last_error) == ("sent", 1, "")
    assert shipment.sent_at
    assert shipment.lease_until is None
    assert shipment.provider_reference.startswith("sbx-")
    assert shipment.tracking_number.startswith("SBX")
    assert shipment.tracking_url == f"{provider.url}/provider/track/{shipment.tracking_number}"
    assert kinds(shipment) == ["queued", "sent"]
    sent = last_event(shipment)
    assert (sent.from_state, sent.to_state, sent.detail) == (
        "sending",
        "sent",
        "taken by reference",
    )


def test_C1_a_refused_shipment_is_rejected_for_staff(db, provider):
    shipment = dispatched(queued_shipment(recipient="  "))
    assert shipment.state == "rejected"
    assert "422" in shipment.last_error
    assert kinds(shipment) == ["queued", "rejected"]
    assert provider.parcels() == []


def test_C1_what_the_contract_cannot_say_never_leaves_the_house(db, provider):
    shipment = dispatched(queued_shipment(delivery_service="overnight"))
    assert shipment.state == "rejected"
    assert shipment.last_error == "reference cannot take it: delivery_service: not offered"
    assert requests_of(provider) == []
    assert not Circuit.objects.exists()


@pytest.mark.parametrize(
    "fault",
    [
        {"mode": "timeout_after_accept", "hang_seconds": 30},
        {"mode": "close_after_accept"},
        {"mode": "status_after_accept", "status": 500},
        {"mode": "status_after_accept", "status": 502},
        {"mode": "status_after_accept", "status": 503},
        {"mode": "garbled"},
        {"mode": "wrong_type"},
        {"mode": "huge"},
    ],
    ids=lambda fault: f"{fault['mode']}-{fault.get('status', '')}",
)
def test_C1_an_answer_that_was_lost_is_looked_up_and_makes_no_second_parcel(
    db, provider, fault, monkeypatch
):
    monkeypatch.setattr(providers.get("reference"), "timeout", 1.0)
    provider.faults(provider=fault | {"times": 1, "method": "POST"})
    shipment = dispatched(queued_shipment())
    assert (shipment.state, shipment.doubtful) == ("queued", True)
    assert kinds(shipment) == ["queued", "unknown"]
    assert due_again(shipment).state == "sent"
    assert shipment.provider_reference.startswith("sbx-")
    assert not shipment.doubtful
    assert len(provider.parcels()) == 1
    assert requests_of(provider) == [("POST", str(shipment.key))]


def test_C1_what_was_lost_before_it_arrived_is_sent_again_under_the_same_key(db, provider):
    provider.faults(provider={"mode": "refuse", "times": 1, "method": "POST"})
    shipment = dispatched(queued_shipment())
    assert (shipment.state, shipment.doubtful) == ("queued", True)
    assert due_again(shipment).state == "sent"
    assert [(e["status"], e["replay"]) for e in provider.ledger()["shipments"]] == [(201, False)]
    assert requests_of(provider) == [("POST", str(shipment.key))]


def test_C1_a_provider_out_of_reach_is_tried_again_and_nothing_is_in_doubt(db, settings):
    settings.REFERENCE_PROVIDER_URL = "http://127.0.0.1:1/shipments"
    shipment = dispatched(queued_shipment())
    assert (shipment.state, shipment.doubtful, shipment.attempts) == ("queued", False, 1)
    assert shipment.next_attempt_at > timezone.now()
    assert kinds(shipment) == ["queued", "attempt-failed"]


@pytest.mark.parametrize("status", [401, 403, 429])
def test_C1_a_refusal_of_service_rejects_no_shipment(db, provider, status):
    """One wrong secret must not throw away every order."""
    provider.faults(provider={"status": status, "times": 1})
    shipment = dispatched(queued_shipment())
    assert (shipment.state, shipment.doubtful) == ("queued", False)
    assert due_again(shipment).state == "sent"


def test_C1_the_provider_says_when_to_come_back(db, provider):
    provider.faults(provider={"status": 503, "retry_after": 1800, "times": 1})
    shipment = dispatched(queued_shipment())
    assert shipment.next_attempt_at > timezone.now() + timedelta(minutes=29)


def test_a_look_up_that_fails_leaves_the_doubt(db, provider):
    shipment = queued_shipment(doubtful=True)
    for fault in ({"status": 500}, {"status": 400}, {"mode": "refuse"}):
        provider.faults(provider=fault | {"method": "GET"})
        assert due_again(shipment).doubtful
        assert shipment.state == "queued"
    assert provider.parcels() == []
    provider.faults(provider=None)
    assert due_again(shipment).state == "sent"


def test_a_provider_that_has_the_order_under_another_key_is_asked_about_it(db, provider):
    """409: whatever happened, it is not sent twice and not given up."""
    first = dispatched(queued_shipment())
    Shipment.objects.filter(pk=first.pk).update(
        state="queued", key="6f1c1f0e-0000-4000-8000-000000000000"
    )
    assert dispatched(first).doubtful
    assert due_again(first).state == "sent"
    assert len(provider.parcels()) == 1


def test_the_console_takes_everything_without_a_request(db):
    shipment = dispatched(queued_shipment(provider="console"))
    assert (shipment.state, shipment.provider_reference) == (
        "sent",
        f"console-{shipment.reference}",
    )


def test_a_nudge_sends_everything_that_is_due_at_its_provider(db, provider):
    orders = [placed_order() for _ in range(5)]
    assert queue.dispatch("reference") == 5
    assert {p["body"]["order_id"] for p in provider.parcels()} == {o.number for o in orders}
    assert queue.dispatch() == 0
    assert queue.dispatch("no-such-provider") == 0


def test_the_statements_do_not_grow_with_the_chunk(db, provider, django_assert_max_num_queries):
    for count in (1, 12):
        for _ in range(count):
            placed_order()
        with django_assert_max_num_queries(18):
            assert queue.dispatch() == count


def test_an_event_before_the_answer_keeps_its_state_and_the_answer_is_recorded(db, provider):
    """The webhook is quicker than our own disposition."""
    shipment = queued_shipment()
    parcels = queue.delivery_queue("reference")
    rows = claim(parcels, limit=1)
    events.store("reference", [tracked(shipment.reference, "in-transit")])
    events.apply(shipment.pk)
    attempt(parcels, rows)
    shipment.refresh_from_db()
    assert shipment.state == "in-transit"
    assert shipment.tracking_number.startswith("SBX")
    assert shipment.sent_at
    assert kinds(shipment) == ["queued", "in-transit", "sent"]
    assert last_event(shipment).to_state == ""


def test_an_event_in_the_middle_of_a_failing_attempt_ends_the_attempts(db, provider):
    shipment = queued_shipment()
    parcels = queue.delivery_queue("reference")
    rows = claim(parcels, limit=1)
    events.store("reference", [tracked(shipment.reference, "waiting-for-collection")])
    events.apply(shipment.pk)
    provider.faults(provider={"status": 500})
    attempt(parcels, rows)
    shipment.refresh_from_db()
    assert shipment.state == "waiting-for-collection"
    assert queue.dispatch() == 0


def test_a_worker_that_comes_back_late_cannot_settle(db, provider):
    shipment = queued_shipment()
    parcels = queue.delivery_queue("reference")
    late = claim(parcels, limit=1)
    Shipment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reclaim_expired(parcels) == 1
    assert kinds(shipment) == ["queued", "unknown"]
    attempt(parcels, late)
    shipment.refresh_from_db()
    assert (shipment.state, shipment.tracking_number) == ("queued", "")
    assert kinds(shipment) == ["queued", "unknown"]
    assert due_again(shipment).state == "sent", "and the look-up finds what the late one did"
    assert len(provider.parcels()) == 1


def test_the_circuit_opens_probes_and_closes(db, provider):
    provider.faults(provider={"status": 500, "method": "POST"})
    for _ in range(5):
        placed_order()
    queue.dispatch()
    placed_order()
    assert queue.dispatch() == 0, "open"
    provider.faults(provider=None)
    with time_machine.travel(timezone.now() + PAUSE):
        assert queue.dispatch() > 0
        assert Circuit.objects.get().open_until is None
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        queue.dispatch()
    assert set(Shipment.objects.values_list("state", flat=True)) == {"sent"}
    assert len(provider.parcels()) == 6


def test_an_order_is_not_sent_once_it_is_cancelled(db, provider):
    shipment = queued_shipment(state="cancelled")
    assert queue.dispatch(shipment.provider) == 0
    assert provider.parcels() == []
    assert Order.objects.get().state == "placed"


def test_a_profile_is_read_once_however_many_wait_for_its_address_to_be_corrected(db):
    rows = [queued_shipment(state="sending") for _ in range(3)]
    with CaptureQueriesContext(connection) as captured:
        to_it = queue.delivery_queue("reference")
        refused = Permanent("its address is refused", code="address-refused")
        to_it.record_results([(row, decide(row, refused, to_it)) for row in rows])
    profiles = [query for query in captured if 'FROM "shipping_providerprofile"' in query["sql"]]
    assert len(profiles) == 1
    assert [row.state for row in Shipment.objects.all()] == ["queued"] * 3
