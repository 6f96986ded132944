"""L8: one body full of events costs no more statements than a small one, and is few cases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.cases.models import Case
from core.sweeper import reconcile
from shipping.api.webhooks import LARGEST_BODY
from shipping.models import Shipment, TrackingEvent, UnreadableEvent
from shipping.provider_api import parsing
from shipping.tests.factories import queued_shipment, tracked
from shipping.tracking import events as tracking_events

SECRET = "northpost's own secret"
SMALL, LARGE = 100, 900


@pytest.fixture(autouse=True)
def secret(db: None, settings: Any) -> None:
    settings.NORTHPOST_HOOK_SECRET = SECRET


def batch(count: int, ref: Callable[[int], str], code: Callable[[int], int | str]) -> bytes:
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    rows = (
        f'<event id="{n}" ref="{ref(n)}" code="{code(n)}" '
        f'at="{begin + timedelta(seconds=n):%d.%m.%Y %H:%M:%S}"/>'
        for n in range(count)
    )
    return f"<events>{''.join(rows)}</events>".encode()


def posted(body: bytes) -> int:
    """How many statements it took to keep it."""
    assert len(body) <= LARGEST_BODY
    with CaptureQueriesContext(connection) as statements:
        answer = Client().post(
            "/api/v1/webhooks/shipping/northpost/",
            body,
            content_type="application/xml",
            headers={"authorization": f"Bearer {SECRET}"},
        )
    assert answer.status_code == 200
    return len(statements)


def of_strangers(size: int) -> bytes:
    return batch(size, lambda n: f"x{size}-{n}", lambda _: 30)


def of_one_parcel(size: int) -> bytes:
    reference = Shipment.objects.latest("pk").reference
    return batch(size, lambda _: reference, lambda n: (30, 50)[n % 2])


def of_new_codes(size: int) -> bytes:
    return batch(size, lambda n: f"x{n}", lambda n: f"{size}{n}")


@pytest.mark.parametrize("body", [of_strangers, of_one_parcel, of_new_codes])
def test_a_body_with_many_events_takes_no_more_statements(body):
    queued_shipment(provider="northpost", state="sent")
    posted(body(10))  # settings and profiles are read once
    small, large = posted(body(SMALL)), posted(body(LARGE))
    assert large <= small <= 12


def test_references_that_are_not_ours_are_no_case_each():
    posted(of_strangers(LARGE))
    reconcile()
    kinds = list(Case.objects.values_list("kind", flat=True))
    assert TrackingEvent.objects.count() == LARGE
    assert (kinds.count("event-parked"), kinds.count("events-parked")) == (20, 1)
    posted(of_strangers(SMALL))
    reconcile()
    assert Case.objects.count() == 21


def test_a_body_of_empty_elements_is_kept_whole_and_is_one_case():
    body = b"<events>" + b"<e/>" * 16_000 + b"</events>"
    posted(body)
    [kept] = UnreadableEvent.objects.all()
    assert bytes(kept.body or b"") == body
    assert kept.problem == f"The body holds more than {parsing.MOST_EVENTS} events."
    assert Case.objects.get().kind == "events-not-understood"


def applied(shipment: Shipment, count: int) -> int:
    """How many statements it takes to apply so many events, each a change of its state."""
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    names = [("in-transit", "failed-to-deliver")[n % 2] for n in range(count)]
    events = [
        tracked(shipment.reference, name, str(begin + timedelta(seconds=n)))
        for n, name in enumerate(names)
    ]
    tracking_events.store(shipment.provider, events)
    with CaptureQueriesContext(connection) as statements:
        assert tracking_events.apply(shipment.pk) == count
    return len(statements)


def test_a_flood_of_one_parcel_is_applied_in_bounded_work_and_to_the_same_state():
    first, second = queued_shipment(state="sent"), queued_shipment(state="sent")
    small, large = applied(first, 100), applied(second, 1000)
    assert large <= small + 5
    for shipment in (first, second):
        shipment.refresh_from_db()
        assert shipment.state == "failed-to-deliver"
        assert not shipment.tracking_events.filter(applied_at=None).exists()
        told = shipment.events.filter(kind__in=["in-transit", "failed-to-deliver"])
        assert told.count() == tracking_events.MOST_RECORDED
    assert second.tracking_events.count() == 1000
