"""What comes back: a life of its own, linked to what went out, told in the order's history."""

import itertools

import pytest
from django.test import Client

from core.cases.models import Case
from core.workflow import TransitionNotAllowedError
from identity.tests.factories import staff
from shipping import sweeper
from shipping.models import Return, Shipment
from shipping.tests.factories import queued_shipment, store, tracked
from shipping.tracking import events, returns

STAFF = "staff:ann"


def back(**columns) -> Return:
    """A return of a delivered parcel."""
    shipment = queued_shipment(**{"state": "delivered"} | columns)
    return returns.request(shipment, by=STAFF, reason="The wrong size")


def kinds(row) -> list[str]:
    return [event.kind for event in row.events.order_by("id")]


def report(parcel: Return, *names: str) -> Return:
    for name in names:
        hour = 10 + list(names).index(name)
        events.store(parcel.provider, [tracked(parcel.reference, name, f"2024-05-19 {hour}:00:00")])
    sweeper.apply_tracking()
    parcel.refresh_from_db()
    return parcel


def test_a_return_is_linked_to_what_went_out_and_the_order_tells_of_it(db):
    parcel = back()
    assert parcel.reference == f"{parcel.shipment.reference}-r1"
    assert (parcel.state, parcel.reason) == ("requested", "The wrong size")
    assert kinds(parcel) == ["requested"]
    assert kinds(parcel.shipment.order)[-1] == "return-requested"


@pytest.mark.parametrize("state", ["scheduled", "queued", "sending", "rejected", "cancelled"])
def test_what_has_not_left_cannot_come_back(db, state):
    shipment = queued_shipment(state=state)
    with pytest.raises(TransitionNotAllowedError):
        returns.request(shipment, by=STAFF, reason="The wrong size")
    assert not Return.objects.exists()


def test_one_return_is_open_at_a_time(db):
    parcel = back()
    with pytest.raises(TransitionNotAllowedError):
        returns.request(parcel.shipment, by=STAFF, reason="Again")
    returns.close(parcel, by=STAFF, reason="The customer keeps it")
    again = returns.request(parcel.shipment, by=STAFF, reason="Again")
    assert again.reference.endswith("-r2")


def test_staff_record_each_step(db):
    parcel = back()
    returns.send_label(parcel, by=STAFF, tracking_number="TN1")
    returns.receive(parcel, by=STAFF, reason="A box is torn")
    assert kinds(parcel) == ["requested", "label-sent", "received"]
    assert parcel.tracking_number == "TN1"
    with pytest.raises(TransitionNotAllowedError):
        returns.refuse(parcel, by=STAFF)
    assert kinds(parcel.shipment.order)[-1] == "return-received"


def test_what_is_not_on_its_way_is_not_refused(db):
    with pytest.raises(TransitionNotAllowedError):
        returns.refuse(back(), by=STAFF)


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["waiting-for-collection", "in-transit", "delivered"]))
)
def test_a_return_follows_its_events_in_whatever_order_they_come(db, order):
    parcel = report(back(), *order)
    assert parcel.state == "received"
    assert parcel.shipment.state == "delivered", "what went out stays where it is"
    assert not Case.objects.filter(closed_at=None).exists()


def test_events_that_came_before_the_return_are_applied_when_it_appears(db):
    shipment = queued_shipment(state="delivered")
    store("reference", tracked(f"{shipment.reference}-r1", "in-transit"))
    assert Case.objects.filter(closed_at=None).count() == 1
    parcel = returns.request(shipment, by=STAFF, reason="It was sent back")
    sweeper.apply_tracking()
    parcel.refresh_from_db()
    assert parcel.state == "in-transit"
    assert not Case.objects.filter(closed_at=None).exists()


def test_an_event_after_the_end_changes_nothing(db):
    parcel = back()
    returns.close(parcel, by=STAFF)
    assert report(parcel, "in-transit").state == "closed"
    assert sweeper.apply_tracking() == 0


def test_the_api_takes_a_shipment_back_once_under_a_key(api):
    shipment, client = queued_shipment(state="delivered"), api()
    url = f"/api/v1/shipments/{shipment.pk}/return/"
    sent = {"data": {"reason": "The wrong size"}, "format": "json", "HTTP_IDEMPOTENCY_KEY": "1"}
    answer, again = client.post(url, **sent), client.post(url, **sent)
    assert (answer.status_code, answer.json()) == (201, again.json())
    assert client.post(url, {"reason": "x"}, format="json").status_code == 409
    assert client.post(url, {}, format="json").status_code == 400
    assert Return.objects.count() == 1


def test_the_api_shows_returns_and_records_their_steps(api, django_assert_max_num_queries):
    parcel, client = back(), api()
    with django_assert_max_num_queries(4):
        [row] = client.get("/api/v1/returns/?status=requested").json()["results"]
    assert (row["id"], row["shipment"]) == (parcel.pk, parcel.shipment_id)
    url = f"/api/v1/returns/{parcel.pk}/"

    def step(name: str, **body: str):
        return client.post(f"{url}{name}/", body, format="json")

    assert step("label-sent", tracking_number="TN1").json()["status"] == "label-sent"
    assert step("refuse").status_code == 409
    assert step("receive", reason="fine").json()["status"] == "received"
    assert step("close").status_code == 409


def test_who_may_only_read_begins_no_return(api):
    shipment = queued_shipment(state="delivered")
    url = f"/api/v1/shipments/{shipment.pk}/return/"
    assert api("shipping:read").post(url, {"reason": "x"}, format="json").status_code == 403
    assert not Return.objects.exists()


def test_staff_take_it_back_in_the_admin_and_record_that_it_is_here(db):
    shipment = queued_shipment(state="delivered")
    client = Client()
    client.force_login(staff("fulfilment"), backend="django.contrib.auth.backends.ModelBackend")
    sent = {"reason": "The wrong size", "_form_submitted": "true"}
    client.post(f"/admin/shipping/shipment/{shipment.pk}/take_back/", sent)
    parcel = Return.objects.get()
    page = client.get(f"/admin/shipping/return/{parcel.pk}/change/").content.decode()
    assert "The wrong size" in page
    client.post(f"/admin/shipping/return/{parcel.pk}/receive/", sent)
    parcel.refresh_from_db()
    assert parcel.state == "received"
    assert Shipment.objects.get().state == "delivered"
