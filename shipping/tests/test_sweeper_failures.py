"""One row that raises holds up neither the others nor the later steps of the sweeper."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from core.cases.models import Case
from core.failures import StepsFailedError
from core.models import Failure
from core.sweeper import reconcile
from orders.models import Order
from orders.tests.factories import placed_order
from shipping.dispatch import failover, queue
from shipping.models import (
    Inquiry,
    ProviderProfile,
    RoutingRule,
    Schedule,
    Shipment,
    TrackingEvent,
    UnreadableEvent,
)
from shipping.provider_api.base import Unreadable
from shipping.schedules.run import run_schedule
from shipping.sweeper import sweep
from shipping.tests.factories import queued_shipment, tracked, weekly_schedule
from shipping.tracking import events, reread, stalled, unreadable

pytestmark = pytest.mark.django_db


def states(*shipments: Shipment) -> list[str]:
    found = dict(Shipment.objects.values_list("pk", "state"))
    return [found[shipment.pk] for shipment in shipments]


def test_a_parcel_whose_events_raise_holds_up_no_other(poison: Any) -> None:
    shipments = [queued_shipment() for _ in range(4)]
    events.store("reference", [tracked(each.reference, "in-transit") for each in shipments])
    today = queued_shipment(state="scheduled", ship_on=timezone.localdate())
    poison("shipping_shipment", f"NEW.id = {shipments[0].pk}")
    done = sweep()
    assert done["tracking events applied"] == 3
    assert states(*shipments[1:]) == ["in-transit"] * 3
    assert states(today) == ["queued"], "a later step of the same pass"
    assert Case.objects.get().title == f"apply the events of shipment {shipments[0].pk}"
    poison.cure()


def test_it_is_applied_and_the_case_closes_once_it_can_be(poison: Any, time_machine: Any) -> None:
    shipment = queued_shipment()
    events.store("reference", [tracked(shipment.reference, "in-transit")])
    poison("shipping_shipment", "TRUE")
    sweep()
    poison.cure()
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    sweep()
    sweep()
    assert states(shipment) == ["in-transit"]
    assert Case.objects.get().closed_by == "system"


def test_a_scheduled_parcel_that_cannot_be_queued_holds_up_no_other(poison: Any) -> None:
    today = timezone.localdate()
    found = [queued_shipment(state="scheduled", ship_on=today) for _ in range(3)]
    poison("shipping_shipment", f"NEW.id = {found[1].pk}")
    assert sweep()["shipments promoted"] == 2
    assert states(*found) == ["queued", "scheduled", "queued"]


def test_a_pause_that_cannot_end_holds_up_no_other(poison: Any) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    found = [weekly_schedule(state="paused", resume_on=yesterday) for _ in range(3)]
    poison("shipping_schedule", f"NEW.id = {found[1].pk}")
    assert sweep()["schedules resumed"] == 2
    assert Case.objects.get().title == f"resume the schedule {found[1].pk}"


def late(count: int) -> list[Schedule]:
    found = [weekly_schedule() for _ in range(count)]
    Shipment.objects.all().delete()
    today = timezone.localdate()
    Schedule.objects.update(anchor=today - timedelta(days=7), occurrence=1, next_on=today)
    return found


def test_a_schedule_whose_parcel_cannot_be_made_holds_up_no_other(poison: Any) -> None:
    found = late(4)
    poison("shipping_shipment", f"NEW.schedule_id = {found[1].pk}")
    assert run_schedule().queued == 3
    assert not found[1].shipments.exists()
    assert Case.objects.get().title == f"make the parcels of schedule {found[1].pk}"
    assert run_schedule().schedules == 0, "it rests"


def test_its_parcel_is_made_once_it_can_be(poison: Any, time_machine: Any) -> None:
    found = late(2)
    poison("shipping_shipment", f"NEW.schedule_id = {found[0].pk}")
    run_schedule()
    poison.cure()
    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    assert run_schedule().queued == 1
    run_schedule()
    assert Case.objects.get().closed_at


def test_an_order_that_cannot_be_shipped_holds_up_no_other(poison: Any, time_machine: Any) -> None:
    orders = [placed_order() for _ in range(3)]
    Shipment.objects.all().delete()
    Order.objects.update(time=timezone.now() - timedelta(minutes=2))
    poison("shipping_shipment", f"NEW.order_id = {orders[0].pk}")
    assert sweep()["orders found without a shipment"] == 2
    poison.cure()
    time_machine.move_to(timezone.now() + timedelta(days=3))
    assert sweep()["orders found without a shipment"] == 1, "however late"


def no_question_is_asked(poison: Any) -> None:
    stalled.ask([queued_shipment(state="sent").pk], at_once=True)
    poison("shipping_inquiry", "TRUE")


def test_a_step_that_fails_is_said_and_the_others_are_done(poison: Any) -> None:
    today = queued_shipment(state="scheduled", ship_on=timezone.localdate())
    no_question_is_asked(poison)
    with pytest.raises(StepsFailedError):
        sweep()
    assert states(today) == ["queued"]


def test_the_command_goes_on_and_ends_with_an_error(poison: Any, capsys: Any) -> None:
    no_question_is_asked(poison)
    with pytest.raises(Exception, match="The sweeper failed in: shipping"):
        call_command("sweep", "--once")
    call_command("sweep", "--once")


def test_a_provider_that_cannot_be_asked_keeps_no_other_from_it(poison: Any, provider: Any) -> None:
    bad, good = (
        queued_shipment(state="sent", provider=name) for name in ("northpost", "reference")
    )
    stalled.ask([bad.pk, good.pk], at_once=True)
    poison("shipping_inquiry", "NEW.provider = 'northpost'")
    with pytest.raises(StepsFailedError) as caught:
        sweep()
    assert caught.value.names == ["ask after parcels: northpost"]
    states = dict(Inquiry.objects.values_list("shipment", "attempts"))
    assert states == {bad.pk: 0, good.pk: 1}


def test_a_parcel_that_cannot_go_elsewhere_holds_up_no_other(poison: Any, provider: Any) -> None:
    for priority, name in enumerate(("reference", "console")):
        RoutingRule.objects.create(name=name, provider=name, priority=priority, is_active=True)
    found = [queued_shipment() for _ in range(3)]
    ProviderProfile.objects.create(provider="reference", is_active=False)
    poison("shipping_shipment", f"NEW.id = {found[0].pk}")
    assert failover.reassign_waiting() == 2
    moved = Shipment.objects.filter(provider="console").order_by("pk")
    assert list(moved) == found[1:]
    assert Case.objects.get().title == f"{failover.REASSIGN} {found[0].pk}"
    assert failover.reassign_waiting() == 0, "it rests"
    poison.cure()
    Failure.objects.update(next_attempt_at=timezone.now())
    assert (failover.reassign_waiting(), failover.reassign_waiting()) == (1, 0)
    assert Case.objects.get().closed_by == "system"


def test_a_silent_parcel_that_raises_holds_up_no_other(poison: Any) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    found = [queued_shipment(state="sent", news_at=long_ago) for _ in range(3)]
    poison("shipping_shipment", f"NEW.id = {found[0].pk}")
    assert stalled.find_stalled() == 2
    assert list(Shipment.objects.filter(quiet=0)) == [found[0]]
    assert stalled.find_stalled() == 0, "it rests"
    assert Case.objects.filter(title=f"{stalled.FIND_STALLED} {found[0].pk}").exists()


def parked(count: int) -> list[Shipment]:
    """Parcels that came into being behind the back of what links their events."""
    found = [queued_shipment() for _ in range(count)]
    events.store("reference", [tracked(each.reference, "in-transit") for each in found])
    TrackingEvent.objects.update(shipment=None)
    return found


def test_a_parked_event_that_raises_holds_up_no_other(poison: Any) -> None:
    found = parked(3)
    poison("shipping_trackingevent", f"NEW.shipment_id = {found[0].pk}")
    sweep()
    assert states(*found) == ["queued", "in-transit", "in-transit"]


def test_what_was_not_understood_is_linked_row_by_row(poison: Any) -> None:
    found = [queued_shipment() for _ in range(3)]
    for each in found:
        said = Unreadable({"of": each.reference}, "?", each.reference)
        unreadable.keep("reference", [(said, timezone.now())])
    UnreadableEvent.objects.update(shipment=None)
    poison("shipping_unreadableevent", f"NEW.shipment_id = {found[0].pk}")
    assert unreadable.link(timezone.now() - timedelta(days=1)) == 2
    assert UnreadableEvent.objects.get(shipment=None).order_id == found[0].reference


def test_what_is_read_again_is_read_row_by_row(poison: Any) -> None:
    found = [queued_shipment() for _ in range(3)]
    for each in found:
        said = {"order_id": each.reference, "event_name": "in-transit"}
        raw = {**said, "event_time": "2026-01-05 12:00:00"}
        unreadable.keep("reference", [(Unreadable(raw, "?"), timezone.now())])
    poison("shipping_trackingevent", f"NEW.shipment_id = {found[0].pk}")
    assert reread.read_again(ProviderProfile.ensured("reference")) == 2
    poison.cure()
    assert reread.read_again(ProviderProfile.ensured("reference")) == 1
    assert not UnreadableEvent.objects.exists()
    assert not Case.objects.filter(closed_at=None).exists()


def test_a_case_that_cannot_be_closed_holds_up_no_other(poison: Any) -> None:
    found = [queued_shipment(state="rejected") for _ in range(3)]
    reconcile()
    Shipment.objects.update(state="queued")
    poison("core_case", f"NEW.subject_id = {found[0].pk} AND NEW.kind = 'shipment-rejected'")
    assert reconcile()["cases closed that are fine again"] == 2


def test_a_queue_that_raises_keeps_a_worker_from_no_other(poison: Any, world: Any) -> None:
    found = [queued_shipment(provider=name) for name in ("northpost", "reference", "swiftparcel")]
    poison("shipping_shipment", "NEW.provider = 'northpost'")
    with pytest.raises(StepsFailedError):
        queue.dispatch()
    assert states(*found) == ["queued", "sent", "sent"]
