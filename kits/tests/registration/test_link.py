"""The signed links to the page of registration."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.signing import Signer

from core.database import clock
from kits.registration import link
from kits.tests.factories import packed_kit, parcel_of, stocked_kit

pytestmark = pytest.mark.django_db


def token(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def test_a_link_names_its_order_or_kit_and_runs_out():
    kit = packed_kit(None)
    order = parcel_of(kit).order
    of_order, of_kit = (
        link.read(token(link.url_of_order(order))),
        link.read(token(link.url_of_kit(kit))),
    )
    assert of_order
    assert of_kit
    assert list(of_order.kits) == list(of_kit.kits) == [kit]
    assert of_kit.last_day == date(2099, 12, 31) + link.GOOD_FOR
    with time_machine.travel(clock.now() + link.GOOD_FOR + timedelta(days=1)):
        assert (of_order.has_expired, of_kit.has_expired) == (True, False)


@pytest.mark.parametrize(
    "made_up",
    ["", "x", "o1-1", "o1-1.AAAA", "k1-1." + "A" * 43, "\0", "o" * 5000, "é.ü", "..", "o1-1."],
)
def test_what_we_have_not_made_is_nothing(made_up):
    assert link.read(made_up) is None


def test_a_link_of_another_kind_changed_or_signed_elsewhere_is_nothing():
    url = token(link.url_of_kit(stocked_kit()))
    assert link.read("o" + url[1:]) is None
    assert link.read(url[:-1] + ("A" if url[-1] != "A" else "B")) is None
    assert link.read(Signer(salt="orders.address_link", sep=".").sign("k1-1z")) is None
    assert link.read(Signer(salt=link.SALT, sep=".").sign("k" + "z" * 11 + "-1")) is None


def test_it_holds_nothing_personal_and_is_hidden_where_messages_are_read():
    kit = packed_kit()
    url = link.url_of_order(parcel_of(kit).order)
    for secret in (kit.serial, "ancestry", parcel_of(kit).recipient):
        assert secret not in url
    shown = link.hidden(f"Please register it: {url} Thank you")
    assert token(url) not in shown
    assert shown.startswith("Please register it: ")
    assert shown.endswith("/kit/…/ Thank you")


def test_only_the_link_of_a_kit_is_taken_for_a_scan():
    kit = packed_kit()
    assert link.kit_scanned(f" {link.url_of_kit(kit)}\n") == kit
    assert link.kit_scanned(link.url_of_order(parcel_of(kit).order)) is None
    assert link.kit_scanned(kit.serial) is None
