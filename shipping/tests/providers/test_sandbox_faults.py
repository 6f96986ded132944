"""The sandbox's faults, over HTTP, at each of the providers: never a stuck worker, never two."""

from time import monotonic

import pytest

from shipping import providers
from shipping.dispatch import queue
from shipping.models import Shipment
from shipping.tests.conftest import LANES
from shipping.tests.factories import queued_shipment

FAULTS = ["garbled", "wrong_type", "huge", "slow", "timeout_after_accept", "close_after_accept"]


def sent(name: str) -> Shipment:
    shipment = queued_shipment(provider=name)
    began = monotonic()
    queue.dispatch()
    assert monotonic() - began < 8, "the deadline is for all of it"
    shipment.refresh_from_db()
    return shipment


@pytest.mark.parametrize("name", LANES)
@pytest.mark.parametrize("mode", FAULTS)
def test_an_answer_that_is_none_leaves_the_parcel_in_doubt(db, world, name, mode):
    world.faults(**{LANES[name]: {"mode": mode, "hang_seconds": 5}})
    shipment = sent(name)
    assert shipment.doubtful
    assert shipment.state == ("queued" if providers.get(name).resend_is_safe else "unknown")
    assert len(world.parcels()) == 1


@pytest.mark.parametrize("name", LANES)
def test_no_redirect_is_followed_anywhere(db, world, name):
    world.faults(**{LANES[name]: {"mode": "redirect"}})
    assert sent(name).doubtful, "a 302 may well follow a success"
    assert world.parcels() == []
    assert [e for e in world.ledger()["other"] if e.get("action") == "elsewhere"] == []


@pytest.mark.parametrize("name", LANES)
def test_without_a_fault_each_of_them_takes_it(db, world, name):
    shipment = sent(name)
    assert shipment.state == "sent", shipment.last_error
    assert shipment.provider_reference
    [entry] = world.parcels()
    assert entry["headers"]["Idempotency-Key"] == str(shipment.key)
