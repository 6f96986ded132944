"""The webhook (requirement C2): verified, stored once, answered 200, and never a 5xx."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.test import Client
from standardwebhooks import Webhook

from core.cases.models import Case
from shipping import tasks
from shipping.models import TrackingEvent, UnreadableEvent
from shipping.tests.factories import queued_shipment

EVENT = (Path(__file__).resolve().parents[2] / "demo_data/shipment_event.json").read_bytes()
URL = "/api/v1/webhooks/shipping/reference/"
SECRET = "whsec_" + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture(autouse=True)
def secret(db: None, settings: Any) -> None:
    settings.REFERENCE_PROVIDER_SECRET = SECRET


def post(body: bytes | dict[str, Any] = EVENT, url: str = URL, **headers: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(url, raw, content_type="application/json", headers=headers)


def bearing(body: bytes | dict[str, Any] = EVENT, **options: str) -> Any:
    return post(body, Authorization=f"Bearer {SECRET}", **options)


def about(reference: str, **changes: str) -> dict[str, Any]:
    """The documented event, of another shipment."""
    event: dict[str, Any] = json.loads(EVENT)
    return event | {"order_id": reference} | changes


def test_C2_the_documented_event_is_stored_as_it_is():
    answer = bearing()
    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    event = TrackingEvent.objects.get()
    assert event.raw == json.loads(EVENT)
    assert event.event_time == datetime(2023, 5, 19, 12, 18, 45, tzinfo=UTC)
    assert event.shipment is None, "nothing is guessed: it is parked"


def test_C2_a_signed_event_is_stored():
    now = datetime.now(UTC)
    answer = post(
        **{  # type: ignore[arg-type]  # headers by name
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign("msg_1", now, EVENT.decode()),
        }
    )
    assert answer.status_code == 200
    assert TrackingEvent.objects.count() == 1


def test_C2_the_same_event_five_times_is_stored_once():
    assert [bearing().status_code for _ in range(5)] == [200] * 5
    assert TrackingEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_C2_an_event_of_a_shipment_nudges_a_worker(nudges):
    shipment = queued_shipment()
    bearing(about(shipment.reference))
    bearing(about(shipment.reference))
    bearing(about("co-0"))
    assert nudges("shipping.tasks.apply_events") == [[shipment.pk]]
    assert shipment.tracking_events.count() == 1


def test_another_providers_shipment_is_not_touched():
    shipment = queued_shipment(provider="console")
    assert bearing(about(shipment.reference)).status_code == 200
    assert not shipment.tracking_events.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer é"},
        {"webhook-signature": "garbage", "Authorization": f"Bearer {SECRET}"},
        {"webhook-id": "1", "webhook-timestamp": "x", "webhook-signature": "v1,"},
    ],
)
def test_C2_who_cannot_prove_who_they_are_gets_a_401(headers):
    answer = post(**headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["type"] == "client_error"
    assert not TrackingEvent.objects.exists()


def test_C2_a_provider_without_webhooks_is_refused():
    assert bearing(url="/api/v1/webhooks/shipping/console/").status_code == 401


@pytest.mark.parametrize("name", ["nobody", "__init__", "reference.py", "..", "%00"])
def test_C2_an_unknown_provider_is_a_404(name):
    assert bearing(url=f"/api/v1/webhooks/shipping/{name}/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"order_id": "x" * 36}, "order_id"),
        ({"event_time": "yesterday"}, "event_time"),
        ({"event_time": "2999-01-01 00:00:00"}, "event_time"),
    ],
)
def test_C2_an_event_with_a_bad_field_is_kept_for_staff(changes, field):
    """A carrier that is refused again and again switches its webhooks off."""
    body = about("co-1", **changes)
    assert bearing(body).status_code == bearing(body).status_code == 200
    kept = UnreadableEvent.objects.get()
    assert (kept.raw, kept.body) == (body, None)
    assert kept.problem.startswith(f"{field}: ")
    assert not TrackingEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe", b'{"order_id": "\\u0000"}'])
def test_C2_what_is_no_json_object_is_kept_for_staff(body):
    assert bearing(body).status_code == 200
    assert bytes(UnreadableEvent.objects.get().body or b"-") == body or not body
    assert Case.objects.get().kind == "events-not-understood"


def test_C2_a_body_above_64_kB_is_a_413():
    fits = about("co-1", note="x" * 65_000)
    assert bearing(fits).status_code == 200
    assert bearing(about("co-2", note="x" * 65_536)).status_code == 413
    assert TrackingEvent.objects.count() == 1


def test_C2_other_methods_are_a_405():
    assert Client().get(URL).status_code == 405


@pytest.mark.parametrize("known", [True, False])
def test_the_answer_takes_one_statement(django_assert_num_queries, known):
    body = about(queued_shipment().reference if known else "co-1")
    bearing(about("co-0"))  # the provider's rate is read every few seconds
    with django_assert_num_queries(1):
        bearing(body)


def test_a_worker_opens_the_case_of_a_parcel_that_is_not_ours(
    django_capture_on_commit_callbacks, monkeypatch
):
    queue: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda *given, **_: queue.append(given))
    with django_capture_on_commit_callbacks(execute=True):
        bearing(about("co-1"))
    [event] = TrackingEvent.objects.all()
    assert queue == [("shipping.tasks.open_parked", (event.pk,))]
    tasks.open_parked(event.pk)
    assert Case.objects.get().kind == "event-parked"


def test_any_accept_header_will_do():
    assert bearing(Accept="text/html").status_code == 200
