"""What goes wrong with parcels is a case while it is wrong, and what staff do about it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import cases
from core.cases.models import Case
from core.sweeper import reconcile
from core.workflow import TransitionNotAllowedError
from orders.services import cancel_order
from orders.tests.factories import placed_order
from shipping import services, sweeper
from shipping.exceptions import cases as parcel_cases
from shipping.models import Shipment, TrackingEvent
from shipping.staff_actions import resolutions
from shipping.tests.dispatch.test_queue import dispatched, kinds
from shipping.tests.factories import last_event, queued_shipment, store, tracked
from shipping.tracking import events

STAFF = "staff:ann"


def cases_of(row) -> list[tuple[str, bool]]:
    """Kind, and whether it is open, of all its cases."""
    found = Case.objects.filter(subject_id=row.pk).order_by("id")
    return [(case.kind, case.closed_at is None) for case in found]


def open_case(row) -> Case:
    return Case.objects.get(subject_id=row.pk, closed_at=None)


def act(case: Case, name: str, **given) -> None:
    action = cases.kind(case.kind).action(name)
    assert action
    cases.act(case, action, by=STAFF, **given)


def in_state(state: str, **columns) -> Shipment:
    """A shipment in trouble, with its case."""
    shipment = queued_shipment(state=state, attempts=1, **columns)
    parcel_cases.open_cases([shipment])
    return shipment


def report(shipment: Shipment, *names: str) -> Shipment:
    for hour, name in enumerate(names):
        when = f"2024-05-19 {hour:02}:00:00"
        events.store(shipment.provider, [tracked(shipment.reference, name, when)])
    events.apply(shipment.pk)
    shipment.refresh_from_db()
    return shipment


def test_a_refused_shipment_is_a_case_with_what_the_provider_said(db, provider):
    shipment = dispatched(queued_shipment(recipient="  "))
    case = open_case(shipment)
    assert (case.kind, case.source) == ("shipment-rejected", "reference")
    assert "422" in case.said
    assert shipment.recipient not in case.title


def test_what_is_sent_is_no_case(db, provider):
    dispatched(queued_shipment())
    assert not Case.objects.exists()


def test_a_failed_delivery_is_a_case_until_the_carrier_delivers_after_all(db):
    shipment = report(in_state("sent"), "in-transit", "failed-to-deliver")
    assert cases_of(shipment) == [("shipment-failed", True)]
    report(shipment, "in-transit", "failed-to-deliver", "delivered")
    assert cases_of(shipment) == [("shipment-failed", False)]


def test_an_unknown_shipment_that_the_provider_reports_is_fine_again(db):
    shipment = report(in_state("unknown", doubtful=True), "in-transit")
    assert cases_of(shipment) == [("shipment-unknown", False)]
    assert Case.objects.get().closed_by == "provider:reference"


def test_an_event_without_a_parcel_is_one_case_however_many_come(db):
    for name in ("waiting-for-collection", "in-transit", "in-transit"):
        store("reference", tracked("co-999999", name))
    assert Case.objects.get(closed_at=None).title == "co-999999 by reference"
    assert set(reconcile().values()) == {0}


def test_a_parked_event_is_fine_when_its_shipment_appears(db):
    order = placed_order()
    Shipment.objects.all().delete()
    store("reference", tracked(order.number, "in-transit"))
    services.create_shipments(order, by="system")
    assert not Case.objects.filter(closed_at=None).exists()


def test_the_sweeper_closes_the_cases_of_events_that_it_links(db):
    store("reference", tracked("early", "in-transit"))
    shipment = queued_shipment(reference="early", state="sent")
    sweeper.apply_tracking()
    shipment.refresh_from_db()
    assert shipment.state == "in-transit"
    assert not Case.objects.filter(closed_at=None).exists()


def test_a_case_goes_back_with_the_chunk_that_it_came_from(db, provider):
    with transaction.atomic():
        dispatched(queued_shipment(recipient="  "))
        assert Case.objects.exists()
        transaction.set_rollback(True)
    assert not Case.objects.exists()


def test_the_reconciler_finds_every_trouble_that_nobody_noted(db):
    for state in ("unknown", "rejected", "failed-to-deliver", "delivered"):
        queued_shipment(state=state)
    assert reconcile()["cases opened that nobody had"] == 3
    Shipment.objects.update(state="delivered")
    assert reconcile()["cases closed that are fine again"] == 3


def test_sending_again_keeps_the_key_and_ends_the_case(db, provider):
    shipment = in_state("rejected")
    key = shipment.key
    act(open_case(shipment), "retry", reason="They mended it")
    shipment.refresh_from_db()
    assert (shipment.state, shipment.key) == ("queued", key)
    assert last_event(shipment).detail == "They mended it"
    assert cases_of(shipment) == [("shipment-rejected", False)]
    assert [step.kind for step in Case.objects.get().events.all()] == ["opened", "retry", "settled"]
    assert dispatched(shipment).state == "sent"
    assert provider.parcels()[0]["headers"]["Idempotency-Key"] == str(key)


def test_a_second_refusal_is_a_new_case(db, provider):
    shipment = dispatched(queued_shipment(recipient="  "))
    act(open_case(shipment), "retry")
    dispatched(shipment)
    assert cases_of(shipment) == [("shipment-rejected", False), ("shipment-rejected", True)]


def test_another_provider_takes_a_refused_shipment_under_its_own_key(db):
    shipment = in_state("rejected")
    act(open_case(shipment), "send-by", fields={"provider": "console"})
    before = shipment.key
    shipment.refresh_from_db()
    shipment = dispatched(shipment)
    assert (shipment.state, shipment.provider, shipment.key) == ("sent", "console", before)
    assert "rerouted" in kinds(shipment)


def test_what_may_be_with_a_provider_goes_to_another_only_with_a_reason(db):
    shipment = in_state("unknown", doubtful=True)
    case = open_case(shipment)
    with pytest.raises(cases.UnsafeActionError, match="may have it already"):
        act(case, "send-by", fields={"provider": "console"})
    with pytest.raises(ValidationError):
        act(case, "send-by", fields={"provider": "console"}, despite_risk=True)
    shipment.refresh_from_db()
    assert (shipment.provider, shipment.state) == ("reference", "unknown")
    asked = {"fields": {"provider": "console"}, "despite_risk": True}
    act(case, "send-by", reason="They say by telephone that they lost it", **asked)
    assert dispatched(shipment).provider == "console"
    assert "despite" in case.events.get(kind="send-by").detail


def test_the_same_provider_and_one_that_is_not_there_are_refused(db):
    shipment = in_state("rejected")
    for name in ("reference", "nobody"):
        with pytest.raises(ValidationError):
            resolutions.reroute(shipment, by=STAFF, provider=name)
    assert kinds(shipment) == ["queued"]


def test_a_corrected_address_is_sent_and_kept_for_later_parcels(db, provider):
    shipment = in_state("rejected")
    address = shipment.address() | {"line_1": "1 New Street"}
    act(open_case(shipment), "correct", fields=address)
    shipment = dispatched(shipment)
    shipment.order.refresh_from_db()
    assert shipment.line_1 == shipment.order.line_1 == "1 New Street"
    assert provider.parcels()[0]["body"]["delivery_address"]["line_1"] == "1 New Street"
    told = [event.detail for event in shipment.events.all()]
    assert any("line_1" in detail for detail in told)
    assert not any("New Street" in detail for detail in told)


@pytest.mark.parametrize("change", [{"postcode": "x" * 36}, {"country": "XX"}, {"city": ""}, {}])
def test_an_address_that_no_provider_would_print_is_refused(db, change):
    shipment = in_state("rejected")
    with pytest.raises(ValidationError):
        resolutions.correct_and_send(shipment, by=STAFF, **shipment.address() | change)
    shipment.refresh_from_db()
    assert shipment.state == "rejected"
    assert kinds(shipment) == ["queued"]


def test_only_a_refused_shipment_gets_another_address(db):
    """An unknown one may be with the provider under the old address and this key."""
    shipment = in_state("unknown", doubtful=True)
    address: dict[str, Any] = shipment.address() | {"line_1": "1 New Street"}
    with pytest.raises(TransitionNotAllowedError):
        resolutions.correct_and_send(shipment, by=STAFF, **address)


def test_what_the_provider_has_after_all_counts_as_sent(db):
    shipment = in_state("unknown", doubtful=True)
    act(open_case(shipment), "taken", reason="Jo says so", fields={"tracking_number": "TN1"})
    shipment.refresh_from_db()
    assert (shipment.state, shipment.tracking_number, shipment.doubtful) == ("sent", "TN1", False)
    assert shipment.sent_at
    assert cases_of(shipment) == [("shipment-unknown", False)]


def test_cancelling_ends_the_case(db):
    shipment = in_state("rejected")
    act(open_case(shipment), "cancel", reason="Nobody lives there", fields={})
    shipment.refresh_from_db()
    assert shipment.state == "cancelled"
    assert cases_of(shipment) == [("shipment-rejected", False)]


def test_cancelling_the_order_ends_the_case(db):
    shipment = in_state("rejected")
    cancel_order(shipment.order, by=STAFF)
    assert cases_of(shipment) == [("shipment-rejected", False)]


def test_closing_changes_nothing_but_the_list(db):
    shipment = in_state("failed-to-deliver")
    act(open_case(shipment), "close", reason="It is on its way back")
    shipment.refresh_from_db()
    assert shipment.state == "failed-to-deliver"
    assert set(reconcile().values()) == {0}


def test_staff_say_whose_a_parked_event_is(db, provider):
    store("reference", tracked("typo-1", "in-transit"), tracked("typo-1", "delivered"))
    shipment = queued_shipment(state="sent", sent_at=timezone.now())
    event = TrackingEvent.objects.earliest("id")
    case = open_case(event)
    with pytest.raises(ValidationError):
        act(case, "assign", reason="They mistyped it", fields={"reference": "no-such"})
    act(case, "assign", reason="They mistyped it", fields={"reference": shipment.reference})
    sweeper.apply_tracking()
    shipment.refresh_from_db()
    assert shipment.state == "delivered"
    assert cases_of(event) == [("event-parked", False)]


def test_two_people_who_do_the_same_do_it_once(db):
    shipment = in_state("rejected")
    case = open_case(shipment)
    act(case, "retry")
    with pytest.raises(TransitionNotAllowedError):
        act(case, "retry")
    assert kinds(shipment).count("retried") == 1


@pytest.mark.parametrize("verb", [resolutions.reroute, services.retry])
def test_what_was_safe_when_it_was_looked_at_is_asked_again_under_the_lock(db, verb):
    """Between the question and the answer somebody else's try may have ended in doubt."""
    seen = in_state("unknown", doubtful=False)
    Shipment.objects.filter(pk=seen.pk).update(doubtful=True, fence=seen.fence + 1)
    given = {"provider": "console"} if verb is resolutions.reroute else {}
    with pytest.raises(TransitionNotAllowedError, match="meanwhile"):
        verb(seen, by=STAFF, **given)
    assert Shipment.objects.get().provider == "reference"
    assert kinds(seen) == ["queued"]
