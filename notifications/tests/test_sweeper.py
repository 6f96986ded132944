"""What repairs itself."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from core.database.slices import Slices
from core.outbox import claim
from core.tasks import Enqueue
from customers.tests.factories import CustomerFactory
from notifications import sweeper
from notifications.delivery.queues import dispatch, queue_to
from notifications.models import Notification
from notifications.policy import staff_decisions
from notifications.services import notify
from notifications.sweeper import reconcile, sweep
from notifications.tests.composition.test_builder import shipment_of
from notifications.tests.factories import queued
from orders.services import cancel_order
from orders.tests.factories import placed_order, placed_sale
from shipping.models import ShipmentEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead_broker(monkeypatch):
    """The broker of this process cannot be reached."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("nobody listens")

    monkeypatch.setattr(current_app, "send_task", refuse)
    yield
    Enqueue._resting_until = 0.0


def later(time_machine, **by: int) -> None:
    time_machine.move_to(timezone.now() + timedelta(**by), tick=False)


def test_a_sweep_of_a_quiet_place_does_nothing():
    assert set(sweep().values()) == {0}


def test_with_a_dead_broker_the_sweep_does_the_work_itself(sandbox, dead_broker):
    row = queued()
    assert sweep()["attempted"] == 1
    row.refresh_from_db()
    assert row.state == "sent"


def test_with_a_living_broker_the_sweep_only_nudges(sandbox):
    row = queued()
    assert sweep()["attempted"] == 0
    row.refresh_from_db()
    assert row.state == "queued"


def test_what_no_worker_took_for_long_the_sweep_sends_itself(sandbox, time_machine):
    row = queued()
    later(time_machine, seconds=31)
    sweep()
    row.refresh_from_db()
    assert row.state == "sent"


def test_what_a_dead_worker_had_is_unknown_and_never_resent(sandbox, time_machine):
    row = queued()
    claim(queue_to("sms", "africastalking"), limit=1)
    later(time_machine, minutes=6)
    assert sweep()["taken over"] == 1
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("unknown", 1)
    assert row.events.latest("id").kind == "unknown"
    later(time_machine, days=1)
    sweep()
    assert sandbox.ledger()["sms"] == []


def test_a_worker_that_comes_back_late_settles_nothing(sandbox, time_machine):
    from core.http import Done
    from core.outbox import Disposition

    row, queue = queued(), queue_to("sms", "africastalking")
    rows = claim(queue, limit=1)
    later(time_machine, minutes=6)
    sweep()
    queue.record_results([(rows[0], Disposition("sent", Done("late")))])
    row.refresh_from_db()
    assert (row.state, row.provider_reference) == ("unknown", "")
    assert not row.events.filter(kind="sent").exists()


def test_claims_are_small_because_a_dead_worker_loses_all_of_its_own():
    queue = queue_to("sms", "africastalking")
    assert queue.most_in_hand == 2 * queue.limits.concurrency
    assert not queue.resend_is_safe


def test_messages_of_a_service_that_was_switched_off_go_by_the_next(sandbox, settings):
    row = queued()
    settings.SMS_PROVIDER = ["gateway"]
    assert sweep()["re-routed"] == 1
    dispatch()
    row.refresh_from_db()
    assert (row.state, row.provider) == ("sent", "gateway")


def test_an_order_without_its_notification_gets_it(time_machine):
    order = placed_sale()
    Notification.objects.all().delete()
    assert sweep()["written late"] == 0
    later(time_machine, minutes=2)
    assert sweep()["written late"] == 1
    assert Notification.objects.get().source == f"order:{order.pk}:placed"
    assert sweep()["written late"] == 0


def test_a_cancelled_order_and_a_parcels_status_are_made_up_for_too(time_machine):
    order = placed_order()
    shipment = shipment_of(order)
    for state in ("in-transit", "failed-to-deliver", "in-transit", "delivered"):
        ShipmentEvent.objects.create(shipment=shipment, kind="tracked", to_state=state)
    cancel_order(placed_sale(), by="user:test")
    before = set(Notification.objects.values_list("source", "channel", "message"))
    Notification.objects.all().delete()
    later(time_machine, minutes=2)
    sweep()
    assert set(Notification.objects.values_list("source", "channel", "message")) == before


def test_old_news_is_no_news(time_machine):
    placed_sale()
    Notification.objects.all().delete()
    later(time_machine, days=4)
    assert sweep()["written late"] == 0


@pytest.mark.parametrize("many", [2, 20])
def test_events_written_in_bulk_are_told_in_chunks(many, time_machine, django_assert_num_queries):
    for _ in range(many):
        placed_sale(CustomerFactory.create())
    Notification.objects.all().delete()
    later(time_machine, minutes=2)
    staff_decisions.present()
    with django_assert_num_queries(14):
        assert reconcile() == many


def test_the_sweeper_finds_every_forgotten_event_however_many_there_are(time_machine, monkeypatch):
    monkeypatch.setattr(sweeper, "_order_events", Slices("at", size=2))
    orders = [placed_sale(CustomerFactory.create()) for _ in range(12)]
    Notification.objects.filter(order__in=[orders[0], orders[5], orders[11]]).delete()
    later(time_machine, minutes=2)
    passes = [reconcile() for _ in range(8)]
    assert sum(passes) == 3 > max(passes)
    assert Notification.objects.count() == len(orders)


def test_what_was_said_by_hand_is_not_touched(time_machine):
    notify(CustomerFactory.create(), message="Hello")
    later(time_machine, minutes=2)
    assert sweep()["written late"] == 0
