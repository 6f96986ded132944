"""H7 to H12, H34, H36: what carriers are sent, and what they report."""

import json
from typing import Any

from tests.cases.registry import case, check
from tests.cases.world import ADDRESS, World, new_name, wait_for

MOMENT = "%d.%m.%Y %H:%M:%S"


@case("H7", "F3", "200; A delivered, B in-transit; a2 before staff")
def _(world: World) -> str:
    a, b, mark = world.parcel("northpost"), world.parcel("northpost"), new_name()
    at = [world.moment("northpost", minutes, MOMENT) for minutes in (-3, -2, -1)]
    world.hook("northpost", _batch((f"{mark}0", a, "30", at[0])))
    answer = world.hook(
        "northpost",
        _batch(
            (f"{mark}1", a, "40", at[1]), (f"{mark}2", b, "60", at[1]), (f"{mark}3", b, "30", at[2])
        ),
    )
    states = world.state(a, "delivered"), world.state(b, "in-transit")
    before_staff = wait_for(lambda: b in world.cases() or "northpost" in world.cases(), 10)
    right = answer.status_code == 200 and states == ("delivered", "in-transit") and before_staff
    return check(right, f"{answer.status_code}; {states}; case: {bool(before_staff)}")


def _batch(*events: tuple[str, str, str, str]) -> str:
    rows = "".join(f'<event id="{i}" ref="{r}" code="{c}" at="{t}"/>' for i, r, c, t in events)
    return f"<events>{rows}</events>"


def _swift(world: World, reference: str, state: str, at: str) -> int:
    body = {
        "id": new_name(),
        "type": "parcel.moved",
        "data": {"ref": reference, "state": state, "occurred_at": at},
    }
    return world.hook("swiftparcel", json.dumps(body)).status_code


@case("H8", "F4", "200, kept raw, a case")
def _(world: World) -> str:
    reference = world.parcel("swiftparcel")
    at = world.moment("swiftparcel", -1, "%Y-%m-%dT%H:%M:%SZ")
    status = _swift(world, reference, "customs_hold", at)
    raised = wait_for(lambda: reference in world.cases() or "swiftparcel" in world.cases(), 10)
    path = f"shipments/{world.shipment(reference)['id']}/"
    kept = "customs_hold" in json.dumps(world.get(path))
    return check(status == 200 and raised and kept, f"{status}; case: {raised}; shown: {kept}")


@case("H9", "F5", "both in-transit")
def _(world: World) -> str:
    a, b, mark = world.parcel("northpost"), world.parcel("northpost"), new_name()
    at = world.moment("northpost", -1, MOMENT)
    status = world.hook("northpost", _batch((mark, a, "30", at), (mark, b, "30", at))).status_code
    states = world.state(a, "in-transit"), world.state(b, "in-transit")
    return check(states == ("in-transit",) * 2, f"{status}; {states}")


@case("H10", "F6", "in-transit")
def _(world: World) -> str:
    reference = world.parcel()
    for name, minutes in (("in-transit", -1), ("waiting-for-collection", 60), ("in-transit", 1)):
        assert world.event(reference, name, minutes).status_code == 200
    _settled(world, reference, 3)
    state = world.state(reference, "in-transit")
    return check(state == "in-transit", state)


def _settled(world: World, reference: str, count: int) -> None:
    """Until all events are applied, as far as the API tells."""
    path = f"shipments/{world.shipment(reference)['id']}/"
    wait_for(lambda: len(world.get(path).get("tracking", ())) >= count, 5)


@case("H11", "F7", "parcel in-transit")
def _(world: World) -> str:
    padded, capital = world.parcel(), world.parcel()
    answers = [
        world.event(padded.ljust(35), "in-transit", -1).status_code,
        world.event(capital.upper(), "in-transit", -1).status_code,
    ]
    states = world.state(padded, "in-transit"), world.state(capital, "in-transit")
    return check(states == ("in-transit",) * 2, f"{answers}; {states}")


@case("H12", "F8", "200")
def _(world: World) -> str:
    reference = world.parcel("swiftparcel")
    forms = ("%Y-%m-%dt%H:%M:%Sz", "%Y-%m-%d %H:%M:%SZ")
    at = [world.moment("swiftparcel", -1, form) for form in forms]
    statuses = [_swift(world, reference, "booked", each) for each in at]
    return check(statuses == [200, 200], str(statuses))


@case("H34", "F25", "next parcel to 99 Moved Street; an event says who; parcels on the way stay")
def _(world: World) -> str:
    order = world.order(
        shipping_interval="weekly", delivery_address=ADDRESS | {"line_1": "1 Old Street"}
    )
    schedule = world.results("schedules/", order=str(order["id"]))[0]
    first = wait_for(lambda: _streets(world, order["number"]))
    moved = ADDRESS | {"line_1": "99 Moved Street"}
    answer = world.send("PATCH", f"schedules/{schedule['id']}/", {"delivery_address": moved})
    following = world.get(f"schedules/{schedule['id']}/")["next_occurrence"]
    world.manage("run_schedule", "--today", str(following)[:10])
    wait_for(lambda: len(_streets(world, order["number"])) > 1)
    sent = _streets(world, order["number"])
    right = answer.status_code == 200 and sent == [*first, moved["line_1"]]
    return check(right, f"{answer.status_code} {answer.text[:60]}; sent to {sent}")


def _streets(world: World, number: str) -> list[str]:
    """Where the parcels of an order went, in order."""
    return [sent["delivery_address"]["line_1"] for sent in _sent(world, number)]


def _sent(world: World, number: str) -> list[dict[str, Any]]:
    """What the reference carrier was sent of an order."""
    bodies = (entry["body"] for entry in world.ledger() if isinstance(entry.get("body"), dict))
    return [body for body in bodies if str(body.get("order_id")).split(".")[0] == number]


@case("H36", "F27", "the carrier gets W2 6NB")
def _(world: World) -> str:
    order = world.order(delivery_address=ADDRESS | {"postcode": "W2\u00a06NB"})
    sent = wait_for(lambda: _sent(world, order["number"]))
    postcode = sent[0]["delivery_address"]["postcode"]
    return check(postcode == "W2 6NB", repr(postcode))
