"""After a restore nothing that left since the backup leaves again."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.cases.models import Case
from customers.tests.factories import CustomerFactory
from notifications.models import Notification
from notifications.services import notify
from orders.tests.factories import placed_order
from shipping import providers
from shipping.dispatch import queue
from shipping.models import Shipment
from shipping.tests.conftest import provider, silent_sandbox
from shipping.tests.factories import last_event, queued_shipment, tracked, weekly_schedule
from shipping.tracking import events

__all__ = ["provider", "silent_sandbox"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that can be asked for nothing, and knows no key again."""
    reference = type(providers.get("reference"))
    monkeypatch.setattr(reference, "supports_lookup", False)
    monkeypatch.setattr(reference, "is_idempotent", False)


def restored(*options: str) -> dict[str, int]:
    """What the command says that it did."""
    output = StringIO()
    call_command("after_restore", *options, stdout=output)
    lines = [line.rpartition(": ") for line in output.getvalue().splitlines()]
    return {what: int(count) for what, _, count in lines}


@pytest.mark.parametrize("parcel", ["", ".3", "-2", "-r1", ".3-2"])
def test_new_orders_get_numbers_that_nobody_has_seen(parcel):
    before = placed_order().pk
    events.store("reference", [tracked(f"co-{before + 900}{parcel}", "in-transit")])
    said = restored("--gap=100")
    assert placed_order().pk == before + 1001 == said["next order's number"]


def test_the_gap_is_counted_from_the_last_number_given_though_its_order_is_gone():
    last = placed_order()
    last_number = last.pk
    Shipment.objects.all().delete()
    Notification.objects.all().delete()
    type(last).objects.filter(pk=last.pk).delete()
    assert restored("--gap=10")["next order's number"] == last_number + 11


@pytest.mark.parametrize("reference", ["co-", "x-900000", "co-900000x", "co-9999999999999999999"])
def test_a_reference_that_is_no_number_of_ours_moves_no_number(reference):
    before = placed_order().pk
    events.store("reference", [tracked(reference, "in-transit")])
    assert restored("--gap=10")["next order's number"] == before + 11


@pytest.mark.parametrize("gap", ["-1", "-100000"])
def test_numbers_never_go_back(gap):
    before = placed_order().pk
    with pytest.raises(CommandError):
        restored(f"--gap={gap}")
    assert placed_order().pk == before + 1


def test_a_second_time_only_skips_more_numbers():
    queued_shipment()
    notify(CustomerFactory.create(), message="Hello", channel="sms")
    first, second = restored("--gap=100"), restored("--gap=100")
    assert second["next order's number"] == first["next order's number"] + 100
    assert second["messages for staff"] == 0
    assert Shipment.objects.get().doubtful


def test_a_parcel_that_left_since_the_backup_does_not_leave_again(provider):
    shipment = queued_shipment()
    queue.dispatch()
    assert len(provider.parcels()) == 1
    # The backup is older: it knows nothing of it, and a re-made occurrence has another key.
    Shipment.objects.filter(pk=shipment.pk).update(
        state="queued", sent_at=None, attempts=0, key="7d0a7b5e-0000-4000-8000-000000000000"
    )
    call_command("after_restore")
    Shipment.objects.update(next_attempt_at=timezone.now())
    queue.dispatch()
    shipment.refresh_from_db()
    assert (shipment.state, len(provider.parcels())) == ("sent", 1)


@pytest.mark.parametrize("state", ["scheduled", "queued", "sending"])
def test_whatever_waits_is_in_doubt(state):
    shipment = queued_shipment(state=state)
    assert restored()["parcels in doubt"] == 1
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful) == (state, True)


@pytest.mark.parametrize("state", ["sent", "delivered", "cancelled", "rejected", "unknown"])
def test_what_is_done_with_stays_as_it_is(state):
    shipment = queued_shipment(state=state)
    said = restored()
    assert (said["parcels in doubt"], said["parcels for staff"]) == (0, 0)
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful) == (state, False)


def test_what_falls_due_today_is_made_first_and_in_doubt_like_the_rest():
    schedule = weekly_schedule()
    with time_machine.travel(timezone.now() + timedelta(days=7, hours=12)):
        assert restored()["parcels in doubt"] == 2
    made = schedule.shipments.get(occurrence=1)
    assert (made.state, made.doubtful) == ("queued", True)


def test_where_nobody_can_be_asked_staff_decide(forgetful):
    shipment = queued_shipment(lease_until=timezone.now())
    assert restored()["parcels for staff"] == 1
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful, shipment.lease_until) == ("unknown", True, None)
    assert Case.objects.get(closed_at=None).subject_id == shipment.pk
    step = last_event(shipment)
    assert (step.from_state, step.to_state) == ("queued", "unknown")
    assert "before the restore" in step.detail


def test_what_ships_on_a_later_day_is_not_put_before_staff_even_there(forgetful):
    shipment = queued_shipment(state="scheduled")
    assert restored()["parcels for staff"] == 0
    shipment.refresh_from_db()
    assert shipment.state == "scheduled"


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_messages_that_waited_are_left_to_staff(state):
    message = notify(CustomerFactory.create(), message="Hello", channel="sms")
    Notification.objects.update(state=state, lease_until=timezone.now())
    assert restored()["messages for staff"] == 1
    message.refresh_from_db()
    assert (message.state, message.lease_until) == ("unknown", None)
    assert "before the restore" in message.last_error


@pytest.mark.parametrize("state", ["sent", "delivered", "failed", "cancelled"])
def test_messages_that_are_done_with_stay_as_they_are(state):
    notify(CustomerFactory.create(), message="Hello", channel="sms")
    Notification.objects.update(state=state)
    assert restored()["messages for staff"] == 0
    assert Notification.objects.get().state == state
