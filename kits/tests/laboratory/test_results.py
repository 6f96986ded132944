"""A kit goes with its result, and its customer hears that there is something new."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinical.laboratories import samples
from clinical.laboratories.releasing import acknowledge
from clinical.models import LabResult, ReleaseRule, Sample
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message
from kits import services
from kits.models import Kit
from kits.tests.factories import kit_in, parcel_of
from orders.models import OrderEvent

pytestmark = pytest.mark.django_db
HOW = "reached by phone"


@pytest.fixture(autouse=True)
def rule():
    ReleaseRule.objects.create(kit_type="ancestry")


@pytest.fixture
def kit():
    kit = kit_in("accepted")
    registered_sample(kit.serial)
    return kit


def reported(kit, *, version=1, **values):
    arrived(message(version=version, sample={"serial": kit.serial}, **values))
    kit.refresh_from_db()


def told(kit):
    events = OrderEvent.objects.filter(order=parcel_of(kit).order, kind__startswith="result-")
    return [event.kind for event in events.order_by("id")]


def test_it_is_in_the_laboratory_and_then_has_its_result(kit):
    reported(kit, status="preliminary")
    assert (kit.state, told(kit)) == ("in-lab", [])
    reported(kit, version=2)
    assert (kit.state, told(kit)) == ("resulted", ["result-ready"])
    kinds = [event.kind for event in kit.events.order_by("id")]
    assert kinds[-2:] == ["in-lab", "resulted"]


@pytest.mark.parametrize("state", ["sent", "delivered", "registered", "returning", "received"])
def test_the_result_proves_that_it_has_arrived(state):
    kit = kit_in(state)
    registered_sample(kit.serial)
    reported(kit)
    assert kit.state == "resulted"
    assert kit.received_at or state == "received"


@pytest.mark.parametrize("state", ["rejected", "destroyed"])
def test_where_a_person_has_decided_it_stays(state):
    kit = kit_in(state)
    registered_sample(kit.serial)
    reported(kit)
    assert kit.state == state


def test_before_a_clinician_has_seen_it_nobody_is_told(kit):
    reported(kit, findings=[finding("7", "positive")])
    assert (kit.state, told(kit)) == ("in-lab", [])
    acknowledge(LabResult.objects.get(), 1, HOW, signer=clinician())
    kit.refresh_from_db()
    assert (kit.state, told(kit)) == ("resulted", ["result-ready"])


def test_a_correction_is_told_to_who_was_told_each_time(kit):
    reported(kit)
    for version in (2, 3):
        reported(kit, version=version, status="corrected", findings=[finding(f"{version}9")])
    assert told(kit) == ["result-ready", "result-corrected", "result-corrected"]
    assert kit.state == "resulted"


def test_a_kit_that_is_destroyed_before_has_no_result(kit):
    services.destroy(kit, by="user:1", reason="broken at the door")
    assert Sample.objects.get().state == "destroyed"
    reported(kit)
    assert LabResult.objects.get().state == "unmatched"
    assert told(kit) == []


def test_the_sample_is_locked_before_its_kit_as_when_its_result_comes(kit):
    with CaptureQueriesContext(connection) as queries:
        services.destroy(kit, by="user:1", reason="broken at the door")
    locks = [query["sql"] for query in queries if " FOR NO KEY UPDATE" in query["sql"]]
    tables = [re.search(r'FROM "(\w+)"', sql) for sql in locks]
    assert [table[1] for table in tables if table][:3] == [
        "clinical_sample",
        "orders_order",
        "kits_kit",
    ]


def test_one_that_is_destroyed_after_keeps_it(kit):
    reported(kit)
    services.destroy(kit, by="user:1", reason="thrown away as usual")
    assert Sample.objects.get().state == "registered"
    assert LabResult.objects.get().state == "released"


def test_of_a_person_who_has_withdrawn_nobody_is_told(kit):
    samples.withdraw(Sample.objects.get(), by="user:1")
    reported(kit)
    assert (LabResult.objects.get().state, told(kit)) == ("unmatched", [])
    assert kit.state == "accepted"


def test_a_result_of_another_makes_the_first_one_corrected(kit):
    reported(kit)
    arrived(message(version=2, sample={"serial": "K9"}))
    assert told(kit) == ["result-ready", "result-corrected"]


def test_a_sample_without_a_kit_of_ours_moves_nothing():
    registered_sample("K1")
    arrived(message())
    assert not Kit.objects.exists()
    assert not OrderEvent.objects.exists()
