"""Carriers report oddly on order, each in its own form: what was seen of real ones."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from defusedxml.ElementTree import fromstring

from sandbox.reports import EVENT_FAULTS
from sandbox.testing import Sandbox
from sandbox.tests.receiver import Receiver

CONSIGNMENT = (
    '<consignment ref="{}" service="N48"><to country="DE"><name>Jo</name><street>Weg 1</street>'
    "<town>Bonn</town><zip>53111</zip></to><piece/></consignment>"
)


def to_northpost(sandbox: Sandbox, reference: str) -> None:
    name, _, password = sandbox.config.northpost_login.partition(":")
    url, body = f"{sandbox.url}/northpost/consignments", CONSIGNMENT.format(reference)
    assert requests.post(url, data=body, auth=(name, password), timeout=10).status_code == 201


def to_swiftparcel(sandbox: Sandbox, reference: str) -> None:
    body = {
        "parcel": {"your_reference": reference, "speed": "economy"},
        "to": {"name": "Jo", "lines": ["Rue 1"], "locality": "Paris", "country": "FR"},
    }
    headers = {"X-Api-Key": sandbox.config.swiftparcel_api_key}
    url = f"{sandbox.url}/swiftparcel/parcels"
    assert requests.post(url, json=body, headers=headers, timeout=10).status_code == 201


@pytest.fixture(params=["provider", "northpost", "swiftparcel"])
def carrier(request: Any, ship: Any) -> tuple[str, Callable[[Sandbox, str], object]]:
    """Its name, and how it is given a parcel."""
    ways: dict[str, Callable[[Sandbox, str], object]] = {
        "provider": lambda to, ref: ship(to, key=ref, order_id=ref),
        "northpost": to_northpost,
        "swiftparcel": to_swiftparcel,
    }
    return request.param, ways[request.param]


def said(body: bytes) -> list[dict[str, str]]:
    """The events of a webhook with the same names, whoever sent it."""
    if body.startswith(b"<"):
        found = [each.attrib for each in fromstring(body)]
        return [{**each, "status": each["code"], "at": each["at"]} for each in found]
    whole = json.loads(body)
    about = whole.get("data", whole)
    return [
        {
            "id": whole.get("id", ""),
            "ref": about.get("ref") or about["order_id"],
            "status": about.get("state") or about["event_name"],
            "at": about.get("occurred_at") or about["event_time"],
        }
    ]


def reported(
    posting: Sandbox, receiver: Receiver, carrier: Any, fault: str, count: int
) -> list[dict[str, str]]:
    name, ship_by = carrier
    posting.faults(**{name: {"events": fault, "times": 1}})
    ship_by(posting, "co-1")
    return [event for post in receiver.wait_for(count)[:count] for event in said(post.body)]


STRANGE = {"customs-hold", "60", "customs_hold"}
BACK = {"returned-to-sender", "70", "returned"}
FAILED = {"failed-to-deliver", "50", "attempted"}


def test_a_status_that_was_never_agreed(posting, receiver, carrier):
    found = [event["status"] for event in reported(posting, receiver, carrier, "unknown_status", 4)]
    assert found[2] in STRANGE


def test_several_attempts_that_fail(posting, receiver, carrier):
    found = [event["status"] for event in reported(posting, receiver, carrier, "attempts", 6)]
    assert [status in FAILED for status in found] == [False, False, True, True, True, False]


def test_returned_after_a_failed_attempt(posting, receiver, carrier):
    found = [event["status"] for event in reported(posting, receiver, carrier, "returned", 4)]
    assert found[2] in FAILED
    assert found[3] in BACK


def test_a_reference_in_capitals_and_padded(posting, receiver, carrier):
    found = reported(posting, receiver, carrier, "padded", 3)
    assert {event["ref"] for event in found} == {"CO-1".ljust(35)}


def test_ids_that_are_unique_per_parcel_only(posting, receiver, carrier):
    found = reported(posting, receiver, carrier, "same_ids", 3)
    expected = ["", "", ""] if carrier[0] == "provider" else ["1", "2", "3"]
    assert [event["id"] for event in found] == expected


def test_times_with_a_small_t_and_z(posting, receiver, carrier):
    for event in reported(posting, receiver, carrier, "rfc3339", 3):
        assert event["at"][10] == "t"
        assert event["at"].endswith("z")
        moment = datetime.fromisoformat(event["at"].upper())
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


FORMS = {
    "provider": ("%Y-%m-%d %H:%M:%S", "Europe/London"),
    "northpost": ("%d.%m.%Y %H:%M:%S", "Europe/Berlin"),
    "swiftparcel": ("%Y-%m-%dT%H:%M:%SZ", "UTC"),
}


def test_a_depot_whose_clock_is_an_hour_ahead(posting, receiver, carrier):
    form, zone = FORMS[carrier[0]]
    found = reported(posting, receiver, carrier, "clock_ahead", 3)
    now = datetime.now(ZoneInfo(zone)).replace(tzinfo=None)
    ahead = [datetime.strptime(event["at"], form) - now for event in found]  # noqa: DTZ007 - wall clock
    assert [round(each / timedelta(hours=1)) for each in ahead] == [1, 0, 0]


def test_a_carrier_that_says_nothing(posting, receiver, carrier):
    name, ship_by = carrier
    posting.faults(**{name: {"events": "silent", "times": 1}})
    ship_by(posting, "co-1")
    ship_by(posting, "co-2")
    posts = receiver.wait_for(3)
    assert {event["ref"] for post in posts for event in said(post.body)} == {"co-2"}


def test_a_batch_with_a_new_code_and_an_event_of_nothing(posting, receiver):
    posting.faults(northpost={"events": "bad_batch"})
    to_northpost(posting, "co-1")
    first, *_ = receiver.wait_for(3)
    events = said(first.body)
    assert [event["status"] for event in events] == ["60", "20", "20"]
    assert [event["ref"] for event in events] == ["co-1", "co-1", ""]
    assert len({event["id"] for event in events}) == 3


def test_an_order_of_events_spoils_no_answer_and_is_counted(posting, receiver, ship):
    posting.faults(provider={"events": "padded", "times": 1})
    assert ship(posting).status_code == 201
    assert posting.call("GET", "/faults")["provider"]["hits"] == 1


@pytest.mark.parametrize(
    "wanted",
    [
        {"provider": {"events": "nonsense"}},
        {"provider": {"events": "silent", "mode": "slow"}},
        {"postmark": {"events": "silent"}},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(sandbox, wanted):
    answer = requests.put(f"{sandbox.url}/faults", json=wanted, timeout=10)
    assert answer.status_code == 400
    assert "vents" in answer.json()["error"]


def test_the_table_names_each_of_them():
    from sandbox import reports

    assert all(f"``{name}``" in str(reports.__doc__) for name in EVENT_FAULTS)
