"""After a restore nothing that left since the backup leaves again."""

import pytest
from django.core.management import call_command
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
from shipping.tests.factories import queued_shipment, tracked
from shipping.tracking import events

__all__ = ["provider", "silent_sandbox"]


def test_new_orders_get_numbers_that_nobody_has_seen(db):
    before = placed_order().pk
    events.store("reference", [tracked(f"co-{before + 900}.3", "in-transit")])
    call_command("after_restore", "--gap=100")
    assert placed_order().pk == before + 1001


def test_a_parcel_that_left_since_the_backup_does_not_leave_again(db, provider):
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


def test_where_nobody_can_be_asked_staff_decide(db, monkeypatch: pytest.MonkeyPatch):
    reference = type(providers.get("reference"))
    monkeypatch.setattr(reference, "supports_lookup", False)
    monkeypatch.setattr(reference, "is_idempotent", False)
    shipment = queued_shipment()
    call_command("after_restore")
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful) == ("unknown", True)
    assert Case.objects.get(closed_at=None).subject_id == shipment.pk


def test_messages_that_waited_are_left_to_staff(db):
    notify(CustomerFactory.create(), message="Hello", channel="sms")
    call_command("after_restore")
    assert Notification.objects.get().state == "unknown"
