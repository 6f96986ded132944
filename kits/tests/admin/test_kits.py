"""Kits on their pages."""

from typing import Any

import pytest
from django.test import Client

from identity.tests.factories import staff
from kits.tests.factories import packed_kit, parcel_of, stocked_kit

pytestmark = pytest.mark.django_db
KITS = "/admin/kits/kit/"


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(staff(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, url: str) -> str:
    answer: Any = client.get(url)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def test_the_list_finds_a_kit_by_its_serial_and_its_label():
    kit, other = packed_kit(), stocked_kit()
    client = signed_in("fulfilment")
    for text in (kit.serial.lower(), str(kit.return_tracking)):
        shown = page(client, f"{KITS}?q={text}")
        assert kit.serial in shown
        assert other.serial not in shown


def test_a_kit_shows_its_order_its_lot_and_what_happened():
    kit = packed_kit()
    shown = page(signed_in("support"), f"{KITS}{kit.pk}/change/")
    for text in (parcel_of(kit).order.number, "L1", "ancestry", kit.return_tracking, "packed"):
        assert str(text) in shown


def test_the_page_of_an_order_shows_its_kits_to_who_may_see_them():
    kit = packed_kit()
    order = f"/admin/orders/order/{parcel_of(kit).order_id}/change/"
    assert kit.serial in page(signed_in("fulfilment"), order)


def test_a_kit_is_given_up_in_a_dialog_for_a_reason():
    kit = packed_kit()
    client = signed_in("fulfilment")
    url = f"{KITS}{kit.pk}/give_up/"
    client.post(url, {"reason": "", "_form_submitted": "on"})
    kit.refresh_from_db()
    assert kit.state == "packed"
    client.post(url, {"reason": "the carrier lost it", "_form_submitted": "on"})
    kit.refresh_from_db()
    assert (kit.state, kit.events.latest("id").detail) == ("lost", "the carrier lost it")


def test_support_looks_and_changes_nothing():
    kit = packed_kit()
    body = {"reason": "the carrier lost it", "_form_submitted": "on"}
    assert signed_in("support").post(f"{KITS}{kit.pk}/give_up/", body).status_code == 403
    kit.refresh_from_db()
    assert kit.state == "packed"
