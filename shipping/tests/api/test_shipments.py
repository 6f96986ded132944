"""Shipments and schedules over HTTP: shapes, scopes, filters, verbs, and a constant cost."""

from typing import Any

import pytest
import time_machine

from shipping.models import Schedule, Shipment
from shipping.tests.factories import monthly_schedule, queued_shipment

SHIPMENTS = "/api/v1/shipments/"
SCHEDULES = "/api/v1/schedules/"
HUGE = 10**30


def results(client: Any, url: str) -> list[dict[str, Any]]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def attrs(answer: Any) -> list[str]:
    return [error["attr"] for error in answer.json()["errors"]]


def test_a_shipment_is_shown_with_its_events(api):
    shipment = queued_shipment(tracking_number="T1", tracking_url="https://t.example/T1")
    shown = api("shipping:read").get(f"{SHIPMENTS}{shipment.pk}/").json()
    event = shown["events"][0]
    assert (event["kind"], event["to_state"], event["actor"]) == ("queued", "queued", "user:test")
    assert shown == {
        "id": shipment.pk,
        "reference": shipment.order.number,
        "order": shipment.order_id,
        "schedule": None,
        "occurrence": None,
        "resend_of": None,
        "resent_as": [],
        "provider": "reference",
        "status": "queued",
        "reason": "",
        "answer": None,
        "delivery_service": "standard",
        "items": [{"item_id": shipment.lines[0].item_id, "quantity": 2}],
        "ship_on": shipment.ship_on.isoformat(),
        "tracking_number": "T1",
        "tracking_url": "https://t.example/T1",
        "attempts": 0,
        "created_at": shown["created_at"],
        "sent_at": None,
        "cancellation": None,
        "events": [event],
        "tracking": [],
    }


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_schedule_is_shown_with_its_next_dates(api):
    schedule = monthly_schedule()
    assert api("shipping:read").get(f"{SCHEDULES}{schedule.pk}/").json() == {
        "id": schedule.pk,
        "order": schedule.order_id,
        "interval": "monthly",
        "anchor": "2026-01-31",
        "time_zone": "Europe/London",
        "catch_up": "latest",
        "state": "active",
        "resume_on": None,
        "next_occurrence": "2026-02-28",
        "upcoming": ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"],
        "planned": [
            {"occurrence": number, "date": day, "ship_on": day}
            for number, day in enumerate(
                ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"], 1
            )
        ],
        "skipped": [],
        "items": [{"item_id": schedule.order.lines.get().item_id, "quantity": 2}],
        "delivery_service": "standard",
        "delivery_address": None,
    }


def test_the_shipments_of_an_order_are_listed_below_it(api):
    mine, _ = queued_shipment(), queued_shipment()
    client = api("shipping:read")
    rows = results(client, f"/api/v1/orders/{mine.order_id}/shipments/")
    assert [row["reference"] for row in rows] == [mine.reference]
    for key in (mine.order_id + 1000, HUGE, "x", "-1"):
        assert client.get(f"/api/v1/orders/{key}/shipments/").status_code == 404


@pytest.mark.parametrize("url", [SHIPMENTS, SCHEDULES, "/api/v1/orders/1/shipments/"])
def test_nobody_reads_without_the_scope(api, url):
    assert api(None).get(url).status_code == 401
    assert api("orders:read", "shipping:write").get(url).status_code == 403


def test_nobody_changes_anything_without_the_scope(api):
    schedule = monthly_schedule()
    shipment = Shipment.objects.get()
    urls = [f"{SHIPMENTS}{shipment.pk}/{verb}/" for verb in ("retry", "cancel")]
    urls += [f"{SCHEDULES}{schedule.pk}/{v}/" for v in ("pause", "resume", "skip", "cancel")]
    for scopes, status in (((None,), 401), (("shipping:read",), 403)):
        client = api(*scopes)
        assert [client.post(url).status_code for url in urls] == [status] * 6
        assert client.patch(f"{SCHEDULES}{schedule.pk}/").status_code == status
    assert Schedule.objects.get().state == "active"
    assert Shipment.objects.get().state == "queued"


@pytest.mark.parametrize("key", [0, HUGE, "x", "%00", "-1"])
def test_what_does_not_exist_is_a_404(api, key):
    client = api()
    for url in (SHIPMENTS, SCHEDULES):
        assert client.get(f"{url}{key}/").status_code == 404
    for verb in ("retry", "cancel"):
        assert client.post(f"{SHIPMENTS}{key}/{verb}/").status_code == 404
    assert client.post(f"{SCHEDULES}{key}/skip/").status_code == 404
    assert client.patch(f"{SCHEDULES}{key}/", {}, format="json").status_code == 404


def test_rows_are_made_by_services_only(api):
    client, shipment = api(), queued_shipment()
    for url in (SHIPMENTS, SCHEDULES):
        assert client.post(url, {}, format="json").status_code == 405
    assert client.delete(f"{SHIPMENTS}{shipment.pk}/").status_code == 405
    assert client.put(f"{SHIPMENTS}{shipment.pk}/", {}, format="json").status_code == 405


def test_lists_cost_the_same_whatever_they_hold(api, django_assert_num_queries):
    client = api("shipping:read")
    for more in (1, 6):
        for _ in range(more):
            monthly_schedule()
        # The caller; the page with events, what is in its parcels, what was reported.
        with django_assert_num_queries(2):
            results(client, SHIPMENTS)
        # The caller; the page with its orders, lines and products; rules and profiles.
        with django_assert_num_queries(5):
            results(client, SCHEDULES)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=unknown", True),
        ("status=queued", False),
        ("provider=reference", True),
        ("provider=console", False),
        ("delivery_service=standard", True),
        ("ship_on_after=2026-01-31", True),
        ("ship_on_after=2026-02-01", False),
        ("ship_on_before=2026-02-01", True),
        ("ship_on_before=2026-01-31", False),
        ("tracking_number=T1", True),
        ("search=T1", True),
        ("search=t2", False),
        ("search=co-0", False),
        (f"search=co-{HUGE}", False),
        (f"order={2**63 - 1}", False),
        ("schedule=1", False),
        ("ordering=-ship_on", True),
    ],
)
def test_shipments_are_filtered_and_found(api, query, found):
    with time_machine.travel("2026-01-31 12:00Z"):
        queued_shipment(state="unknown", tracking_number="T1")
    assert len(results(api("shipping:read"), f"{SHIPMENTS}?{query}")) == found


def test_a_shipment_is_found_by_its_order_and_by_its_reference(api):
    schedule, client = monthly_schedule(), api("shipping:read")
    number = schedule.order.number
    for query in (f"search={number}", f"search={number}.0", f"reference={number}.0"):
        assert len(results(client, f"{SHIPMENTS}?{query}")) == 1
    assert len(results(client, f"{SHIPMENTS}?schedule={schedule.pk}")) == 1
    assert len(results(client, f"{SHIPMENTS}?order={schedule.order_id}")) == 1
    assert len(results(client, f"{SCHEDULES}?order={schedule.order_id}&interval=monthly")) == 1
    assert results(client, f"{SCHEDULES}?state=paused") == []


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "provider=nobody",
        f"order={HUGE}",
        "order=1.5",
        "ship_on_after=yesterday",
        "ordering=recipient",
        "page_size=0",
        "reference=%00",
        "search=%00",
    ],
)
def test_a_filter_that_makes_no_sense_is_a_400(api, query):
    assert api("shipping:read").get(f"{SHIPMENTS}?{query}").status_code == 400


def test_an_unknown_shipment_is_sent_again(api):
    shipment = queued_shipment(state="unknown")
    answer = api("shipping:read", "shipping:write").post(f"{SHIPMENTS}{shipment.pk}/retry/")
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    event = answer.json()["events"][-1]
    assert event["kind"] == "retried"
    assert event["actor"].endswith(" test")


def test_a_shipment_is_cancelled_with_a_reason(api):
    shipment = queued_shipment()
    url = f"{SHIPMENTS}{shipment.pk}/cancel/"
    answer = api("shipping:read", "shipping:write").post(
        url, {"reason": "wrong address"}, format="json"
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert answer.json()["events"][-1]["detail"] == "wrong address"


def test_what_cannot_be_done_is_a_409_that_says_why(api):
    client, shipment = api(), queued_shipment(state="in-transit")
    for verb in ("retry", "cancel"):
        answer = client.post(f"{SHIPMENTS}{shipment.pk}/{verb}/")
        assert answer.status_code == 409
        assert "is in-transit" in answer.json()["errors"][0]["detail"]
    assert Shipment.objects.get().events.count() == 1


def test_unknown_fields_are_refused_by_name(api):
    client, schedule = api(), monthly_schedule()
    shipment = Shipment.objects.get()
    for url in (
        f"{SHIPMENTS}{shipment.pk}/retry/",
        f"{SHIPMENTS}{shipment.pk}/cancel/",
        f"{SCHEDULES}{schedule.pk}/pause/",
        f"{SCHEDULES}{schedule.pk}/skip/",
    ):
        answer = client.post(url, {"force": True}, format="json")
        assert (answer.status_code, attrs(answer)) == (400, ["force"])
    answer = client.patch(f"{SCHEDULES}{schedule.pk}/", {"state": "paused"}, format="json")
    assert (answer.status_code, attrs(answer)) == (400, ["state"])
    assert Schedule.objects.get().events.count() == 1
