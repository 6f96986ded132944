"""F30, and what was decided of messages: STOP by SMS, and each failed delivery told."""

import random
from typing import Any

import requests

from tests.cases.registry import case, check
from tests.cases.world import World, new_name, wait_for


def _told(world: World, customer: int) -> list[dict[str, Any]]:
    return world.results("notifications/", customer=str(customer), page_size="200")


@case("IDN", "F30", "suppressed")
def _(world: World) -> str:
    name = new_name()
    first = world.make("customers/", name="A", email=f"{name}@ex\u00e4mple.de")
    world.send("PATCH", f"customers/{first['id']}/preferences/", {"opted_out": ["email"]})
    other = world.make("customers/", name="B", email=f"{name}@xn--exmple-cua.de")
    sent = world.make("notifications/", customer=other["id"], message="Hi", channel="email")
    return check(sent["status"] == "suppressed", f"{sent['status']}: {sent['recipient']}")


@case("STOP", "decided", "an opt-out, answered once")
def _(world: World) -> str:
    # The sandbox means something by numbers of which the last four digits begin with 9.
    number = f"+25470{random.randrange(1000):03}0{random.randrange(1000):03}"
    customer = world.make("customers/", name="A", phone_number=number)["id"]
    path = f"webhooks/africastalking/{world.secrets['AFRICAS_TALKING_CALLBACK_TOKEN']}/incoming/"
    texts = ("Where is my parcel?", "Stop, thank you", "STOP\nSent from my phone")
    statuses, opted_out = [], []
    for text in texts:
        form = {"from": number, "to": "22334", "text": text, "id": new_name(), "linkId": "x"}
        url = f"{world.web}/api/v1/{path}"
        statuses.append(requests.post(url, data=form, timeout=30).status_code)
        opted_out.append(world.get(f"customers/{customer}/preferences/")["opted_out"])
    answers = [row["message"] for row in _told(world, customer)]
    right = opted_out == [[], ["sms"], ["sms"]] and len(answers) == 1
    return check(right and statuses == [200] * 3, f"{statuses}; {opted_out}; {answers}")


@case("again", "decided", "the customer hears of both failed deliveries")
def _(world: World) -> str:
    customer = world.customer()["id"]
    reference = world.parcel(customer=customer)
    story = ("in-transit", "failed-to-deliver", "in-transit", "failed-to-deliver")
    for minutes, name in enumerate(story, start=-len(story)):
        assert world.event(reference, name, minutes).status_code == 200
    wait_for(lambda: len(_failures(world, customer)) >= 2, 15)
    told = _failures(world, customer)
    return check(len(told) == 2, f"{len(told)}: {told[:1]}")


def _failures(world: World, customer: int) -> list[str]:
    return [m for row in _told(world, customer) if "not be delivered" in (m := row["message"])]
