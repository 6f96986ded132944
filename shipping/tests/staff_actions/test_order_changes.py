"""What becomes of the parcels and the schedule of an order that is changed (H34, F25)."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction

from core.outbox import claim
from core.workflow import TransitionNotAllowedError
from orders.changes import Wanted, change
from orders.models import Order
from orders.tests.factories import ADDRESS
from shipping import services
from shipping.dispatch.failover import alternatives
from shipping.dispatch.queue import delivery_queue, dispatch
from shipping.models import ProviderProfile, RoutingRule, Schedule, Shipment
from shipping.schedules.run import run_schedule
from shipping.tests.factories import last_event, queued_shipment, weekly_schedule

OLD = ADDRESS | {"line_1": "1 Old Street"}
MOVED = ADDRESS | {"line_1": "99 Moved Street"}
WEEK = timedelta(days=7)
BY = {"by": "user:nurse"}


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel("2026-01-31 12:00Z", tick=False) as clock:
        yield clock


def weekly() -> Schedule:
    """A weekly order to 1 Old Street, of two serums."""
    schedule = weekly_schedule()
    Order.objects.update(line_1="1 Old Street")
    Shipment.objects.update(line_1="1 Old Street")
    return schedule


def parcels(schedule: Schedule) -> list[tuple[str, str, int]]:
    """Reference's end, first line and pieces of each."""
    rows = schedule.shipments.order_by("occurrence")
    return [(row.reference[-1], row.line_1, row.lines[0].quantity) for row in rows]


def product_of(schedule: Schedule) -> Any:
    return schedule.order.lines.get().product


def test_F25_the_next_parcel_goes_where_they_moved_and_those_on_the_way_do_not(provider):
    schedule = weekly()
    dispatch()
    change(schedule.order, Wanted(address=MOVED, include_unsent=True), **BY)
    call_command("run_schedule", "--today", str(schedule.next_on))
    dispatch()
    sent = [entry["body"]["delivery_address"]["line_1"] for entry in provider.parcels()]
    assert sent == ["1 Old Street", "99 Moved Street"]
    assert [line for _, line, _ in parcels(schedule)] == sent
    for row in (schedule, schedule.order):
        event = row.events.filter(kind="changed").get()
        assert event.actor == "user:nurse"
        assert "line_1" in event.detail
        assert "Moved" not in event.detail


def test_what_is_made_stays_as_it_was_unless_it_is_to_follow():
    schedule = weekly()
    wanted = Wanted(address=MOVED, lines=[(product_of(schedule), 5)])
    change(schedule.order, wanted, **BY)
    assert parcels(schedule) == [("0", "1 Old Street", 2)]
    change(schedule.order, replace(wanted, include_unsent=True), **BY)
    assert parcels(schedule) == [("0", "99 Moved Street", 5)]
    assert last_event(schedule.shipments.get()).kind == "changed"


@pytest.mark.parametrize(
    ("state", "doubtful", "follows"),
    [
        ("scheduled", False, True),
        ("queued", False, True),
        ("rejected", False, True),
        ("missed", False, True),
        ("queued", True, False),
        ("sending", False, False),
        ("sent", False, False),
        ("unknown", True, False),
        ("in-transit", False, False),
        ("failed-to-deliver", False, False),
        ("delivered", False, False),
        ("cancelled", False, False),
    ],
)
def test_what_a_provider_has_or_may_have_keeps_what_it_was_sent_with(state, doubtful, follows):
    schedule = weekly()
    schedule.shipments.update(state=state, doubtful=doubtful)
    wanted = Wanted(address=MOVED, lines=[(product_of(schedule), 5)], include_unsent=True)
    change(schedule.order, wanted, **BY)
    [(_, line, pieces)] = parcels(schedule)
    assert (line, pieces) == (("99 Moved Street", 5) if follows else ("1 Old Street", 2))
    assert schedule.shipments.get().state == state


def test_what_may_be_with_somebody_since_it_was_sent_again_keeps_what_it_was_sent_with():
    schedule = weekly()
    schedule.shipments.update(state="rejected", may_be_with=["console"])
    change(schedule.order, Wanted(address=MOVED, include_unsent=True), **BY)
    assert parcels(schedule) == [("0", "1 Old Street", 2)]


def test_what_is_sent_again_holds_what_it_held(provider):
    """Two changes later, too."""
    schedule = weekly()
    schedule.shipments.update(state="rejected")
    for quantity in (5, 7):
        change(schedule.order, Wanted(lines=[(product_of(schedule), quantity)]), **BY)
    run_schedule(schedule.next_on)
    services.retry(schedule.shipments.get(occurrence=0), by=BY["by"])
    dispatch()
    bodies = [entry["body"] for entry in provider.parcels()]
    sent = {body["order_id"]: body["items"][0]["quantity"] for body in bodies}
    number = schedule.order.number
    assert sent == {f"{number}.0": 2, f"{number}.1": 7}


def test_a_one_off_parcel_that_has_not_left_follows_without_being_asked():
    shipment = queued_shipment()
    change(shipment.order, Wanted(address=MOVED), **BY)
    shipment.refresh_from_db()
    assert shipment.line_1 == "99 Moved Street"


@pytest.mark.parametrize("state", ["sending", "sent", "unknown", "delivered"])
def test_a_one_off_order_is_not_changed_once_its_parcel_has_left(state):
    shipment = queued_shipment(state=state)
    with pytest.raises(
        TransitionNotAllowedError, match=f"is {state}: it has been handed to the provider"
    ):
        change(shipment.order, Wanted(address=MOVED), **BY)
    assert Order.objects.get().line_1 == ADDRESS["line_1"]


def test_what_a_cancelled_schedule_sends_is_not_changed():
    schedule = weekly_schedule(state="cancelled")
    with pytest.raises(TransitionNotAllowedError, match="This schedule is cancelled"):
        change(schedule.order, Wanted(address=MOVED), **BY)


def test_what_the_provider_cannot_print_is_refused_and_nothing_is_changed():
    schedule = weekly()
    RoutingRule.objects.create(name="GH", provider="northpost", country="GH", is_active=True)
    moved = MOVED | {"country": "GH", "postcode": "GA-183-8164, behind it"}
    with pytest.raises(ValidationError) as refused:
        change(schedule.order, Wanted(address=moved, include_unsent=True), **BY)
    assert list(refused.value.message_dict) == ["delivery_address"]
    assert parcels(schedule) == [("0", "1 Old Street", 2)]
    assert not schedule.order.events.filter(kind="changed").exists()


def test_a_parcel_that_follows_goes_by_the_provider_of_its_new_country():
    schedule = weekly()
    RoutingRule.objects.create(name="DE", provider="console", country="DE", is_active=True)
    ProviderProfile.objects.create(provider="console", working_days=[3])
    schedule.shipments.update(state="scheduled", ship_on=date(2026, 2, 2))
    moved = MOVED | {"country": "DE", "postcode": "10115"}
    change(schedule.order, Wanted(address=moved, include_unsent=True), **BY)
    parcel = schedule.shipments.get()
    assert (parcel.provider, parcel.ship_on) == ("console", date(2026, 2, 4))
    assert last_event(parcel).detail.endswith("goes by console")


def test_a_parcel_that_staff_gave_to_a_provider_stays_there_within_the_country():
    schedule = weekly()
    schedule.shipments.update(provider="console")
    change(schedule.order, Wanted(address=MOVED, include_unsent=True), **BY)
    assert schedule.shipments.get().provider == "console"


def test_the_second_of_two_changes_sees_the_first():
    schedule, stale = weekly(), Order.objects.get()
    change(schedule.order, Wanted(lines=[(product_of(schedule), 5)]), **BY)
    changed = change(stale, Wanted(address=MOVED), **BY)
    assert changed.lines.get().quantity == 5
    assert Order.objects.get().item.startswith("5 ×")


def test_fail_over_looks_at_the_parcel_and_not_at_what_its_order_became():
    RoutingRule.objects.create(name="GB", provider="console", country="GB", is_active=True)
    schedule = weekly()
    schedule.shipments.update(provider="reference", state="sending")
    moved = MOVED | {"country": "DE", "postcode": "10115"}
    change(schedule.order, Wanted(address=moved), **BY)
    parcel = schedule.shipments.get()
    assert alternatives([parcel]) == {parcel.pk: ["console"]}


@pytest.mark.django_db(transaction=True)
def test_a_change_waits_for_a_claim_and_leaves_what_was_claimed_as_it_was(provider):
    schedule = weekly()
    wanted = Wanted(address=MOVED, lines=[(product_of(schedule), 5)], include_unsent=True)

    def move_away() -> None:
        change(Order.objects.get(), wanted, **BY)
        connection.close()

    mover = Thread(target=move_away)
    with transaction.atomic():
        [claimed] = claim(delivery_queue("reference"), limit=1)
        mover.start()
        assert (claimed.line_1, claimed.lines[0].quantity) == ("1 Old Street", 2)
    mover.join()
    assert parcels(schedule) == [("0", "1 Old Street", 2)]
    assert Order.objects.get().lines.get().quantity == 5
