"""The packing bench: any scan in one field, and what stops."""

from datetime import date

import pytest

from kits.models import Kit
from kits.packing.bench import Bench, Feedback, scan
from kits.registration.link import url_of_kit
from kits.tests.factories import a_label, order_of_kits, packed_kit, stocked_kit
from kits.values.serials import serial_of
from orders.tests.factories import placed_order
from shipping.models import Shipment, TrackingEvent
from shipping.tests.factories import store, tracked

pytestmark = pytest.mark.django_db


def scanned(*texts: str, bench: Bench | None = None) -> Feedback:
    """The feedback to the last of these scans; the others go on."""
    feedback = Feedback(bench or Bench(), "next", "")
    for text in texts:
        assert feedback.level != "stop", feedback.text
        feedback = scan(feedback.bench, text, by="user:test")
    return feedback


def stopped(*texts: str) -> str:
    kits = list(Kit.objects.order_by("pk").values())
    feedback = scanned(*texts)
    assert feedback.level == "stop", feedback.text
    assert list(Kit.objects.order_by("pk").values()) == kits
    return feedback.text


def test_an_order_a_kit_and_its_return_label_are_packed():
    order, kit = order_of_kits(), stocked_kit()
    assert scanned(order.number).text == f"Scan the kit for order {order.number}."
    assert scanned(order.number, kit.serial).text == f"Scan the return label for kit {kit}."
    done = scanned(order.number, kit.serial, "rt 123-456 gb")
    assert (done.level, done.bench) == ("done", Bench())
    kit.refresh_from_db()
    assert (kit.state, kit.return_tracking) == ("packed", "RT123456GB")
    assert kit.events.get().actor == "user:test"


def test_the_kit_may_come_first_and_numbers_are_read_as_scanners_send_them():
    order, kit = order_of_kits(), stocked_kit()
    spoiled = str(order.number).upper().replace("-", "")
    assert scanned(f"{kit.serial.lower()} ", spoiled, a_label()).level == "done"


def test_a_parcel_that_its_carrier_has_labelled_is_scanned_too():
    order, kit = order_of_kits(), stocked_kit()
    Shipment.objects.filter(order=order).update(tracking_number="OUT 1234-5678")
    label = a_label()
    asked = scanned(order.number, kit.serial, label)
    assert asked.text == "Scan the label on the parcel."
    wrong = scan(asked.bench, "OUT99999999", by="user:test")
    assert (wrong.level, "Put the parcel aside" in wrong.text) == ("stop", True)
    assert scanned("out12345678", bench=wrong.bench).level == "done"


def test_the_parcels_label_says_which_order_it_is():
    order = order_of_kits()
    Shipment.objects.filter(order=order).update(tracking_number="OUT12345678")
    assert scanned("OUT12345678").bench == Bench(
        order=str(order.number), outbound_label="OUT12345678"
    )


def test_a_parcel_of_two_kits_asks_for_the_second():
    order = order_of_kits(pieces=2)
    first = scanned(order.number, stocked_kit().serial, a_label())
    assert (first.level, first.bench) == ("done", Bench(order=str(order.number)))
    assert "lacks 1 more" in first.text
    assert scanned(stocked_kit().serial, a_label(), bench=first.bench).bench == Bench()


@pytest.mark.parametrize("first", ["order", "kit"])
def test_a_used_expired_or_wrong_kit_stops(first):
    order = str(order_of_kits().number)
    old = stocked_kit(lot="L0", expires_on=date(2020, 1, 31))
    for kit, why in (
        (packed_kit(), "is packed for order"),
        (old, "expired on 31 Jan 2020"),
        (stocked_kit("genealogy"), "is a genealogy kit. This parcel lacks ancestry"),
    ):
        texts = [order, kit.serial] if first == "order" or "lacks" in why else [kit.serial]
        assert why in stopped(*texts)
    wrong = stocked_kit("paternity").serial
    assert "This parcel lacks ancestry" in stopped(wrong, order)


def test_a_foreign_kit_and_a_mistyped_one_stop():
    order = str(order_of_kits().number)
    assert "is no kit of ours" in stopped(order, serial_of(999_999_999))
    assert "is no kit of ours" in stopped(order, stocked_kit().serial[:-1] + "$")


def test_a_second_order_or_kit_on_the_bench_stops_until_one_begins_anew():
    one, two = order_of_kits(), order_of_kits()
    kit, other = stocked_kit(), stocked_kit()
    assert f"{one.number} is on the bench" in stopped(one.number, two.number)
    assert f"{kit} is on the bench" in stopped(one.number, kit.serial, other.serial)
    assert scanned(one.number, kit.serial, "new").bench == Bench()


@pytest.mark.parametrize(
    "text", ["co-999999999", "hello", "?", "co-", "1" * 5000, "https://x.example"]
)
def test_what_is_nothing_of_ours_stops(text):
    assert stopped(text)


def test_an_order_that_holds_no_kit_or_has_them_all_stops():
    assert "holds no kit" in stopped(placed_order().number)
    packed_kit(order := order_of_kits())
    assert "has all its kits" in stopped(order.number)


def test_a_label_in_use_stops_whoever_uses_it():
    order, kit, used = str(order_of_kits().number), stocked_kit().serial, packed_kit()
    assert f"belongs to kit {used}" in stopped(order, kit, str(used.return_tracking))
    store("reference", tracked("RT5555GB", "in-transit"))
    assert TrackingEvent.objects.get().order_id == "rt5555gb"
    assert "A carrier has label RT5555GB already" in stopped(order, kit, "RT5555GB")


def test_the_last_scan_sent_twice_packs_once():
    order, kit, label = order_of_kits(), stocked_kit(), a_label()
    asked = scanned(order.number, kit.serial)
    assert scan(asked.bench, label, by="user:test").level == "done"
    again = scan(asked.bench, label, by="user:test")
    assert (again.level, again.bench) == ("done", Bench())
    assert Kit.objects.filter(shipment__order=order).count() == 1


def test_nothing_scanned_says_what_is_next():
    assert scanned("", "  ").text == "Scan the order."


def test_the_code_on_a_kit_that_leads_to_its_registration_is_taken_for_its_serial():
    order, kit = order_of_kits(), stocked_kit()
    assert scanned(order.number, url_of_kit(kit)).bench.kit == kit.serial
    assert stopped(order.number, url_of_kit(kit)[:-1] + "x")


def test_a_serial_with_any_check_symbol_is_scanned():
    order = str(order_of_kits().number)
    kits = [stocked_kit() for _ in range(80)]
    assert {kit.serial[-1] for kit in kits} >= set("*~$=U")
    for kit in kits:
        assert scanned(order, kit.serial).bench.kit == kit.serial
