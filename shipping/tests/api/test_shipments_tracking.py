"""What a provider reported, in the API and on the parcel's page: every event as it was said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from identity.tests.factories import staff
from shipping.api.serializers.tracking import MOST_SHOWN
from shipping.models import Shipment
from shipping.provider_api.base import TrackedEvent, Unreadable
from shipping.tests.factories import queued_shipment
from shipping.tracking import events as tracking_events

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
WITH_ADDRESSES = "shipping:read orders:read"


def reported(shipment: Shipment, *events: tuple[str, str, int]) -> None:
    """Each by itself: our name for it, the provider's, and how many hours after the start."""
    for name, raw, hours in events:
        when = START + timedelta(hours=hours)
        event = TrackedEvent(f"{raw} {hours}", shipment.reference, name, when, {"s": raw}, raw)
        tracking_events.store(shipment.provider, [event])
    tracking_events.apply(shipment.pk)


def shown(api: Any, shipment: Shipment, scopes: str = WITH_ADDRESSES) -> list[dict[str, Any]]:
    answer = api(*scopes.split()).get(f"/api/v1/shipments/{shipment.pk}/")
    found: list[dict[str, Any]] = answer.json()["tracking"]
    return found


def test_every_event_is_shown_as_it_was_said_those_after_the_delivery_too(api):
    shipment = queued_shipment()
    reported(
        shipment,
        ("delivered", "40", 3),
        ("in-transit", "30", 1),
        ("", "customs_hold", 2),
        ("in-transit", "31", 4),
    )
    rows = shown(api, shipment)
    assert [(row["event_name"], row["raw_status"]) for row in rows] == [
        ("in-transit", "30"),
        (None, "customs_hold"),
        ("delivered", "40"),
        ("in-transit", "31"),
    ]
    assert rows[0]["event_time"] == "2026-03-01T09:00:00Z"
    assert all(row["received_at"] > "2026-03-02" for row in rows)


def test_the_list_shows_them_too(api):
    shipment = queued_shipment()
    reported(shipment, ("in-transit", "30", 1))
    for url in ("/api/v1/shipments/", f"/api/v1/orders/{shipment.order_id}/shipments/"):
        [row] = api("shipping:read", "orders:read").get(url).json()["results"]
        assert row["tracking"] == shown(api, shipment)


def test_what_a_carrier_writes_is_shown_only_with_addresses(api):
    """A word that nobody knows may be a sentence about somebody."""
    shipment = queued_shipment()
    reported(shipment, ("in-transit", "30", 1), ("", "left with Zoe Canary", 2))
    tracking_events.store(
        "reference", [Unreadable({"a": 1}, "no time", shipment.reference, "at Zoe's")]
    )
    plain = shown(api, shipment, "shipping:read")
    assert [row["raw_status"] for row in plain] == ["30", None, None]
    with_addresses = [row["raw_status"] for row in shown(api, shipment)]
    assert with_addresses == ["30", "left with Zoe Canary", "at Zoe's"]


def test_so_many_are_shown_and_the_newest(api):
    shipment = queued_shipment()
    hours = range(MOST_SHOWN + 3)
    reported(shipment, *(("in-transit" if hour % 2 else "", str(hour), hour) for hour in hours))
    newest = [str(hour) for hour in hours][-MOST_SHOWN:]
    assert [row["raw_status"] for row in shown(api, shipment)] == newest


@pytest.mark.parametrize("role", ["support", "fulfilment", "manager", "auditor"])
def test_the_page_shows_both_moments_with_seconds_and_zone(db, role):
    shipment = queued_shipment()
    reported(shipment, ("delivered", "40", 3), ("in-transit", "31", 4), ("", "customs_hold", 5))
    client = Client()
    client.force_login(staff(role))
    page = client.get(f"/admin/shipping/shipment/{shipment.pk}/change/").content.decode()
    assert "01 Mar 2026, 12:00:00 GMT" in page
    assert "customs_hold" in page
