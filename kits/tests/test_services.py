"""The verbs of kits: what they do, and what they refuse."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError

from core.workflow import TransitionNotAllowedError
from customers.tests.factories import CustomerFactory
from kits import services
from kits.models import Kit
from kits.tests.factories import a_label, kit_in, order_of_kits, packed_kit, stocked_kit
from orders.services import cancel_order
from orders.tests.factories import placed_kit_order, placed_order
from shipping.models import Shipment
from shipping.staff_actions.resending import resend

pytestmark = pytest.mark.django_db
TEST = "user:test"


def pack(kit, order, label="", **more):
    return services.pack(kit, order, return_tracking=label or a_label(), by=TEST, **more)


def refused(*args, match: str, **more) -> None:
    before = list(Kit.objects.order_by("pk").values())
    with pytest.raises((TransitionNotAllowedError, ValidationError), match=match):
        pack(*args, **more)
    assert list(Kit.objects.order_by("pk").values()) == before


def test_a_packed_kit_has_its_parcel_its_place_and_its_label_with_an_event():
    kit, order = stocked_kit(), order_of_kits()
    pack(kit, order, "rt 123-456 gb")
    kit.refresh_from_db()
    parcel = Shipment.objects.get(order=order)
    assert (kit.state, kit.shipment, kit.first_shipment, kit.piece) == ("packed", parcel, parcel, 1)
    assert (kit.return_tracking, kit.packed_at is not None) == ("RT123456GB", True)
    event = kit.events.get()
    assert (event.kind, event.from_state, event.to_state) == ("packed", "in-stock", "packed")
    assert (event.actor, event.detail) == (TEST, f"parcel {order.number}, return label RT123456GB")


def test_a_parcel_gets_as_many_kits_as_were_ordered_of_their_types():
    order = order_of_kits(pieces=2)
    assert [pack(stocked_kit(), order).piece for _ in range(2)] == [1, 2]
    refused(stocked_kit(), order, match="has all its kits")


def test_a_kit_that_is_used_expired_or_of_another_type_is_refused():
    order = order_of_kits()
    refused(packed_kit(), order, match="is packed for order co-.* Take another kit")
    refused(stocked_kit("genealogy"), order, match="is a genealogy kit. This parcel lacks ancestry")
    old = stocked_kit(lot="L0", expires_on=date(2026, 1, 31))
    with time_machine.travel("2026-02-01 00:00Z", tick=False):
        refused(old, order, match="expired on 31 Jan 2026")
    with time_machine.travel("2026-01-31 23:59Z", tick=False):
        assert pack(old, order).state == "packed"


def test_an_order_that_holds_no_kit_waits_or_is_over_is_refused():
    refused(stocked_kit(), placed_order(), match="holds no kit")
    without_address = placed_kit_order(customer=CustomerFactory.create())
    refused(stocked_kit(), without_address, match="waits for an address")
    cancelled = cancel_order(order_of_kits(), by=TEST)
    refused(stocked_kit(), cancelled, match="is cancelled")
    left = order_of_kits()
    Shipment.objects.filter(order=left).update(state="in-transit")
    refused(stocked_kit(), left, match="no parcel of it waits")


def test_a_return_label_is_bound_once_and_is_neither_a_serial_nor_another_parcels():
    order, used = order_of_kits(), packed_kit()
    refused(stocked_kit(), order, str(used.return_tracking).lower(), match=f"belongs to kit {used}")
    refused(stocked_kit(), order, used.serial, match="serial of a kit|not a carrier")
    Shipment.objects.filter(order=order).update(tracking_number="OUT 1234-5678")
    refused(stocked_kit(), order, "out12345678", match="is that of parcel")
    refused(stocked_kit(), order, "?", match="Scan it again")


def test_the_label_on_the_parcel_is_that_of_the_parcel():
    order = order_of_kits()
    Shipment.objects.filter(order=order).update(tracking_number="OUT12345678")
    refused(stocked_kit(), order, outbound_tracking="OUT00000000", match="Put the parcel aside")
    assert pack(stocked_kit(), order, outbound_tracking="out 1234 5678").state == "packed"


def test_a_parcel_in_place_of_another_gets_no_second_kit_until_the_first_is_given_up():
    order = order_of_kits()
    kit = packed_kit(order)
    first = Shipment.objects.get(order=order)
    Shipment.objects.filter(pk=first.pk).update(state="failed-to-deliver")
    Kit.objects.filter(pk=kit.pk).update(state="sent")
    first.refresh_from_db()
    second = resend(first, by=TEST)
    refused(stocked_kit(), order, match="has all its kits")
    services.report_lost(kit, by=TEST, reason="the carrier lost it")
    other = pack(stocked_kit(), order)
    assert (other.shipment, other.first_shipment, other.piece) == (second, first, 1)


def test_each_parcel_of_a_subscription_gets_its_kit():
    order = order_of_kits(interval="monthly")
    assert packed_kit(order).state == "packed"
    refused(stocked_kit(), order, match="has all its kits")


def test_a_kit_put_back_on_the_shelf_frees_its_place_and_label():
    kit = packed_kit(order := order_of_kits())
    label = kit.return_tracking
    services.unpack(kit, by=TEST, reason="the box is dented")
    kit.refresh_from_db()
    assert (kit.state, kit.shipment, kit.piece, kit.return_tracking) == (
        "in-stock",
        None,
        None,
        None,
    )
    assert kit.events.latest("id").kind == "unpacked"
    assert pack(stocked_kit(), order, label).state == "packed"


@pytest.mark.parametrize("state", ["delivered", "registered", "received", "resulted"])
def test_a_kit_that_somebody_had_never_comes_back_to_the_shelf(state):
    kit = kit_in(state)
    with pytest.raises(TransitionNotAllowedError):
        services.unpack(kit, by=TEST)


@pytest.mark.parametrize("verb", [services.report_lost, services.destroy])
def test_a_kit_is_given_up_for_a_reason(verb):
    kit = packed_kit(order := order_of_kits())
    with pytest.raises(ValidationError):
        verb(kit, by=TEST, reason="?")
    verb(kit, by=TEST, reason="it fell into the sea")
    kit.refresh_from_db()
    assert kit.state in ("lost", "destroyed")
    assert kit.events.latest("id").detail == "it fell into the sea"
    assert pack(stocked_kit(), order).piece == kit.piece


def test_a_kit_is_found_however_its_serial_is_typed():
    kit = stocked_kit()
    assert services.find(f" {kit.serial[:3]}-{kit.serial[3:].lower()}") == kit
    with pytest.raises(ValidationError, match="There is no kit"):
        services.find("000000000")
