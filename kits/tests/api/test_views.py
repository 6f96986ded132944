"""Kits and lots over HTTP: shapes, filters, verbs, and a constant cost."""

from typing import Any

import pytest

from kits.models import Kit
from kits.tests.factories import (
    a_label,
    kit_in,
    order_of_kits,
    packed_kit,
    parcel_of,
    stocked_kit,
)

KITS = "/api/v1/kits/"
LOTS = "/api/v1/lots/"
pytestmark = pytest.mark.django_db


def results(client: Any, url: str) -> list[dict[str, Any]]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_a_kit_is_shown_with_its_lot_its_order_and_its_labels(api):
    kit = packed_kit()
    shown = api("kits:read").get(f"{KITS}{kit.serial}/").json()
    assert shown == {
        "id": kit.pk,
        "serial": kit.serial,
        "kit_type": "ancestry",
        "lot": "L1",
        "expires_on": "2099-12-31",
        "state": "packed",
        "order": parcel_of(kit).order_id,
        "shipment": kit.shipment_id,
        "outbound_tracking": "",
        "return_tracking": kit.return_tracking,
        "replaces": None,
        "received_at": None,
        "condition": "",
        "reason": "",
        "packed_at": shown["packed_at"],
        "created_at": shown["created_at"],
    }


def test_a_kit_on_the_shelf_belongs_to_nobody(api):
    shown = api("kits:read").get(f"{KITS}{stocked_kit().serial}/").json()
    names = ("order", "shipment", "outbound_tracking", "return_tracking", "packed_at")
    assert [shown[name] for name in names] == [None] * 5


def test_a_kit_is_found_by_its_serial_however_it_is_written(api):
    kit = stocked_kit()
    for typed in (
        kit.serial.lower(),
        kit.serial.replace("0", "O"),
        f"{kit.serial[:4]}-{kit.serial[4:]}",
    ):
        assert api("kits:read").get(f"{KITS}{typed}/").json()["id"] == kit.pk
    for none in ("000000000", "x", "1" * 300, "%00", "co-1"):
        assert api("kits:read").get(f"{KITS}{none}/").status_code == 404


def test_what_happened_to_a_kit_is_listed_the_newest_first(api):
    kit = packed_kit()
    other = packed_kit()
    api("kits:write").post(f"{KITS}{kit.serial}/unpack/", {}, format="json")
    events = results(api("kits:read"), f"{KITS}{kit.serial}/events/")
    assert [event["kind"] for event in events] == ["unpacked", "packed"]
    assert len(results(api("kits:read"), f"{KITS}{other.serial}/events/")) == 1
    assert api("kits:read").get(f"{KITS}000000000/events/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "state=packed",
        "kit_type=ancestry&lot=L1&state=packed",
        "order={order}",
        "return_tracking={label}",
    ],
)
def test_kits_are_filtered(api, query):
    kit = packed_kit()
    stocked_kit("genealogy")
    asked = query.format(order=parcel_of(kit).order_id, label=str(kit.return_tracking).lower())
    assert [row["id"] for row in results(api("kits:read"), f"{KITS}?{asked}")] == [kit.pk]


def test_lots_are_listed_by_type_number_and_expiry(api):
    lot = stocked_kit().lot
    other = stocked_kit("genealogy", lot="L2").lot
    client = api("kits:read")
    assert [row["id"] for row in results(client, LOTS)] == [other.pk, lot.pk]
    assert [row["id"] for row in results(client, f"{LOTS}?kit_type=ancestry")] == [lot.pk]
    assert [row["id"] for row in results(client, f"{LOTS}?number=L2")] == [other.pk]
    assert results(client, f"{LOTS}?expires_before=2099-12-31") == []
    assert client.get(f"{LOTS}{lot.pk}/").json() == {
        "id": lot.pk,
        "kit_type": "ancestry",
        "number": "L1",
        "expires_on": "2099-12-31",
        "created_at": client.get(f"{LOTS}{lot.pk}/").json()["created_at"],
    }


@pytest.mark.parametrize("url", [KITS, LOTS])
def test_a_list_costs_as_much_with_many_rows(api, url, django_assert_max_num_queries):
    client = api("kits:read")
    for n in range(5):
        packed_kit()
        stocked_kit(lot=f"N{n}")
    client.get(url)
    with django_assert_max_num_queries(4):
        assert len(results(client, url)) >= 5


def test_a_kit_is_packed_and_the_answer_shows_where(api):
    kit, order = stocked_kit(), order_of_kits()
    body = {"order": order.pk, "return_tracking": "rt 123 456 gb"}
    answer = api("kits:read", "kits:write").post(f"{KITS}{kit.serial}/pack/", body, format="json")
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["state"], shown["order"]) == ("packed", order.pk)
    assert shown["return_tracking"] == "RT123456GB"


@pytest.mark.parametrize(
    ("body", "status", "attr"),
    [
        ({}, 400, "order"),
        ({"order": 10**9, "return_tracking": "RT123456GB"}, 400, "order"),
        ({"order": "1", "return_tracking": "RT123456GB"}, 400, "order"),
        ({"order": None, "return_tracking": "?"}, 400, "return_tracking"),
        ({"order": None, "return_tracking": "RT123456GB", "serial": "x"}, 400, "serial"),
        (
            {"order": None, "return_tracking": "RT123456GB", "outbound_tracking": "OUT99999"},
            409,
            None,
        ),
    ],
)
def test_what_cannot_be_packed_changes_nothing(api, body, status, attr):
    kit, order = stocked_kit(), order_of_kits()
    if "order" in body and body["order"] is None:
        body = body | {"order": order.pk}
    client = api("kits:read", "kits:write")
    answer = client.post(f"{KITS}{kit.serial}/pack/", body, format="json")
    assert answer.status_code == status, answer.content
    assert attr in [error["attr"] for error in answer.json()["errors"]]
    kit.refresh_from_db()
    assert kit.state == "in-stock"


@pytest.mark.parametrize("verb", ["lost", "destroyed"])
def test_a_kit_is_given_up_for_a_reason(api, verb):
    kit = kit_in("sent")
    client = api("kits:read", "kits:write")
    url = f"{KITS}{kit.serial}/{verb}/"
    assert client.post(url, {}, format="json").status_code == 400
    answer = client.post(url, {"reason": "the carrier lost it"}, format="json")
    assert (answer.status_code, answer.json()["state"]) == (200, verb)
    again = client.post(url, {"reason": "the carrier lost it"}, format="json")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "illegal_move")


def test_who_may_read_may_not_write(api):
    kit, label = stocked_kit(), a_label()
    body = {"order": order_of_kits().pk, "return_tracking": label}
    for scopes in (("kits:read",), ("shipping:write",)):
        answer = api(*scopes).post(f"{KITS}{kit.serial}/pack/", body, format="json")
        assert answer.status_code == 403
    assert not Kit.objects.filter(return_tracking=label).exists()


def test_a_kit_is_addressed_by_a_serial_with_any_check_symbol(api):
    kits = [stocked_kit() for _ in range(80)]
    assert {kit.serial[-1] for kit in kits} >= set("*~$=U")
    for kit in kits:
        assert api("kits:read").get(f"{KITS}{kit.serial}/").status_code == 200
