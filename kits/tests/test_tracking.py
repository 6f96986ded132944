"""What carriers report, and where it moves kits."""

from datetime import date

import pytest

from clinical.laboratories import samples
from core.database import clock
from core.models import Case
from kits import services, tracking
from kits.models import Kit
from kits.tests.factories import a_label, kit_in, order_of_kits, packed_kit, parcel_of, stocked_kit
from orders.tests.factories import placed_order
from shipping.models import Shipment, TrackingEvent
from shipping.tests.factories import store, tracked
from shipping.tracking import events

pytestmark = pytest.mark.django_db


def reported(parcel: Shipment, *names: str) -> None:
    for hour, name in enumerate(names):
        store("reference", tracked(parcel.reference, name, f"2024-05-19 {hour:02}:00:00"))
    events.apply(parcel.pk)


def state_of(kit: Kit) -> str:
    kit.refresh_from_db()
    return kit.state


def open_cases() -> list[str]:
    return list(Case.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_a_kit_goes_with_its_parcel():
    kit = packed_kit()
    reported(parcel_of(kit), "waiting-for-collection")
    assert state_of(kit) == "packed"
    reported(parcel_of(kit), "in-transit")
    assert state_of(kit) == "sent"
    reported(parcel_of(kit), "delivered")
    assert state_of(kit) == "delivered"
    last = kit.events.latest("id")
    assert (last.actor, last.to_state) == ("provider:reference", "delivered")
    assert open_cases() == []


def test_a_kit_that_is_registered_before_its_carrier_says_so_stays_registered():
    kit = packed_kit()
    reported(parcel_of(kit), "in-transit")
    Kit.objects.filter(pk=kit.pk).update(state="registered")
    reported(parcel_of(kit), "delivered")
    assert state_of(kit) == "registered"


def test_a_parcel_that_leaves_without_its_kit_is_a_case_once_its_kits_are_known():
    unknown = order_of_kits("genealogy")
    reported(Shipment.objects.get(order=unknown), "in-transit")
    assert open_cases() == []
    stocked_kit()
    parcel = Shipment.objects.get(order=order_of_kits())
    reported(parcel, "in-transit", "delivered")
    case = Case.objects.get()
    assert (case.kind, case.subject_id, "ancestry" in case.happened) == (
        "kit-missing",
        parcel.pk,
        True,
    )
    reported(Shipment.objects.get(order=placed_order()), "in-transit")
    assert Case.objects.count() == 1


@pytest.mark.parametrize("state", ["sent", "delivered", "registered"])
def test_the_first_event_of_a_return_label_says_that_the_kit_comes_back(state):
    kit = kit_in(state)
    store("northpost", tracked(str(kit.return_tracking), "in-transit"))
    assert state_of(kit) == "returning"
    assert kit.events.latest("id").actor == "provider:northpost"
    assert TrackingEvent.objects.get().applied_at
    assert open_cases() == []


@pytest.mark.parametrize("state", ["packed", "destroyed"])
def test_a_label_that_a_carrier_reports_of_a_kit_that_cannot_be_under_way_is_a_case(state):
    kit = kit_in(state)
    store("northpost", tracked(str(kit.return_tracking), "in-transit"))
    assert state_of(kit) == state
    case = Case.objects.get()
    assert (case.kind, case.subject_id, case.source) == ("kit-label", kit.pk, "northpost")
    store("northpost", tracked(str(kit.return_tracking), "delivered"))
    assert Case.objects.count() == 1


@pytest.mark.parametrize("state", ["returning", "received", "accepted", "in-lab"])
def test_what_a_carrier_says_later_changes_nothing(state):
    kit = kit_in(state)
    store("northpost", tracked(str(kit.return_tracking), "delivered"))
    assert (state_of(kit), open_cases()) == (state, [])


def test_a_lost_kit_that_turns_up_comes_back_unless_another_has_its_place():
    kit = kit_in("sent")
    services.report_lost(kit, by="user:test", reason="no news for weeks")
    store("northpost", tracked(str(kit.return_tracking), "in-transit"))
    assert state_of(kit) == "returning"
    other = packed_kit(order := order_of_kits())
    services.report_lost(other, by="user:test", reason="no news for weeks")
    services.pack(stocked_kit(), order, return_tracking=a_label(), by="user:test")
    store("northpost", tracked(str(other.return_tracking), "in-transit"))
    assert (state_of(other), open_cases()) == ("lost", ["kit-label"])


def test_a_reference_that_is_nobodys_is_still_a_case_of_its_carrier():
    kit = kit_in("sent")
    store("northpost", tracked("rt-unknown", "in-transit"))
    assert open_cases() == ["event-parked"]
    assert state_of(kit) == "sent"
    assert tracking.claim(list(TrackingEvent.objects.values_list("pk", flat=True))) == 0


@pytest.mark.parametrize(
    ("state", "then"),
    [("sent", "registered"), ("delivered", "registered"), ("returning", "returning")],
)
def test_a_kit_whose_sample_is_registered_is_registered(state, then):
    kit = kit_in(state)
    taker = samples.TestTaker("Ada", "Lovelace", date(1985, 4, 10))
    samples.register(
        kit.serial,
        taker,
        kit_type="ancestry",
        sampled_at=clock.now(),
        consent_version="1",
        by="client:portal",
    )
    assert state_of(kit) == then
    last = kit.events.latest("id")
    assert "Lovelace" not in last.detail
