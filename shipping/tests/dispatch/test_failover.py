"""Another provider carries a parcel only when this one provably has not taken it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from core.models import Circuit
from orders.tests.factories import placed_order
from sandbox.testing import Sandbox
from shipping import providers, sweeper
from shipping.dispatch import queue
from shipping.models import ProviderProfile, RoutingRule, Shipment
from shipping.tests.factories import last_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(provider: Sandbox, settings: Any) -> Sandbox:
    """All three providers; the reference first, then Northpost."""
    config = provider.config
    settings.NORTHPOST_URL = f"{provider.url}/northpost"
    settings.NORTHPOST_LOGIN = config.northpost_login
    settings.NORTHPOST_HOOK_SECRET = config.northpost_hook_secret
    settings.SWIFTPARCEL_URL = f"{provider.url}/swiftparcel"
    settings.SWIFTPARCEL_API_KEY = config.swiftparcel_api_key
    settings.SWIFTPARCEL_SECRET = config.swiftparcel_secret
    for priority, name in enumerate(("reference", "northpost")):
        RoutingRule.objects.create(name=name, provider=name, priority=priority, is_active=True)
    return provider


def sent(**faults: Any) -> Shipment:
    """A shipment after the workers have done what can be done at once."""
    shipment: Shipment = placed_order().shipments.get()
    Shipment.objects.filter(pk=shipment.pk).update(**faults)
    for _ in range(4):
        queue.dispatch()
    shipment.refresh_from_db()
    return shipment


def carriers(world: Sandbox) -> list[str]:
    """Who has made a parcel."""
    return [entry.get("carrier", "reference") for entry in world.parcels()]


def test_a_refused_connection_is_proof(world, settings):
    settings.REFERENCE_PROVIDER_URL = "http://127.0.0.1:1/shipments"
    shipment = sent()
    assert (shipment.state, shipment.provider) == ("sent", "northpost")
    assert [e.kind for e in shipment.events.all()] == ["queued", "failed-over", "sent"]
    over = shipment.events.get(kind="failed-over")
    assert "Connection refused" in over.detail
    assert over.detail.endswith("goes by northpost")
    assert (over.from_state, over.to_state) == ("sending", "queued")
    [entry] = world.parcels()
    assert entry["headers"]["Idempotency-Key"] == str(shipment.key), "it keeps its key"


@pytest.mark.parametrize("fault", [{"status": 429}, {"status": 503, "retry_after": 60}])
def test_an_explicit_refusal_of_service_is_proof(world, fault):
    world.faults(provider=fault)
    assert sent().provider == "northpost"
    assert carriers(world) == ["northpost"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 422},
        {"status": 400},
        {"status": 500},
        {"status": 503},
        {"mode": "close_after_accept"},
        {"mode": "refuse"},
        {"mode": "garbled"},
        {"mode": "redirect"},
    ],
    ids=str,
)
def test_a_refused_parcel_and_a_doubt_are_none(world, fault):
    world.faults(provider=fault | {"times": 1})
    shipment = sent()
    assert shipment.provider == "reference"
    assert not shipment.events.filter(kind="failed-over").exists()
    assert "northpost" not in carriers(world)


def test_a_look_up_that_says_absent_is_proof_enough_for_a_parcel_that_was_in_doubt(world):
    """It is sent again where it was; refused service there, it goes elsewhere."""
    world.faults(provider={"status": 429, "method": "POST"})
    shipment = sent(doubtful=True)
    assert (shipment.state, shipment.provider, shipment.doubtful) == ("sent", "northpost", False)
    assert carriers(world) == ["northpost"]


def test_a_parcel_in_doubt_stays_when_its_provider_cannot_be_asked(world, settings):
    settings.REFERENCE_PROVIDER_URL = "http://127.0.0.1:1/shipments"
    shipment = sent(doubtful=True)
    assert (shipment.state, shipment.provider) == ("queued", "reference")
    assert world.parcels() == []


def test_when_nobody_takes_it_each_has_its_turn_and_then_it_waits(world):
    world.faults(provider={"status": 429}, northpost={"status": 429})
    shipment = sent()
    assert shipment.state == "queued"
    assert shipment.attempts == 2
    assert shipment.next_attempt_at > timezone.now()
    assert [e.kind for e in shipment.events.all()] == ["queued", "failed-over", "failed-over"]


def test_after_72_hours_it_is_given_up_whoever_had_it(world):
    world.faults(provider={"status": 429}, northpost={"status": 429})
    shipment = sent()
    with time_machine.travel(timezone.now() + timedelta(hours=73)):
        queue.dispatch()
    shipment.refresh_from_db()
    assert shipment.state == "rejected"


def test_a_provider_that_no_rule_names_is_not_asked(world):
    RoutingRule.objects.filter(provider="northpost").delete()
    world.faults(provider={"status": 429})
    shipment = sent()
    assert (shipment.provider, shipment.state) == ("reference", "queued")


def test_one_that_is_resting_itself_is_not_asked(world):
    Circuit.objects.create(
        name="shipping:northpost", failures=5, open_until=timezone.now() + timedelta(minutes=1)
    )
    world.faults(provider={"status": 429})
    assert sent().provider == "reference"


def test_what_waits_for_a_resting_provider_goes_by_the_next_one(world):
    Circuit.objects.create(
        name="shipping:reference", failures=5, open_until=timezone.now() + timedelta(minutes=1)
    )
    doubtful = sent(doubtful=True)
    shipment = sent()
    assert sweeper.sweep()["shipments passed on to another provider"] == 1
    queue.dispatch()
    shipment.refresh_from_db()
    doubtful.refresh_from_db()
    assert (shipment.provider, shipment.state) == ("northpost", "sent")
    assert (doubtful.provider, doubtful.state) == ("reference", "queued")


def test_one_that_staff_switch_off_gets_nothing_more(world):
    first = placed_order().shipments.get()
    ProviderProfile.objects.create(provider="reference", is_active=False)
    assert queue.dispatch() == 0
    assert placed_order().shipments.get().provider == "northpost"
    sweeper.sweep()
    queue.dispatch()
    first.refresh_from_db()
    assert (first.provider, first.state) == ("northpost", "sent")
    assert set(carriers(world)) == {"northpost"}


def test_after_a_lost_answer_of_one_that_cannot_be_asked_staff_decide(world):
    RoutingRule.objects.filter(provider="reference").update(provider="swiftparcel")
    world.faults(swiftparcel={"mode": "close_after_accept"})
    shipment = sent()
    assert (shipment.state, shipment.provider, shipment.doubtful) == (
        "unknown",
        "swiftparcel",
        True,
    )
    assert carriers(world) == ["swiftparcel"], "and nobody sends a second one"


def test_after_a_lost_answer_northpost_is_asked_first(world, monkeypatch):
    monkeypatch.setattr(providers.get("northpost"), "timeout", 1.0)
    RoutingRule.objects.filter(provider="reference").delete()
    world.faults(northpost={"mode": "timeout_after_accept", "times": 1})
    shipment = sent()
    assert shipment.doubtful
    Shipment.objects.update(next_attempt_at=timezone.now())
    queue.dispatch()
    shipment.refresh_from_db()
    assert shipment.state == "sent"
    assert shipment.provider_reference.startswith("NO-")
    assert carriers(world) == ["northpost"]
    assert last_event(shipment).kind == "sent"
