"""Kits received and sent anew over HTTP."""

import pytest

from kits.models import Replacement
from kits.tests.factories import kit_in, stocked_kit

pytestmark = pytest.mark.django_db
KITS = "/api/v1/kits/"


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        ({"accepted": True, "condition": "ROOM"}, 200, "accepted"),
        ({"accepted": False, "condition": "COOL", "reason": "QS"}, 200, "rejected"),
        ({"accepted": False, "condition": "COOL"}, 400, "returning"),
        ({"accepted": True, "condition": "COOL", "reason": "QS"}, 400, "returning"),
        ({"accepted": True, "condition": "WARM"}, 400, "returning"),
        ({"accepted": "yes", "condition": "ROOM"}, 400, "returning"),
        (
            {"accepted": True, "condition": "ROOM", "received_at": "2999-01-01T00:00:00Z"},
            400,
            "returning",
        ),
        ({}, 400, "returning"),
    ],
)
def test_a_laboratory_says_what_it_sees(api, body, status, state):
    kit = kit_in("returning")
    client = api("lab:write", "kits:read")
    answer = client.post(f"{KITS}{kit.serial}/receive/", body, format="json")
    assert answer.status_code == status, answer.content
    kit.refresh_from_db()
    assert kit.state == state
    if status == 200:
        shown = answer.json()
        assert (shown["state"], shown["condition"]) == (state, body["condition"])
        assert shown["reason"] == body.get("reason", "")


def test_a_kit_of_the_shelf_or_received_before_is_a_conflict(api):
    client, body = api("lab:write"), {"accepted": True, "condition": "ROOM"}
    for kit in (stocked_kit(), kit_in("accepted"), kit_in("destroyed")):
        answer = client.post(f"{KITS}{kit.serial}/receive/", body, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "illegal_move")
    assert client.post(f"{KITS}000000000/receive/", body, format="json").status_code == 404


def test_a_laboratory_may_not_pack_and_who_packs_may_not_receive(api):
    kit, body = kit_in("returning"), {"accepted": True, "condition": "ROOM"}
    url = f"{KITS}{kit.serial}/receive/"
    assert api("kits:read", "kits:write").post(url, body, format="json").status_code == 403
    why = {"reason": "it is lost"}
    assert api("lab:write").post(f"{KITS}{kit.serial}/lost/", why, format="json").status_code == 403
    kit.refresh_from_db()
    assert kit.state == "returning"


def test_a_kit_is_resumed_and_another_is_sent_anew_once(api):
    waiting, final = kit_in("rejected", reason="RD"), kit_in("rejected", reason="QS")
    lab, staff = api("lab:write", "kits:read"), api("kits:write", "kits:read")
    told = {"reason": "sampled on the third"}
    answer = lab.post(f"{KITS}{waiting.serial}/resume/", told, format="json")
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    url = f"{KITS}{final.serial}/replace/"
    answers = [staff.post(url, {}, format="json") for _ in range(2)]
    order = Replacement.objects.get().order
    assert [each.json() for each in answers] == [{"id": order.pk, "number": order.number}] * 2
    refused = staff.post(f"{KITS}{waiting.serial}/replace/", {}, format="json")
    assert refused.status_code == 409
