"""What carriers say and nobody understands: kept, bounded, before staff, and read again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from core import cases
from core.cases.models import Case
from core.sweeper import reconcile
from shipping import sweeper, tasks
from shipping.api import webhook_limits
from shipping.exceptions import cases as parcel_cases
from shipping.models import ProviderProfile, Shipment, TrackingEvent, UnreadableEvent
from shipping.providers import northpost
from shipping.tests.factories import queued_shipment, tracked
from shipping.tracking import events as tracking_events
from shipping.tracking import unreadable

SECRET = "a long random text"


@pytest.fixture(autouse=True)
def secret(db: None, settings: Any) -> None:
    settings.NORTHPOST_HOOK_SECRET = SECRET
    settings.NORTHPOST_TIME_ZONE = "UTC"
    webhook_limits._rates.clear()


def parcel() -> Shipment:
    return queued_shipment(provider="northpost")


def row(event_id: str, reference: str, code: str, minutes: float = -1, at: str = "") -> str:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    at = at or f"{moment:%d.%m.%Y %H:%M:%S}"
    return f'<event id="{event_id}" ref="{reference}" code="{code}" at="{at}"/>'


def post(*rows: str) -> int:
    body = f"<events>{''.join(rows)}</events>"
    url = "/api/v1/webhooks/shipping/northpost/"
    proof: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {SECRET}"}
    return Client().post(url, body, content_type="application/xml", **proof).status_code


def state_of(shipment: Shipment) -> str:
    tracking_events.apply(shipment.pk)
    shipment.refresh_from_db()
    return shipment.state


def open_kinds() -> list[str]:
    return list(Case.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_H7_one_event_that_is_new_costs_the_batch_nothing():
    a, b = parcel(), parcel()
    given = row("a1", a.reference, "40"), row("a2", b.reference, "60"), row("a3", b.reference, "30")
    assert post(*given) == 200
    assert (state_of(a), state_of(b)) == ("delivered", "in-transit")
    kept = UnreadableEvent.objects.get()
    assert (kept.raw["id"], kept.raw_status, kept.shipment) == ("a2", "60", b)
    assert open_kinds() == [unreadable.KIND]


BAD: dict[str, dict[str, Any]] = {
    "no time": {"at": "yesterday"},
    "no day": {"at": "31.02.2026 10:00:00"},
    "a time ahead": {"minutes": 3 * 24 * 60},
    "no reference": {"reference": ""},
    "a long reference": {"reference": "x" * 36},
    "no id": {"event_id": ""},
    "no code": {"code": ""},
}


@pytest.mark.parametrize("what", [*BAD, "<event/>", "<surprise><deep>text</deep></surprise>"])
def test_F3_whatever_is_wrong_with_one_the_others_count(what):
    shipment = parcel()
    whole = {"event_id": "x", "reference": "co-1", "code": "30"}
    bad = row(**(whole | BAD[what])) if what in BAD else what
    good = row("1", shipment.reference, "30"), row("2", shipment.reference, "40", 0)
    assert post(good[0], bad, good[1]) == 200
    assert state_of(shipment) == "delivered"
    assert UnreadableEvent.objects.count() == 1
    assert open_kinds() == [unreadable.KIND]


def test_H9_the_same_id_of_two_parcels_in_one_body_is_two_events():
    a, b = parcel(), parcel()
    assert post(row("7", a.reference, "30"), row("7", b.reference, "30")) == 200
    assert (state_of(a), state_of(b)) == ("in-transit", "in-transit")


def test_L8_a_thousand_events_take_one_statement(django_assert_max_num_queries):
    shipments = [parcel() for _ in range(3)]
    events = [
        tracked(s.reference, "in-transit", f"2026-03-01 {n // 60:02}:{n % 60:02}:00", f"{n}")
        for n in range(334)
        for s in shipments
    ]
    with django_assert_max_num_queries(1):
        tracking_events.store("northpost", events)
    assert TrackingEvent.objects.count() == 1002


def test_L8_a_thousand_unknown_ones_take_a_few(django_assert_max_num_queries):
    rows = [row(str(n), f"zz-{n}", "30" if n % 2 else "98") for n in range(900)]
    ProviderProfile.ensured("northpost")
    post(rows[0])
    with django_assert_max_num_queries(12):
        assert post(*rows) == 200
    assert TrackingEvent.objects.count() + UnreadableEvent.objects.count() == 900


def test_L8_random_references_are_few_cases_and_one_more():
    post(*(row(str(n), f"zz-{n}", "30") for n in range(60)))
    tasks.open_parked(*TrackingEvent.objects.values_list("pk", flat=True))
    assert open_kinds().count(parcel_cases.PARKED) == parcel_cases.MOST_PARKED
    ProviderProfile.ensured("northpost")
    reconcile()
    reconcile()
    assert open_kinds().count(parcel_cases.PARKED) == parcel_cases.MOST_PARKED
    assert open_kinds().count(parcel_cases.FLOODED) == 1


def test_so_much_is_kept_of_a_provider_and_the_newest_of_it(monkeypatch):
    monkeypatch.setattr(unreadable, "MOST", 3)
    for number in range(5):
        post(row(str(number), "co-1", "98"))
    kept = UnreadableEvent.objects.order_by("pk")
    assert [each.raw["id"] for each in kept] == ["2", "3", "4"]


@pytest.mark.parametrize("part", ["event_id", "order_id", "raw_status"])
def test_what_fits_in_no_column_is_kept_all_the_same(part):
    """An adapter need not have measured it."""
    changes: dict[str, Any] = {part: "x" * 300}
    event = replace(tracked("co-1", "delivered"), **changes)
    tracking_events.store("northpost", [event, tracked("co-1", "in-transit")])
    assert UnreadableEvent.objects.get().problem == unreadable.TOO_LONG
    assert TrackingEvent.objects.get().event_name == "in-transit"


def test_what_is_said_again_is_kept_once_and_opens_nothing_anew():
    said = row("1", "co-1", "98")
    post(said)
    unreadable.set_aside(
        ProviderProfile.ensured("northpost"), by="user:1 ann", reason="they stopped it"
    )
    assert open_kinds() == []
    post(said)
    assert (UnreadableEvent.objects.count(), open_kinds()) == (1, [])
    post(row("2", "co-1", "98"))
    assert open_kinds() == [unreadable.KIND]


def test_once_the_file_has_learned_it_what_was_kept_is_applied_when_it_came(monkeypatch):
    shipment = parcel()
    post(row("1", shipment.reference, "98", minutes=-5), row("2", "co-0", "97"))
    came = UnreadableEvent.objects.get(raw_status="98").received_at
    monkeypatch.setitem(northpost.STATES, "98", "failed-to-deliver")
    call_command("read_events_again", "northpost")
    assert TrackingEvent.objects.get().received_at == came
    assert state_of(shipment) == "failed-to-deliver"
    assert [each.raw_status for each in UnreadableEvent.objects.all()] == ["97"]
    assert unreadable.KIND in open_kinds(), "the other still waits"


def test_staff_have_it_read_again_from_the_case(monkeypatch):
    shipment = parcel()
    post(row("1", shipment.reference, "98"))
    monkeypatch.setitem(northpost.STATES, "98", "in-transit")
    case = Case.objects.get()
    action = cases.kind(case.kind).action("read-again")
    assert action
    cases.act(case, action, by="user:1 ann")
    assert state_of(shipment) == "in-transit"
    assert open_kinds() == []


def test_a_parcel_that_is_spoken_of_is_not_without_news():
    shipment = parcel()
    then = datetime.now(UTC) - timedelta(days=9)
    Shipment.objects.filter(pk=shipment.pk).update(state="sent", news_at=then, quiet=3)
    reconcile()
    assert "shipment-stuck" in open_kinds()
    post(row("1", shipment.reference, "98"))
    assert "shipment-stuck" not in open_kinds()
    shipment.refresh_from_db()
    assert (shipment.quiet, shipment.state) == (0, "sent")
    assert shipment.news_at
    assert shipment.news_at > then + timedelta(days=8)


def test_what_came_before_its_parcel_is_found_by_the_sweeper():
    shipment = parcel()
    post(row("1", shipment.reference, "98"))
    UnreadableEvent.objects.update(shipment=None)
    sweeper.apply_tracking()
    assert UnreadableEvent.objects.get().shipment == shipment


def test_a_case_that_nobody_opened_is_opened_by_the_sweeper_and_closed_by_it():
    post(row("1", "co-1", "98"))
    Case.objects.all().delete()
    reconcile()
    assert open_kinds() == [unreadable.KIND]
    UnreadableEvent.objects.all().delete()
    reconcile()
    assert open_kinds() == []
