"""Runs of the schedule (C3) beside each other, beside cancellations, and broken off."""

from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from core import shutdown
from orders.models import Order
from orders.services import cancel_order
from shipping import tasks
from shipping.models import Schedule, Shipment, ShipmentEvent
from shipping.schedules import run as schedule_run
from shipping.schedules.run import RunSummary, run_schedule
from shipping.tests.factories import weekly_schedule


def test_C3_chunks_are_reported_and_nudged_once_each(monkeypatch, transactional_db, nudges):
    monkeypatch.setattr(schedule_run, "CHUNK", 2)
    schedules = [weekly_schedule() for _ in range(5)]
    nudges("")
    seen: list[tuple[int, int]] = []
    summary = run_schedule(
        schedules[0].next_on, progress=lambda so_far: seen.append((so_far.schedules, so_far.queued))
    )
    assert seen == [(2, 2), (4, 4), (5, 5)]
    assert summary == RunSummary(schedules=5, queued=5)
    assert nudges("shipping.tasks.dispatch") == [[], [], []]


@pytest.mark.django_db(transaction=True)
def test_C3_two_runs_at_once_make_no_doubles(monkeypatch):
    monkeypatch.setattr(schedule_run, "CHUNK", 3)
    schedules = [weekly_schedule() for _ in range(20)]
    start = Barrier(4)
    summaries: list[RunSummary] = []

    def run() -> None:
        start.wait()
        summaries.append(run_schedule(schedules[0].next_on))
        connection.close()

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(summary.queued for summary in summaries) == 20
    assert Shipment.objects.filter(occurrence=1).count() == 20
    assert ShipmentEvent.objects.filter(shipment__occurrence=1).count() == 20


@pytest.mark.django_db(transaction=True)
def test_C3_a_run_passes_over_a_schedule_that_somebody_holds():
    held, free = weekly_schedule(), weekly_schedule()

    def run() -> None:
        run_schedule(held.next_on)
        connection.close()

    running_beside = Thread(target=run)
    with transaction.atomic():
        Schedule.objects.select_for_update().get(pk=held.pk)
        running_beside.start()
        running_beside.join(30)
        assert (held.shipments.count(), free.shipments.count()) == (1, 2)
    assert run_schedule(held.next_on).queued == 1


@pytest.mark.django_db(transaction=True)
def test_C3_a_run_and_cancellations_at_once_do_not_deadlock():
    """The run holds a schedule and needs its order; a cancellation holds the order and needs it."""
    schedules = [weekly_schedule() for _ in range(15)]
    start = Barrier(2)

    def run() -> None:
        start.wait()
        run_schedule(schedules[0].next_on)
        connection.close()

    def cancel() -> None:
        start.wait()
        for schedule in schedules:
            cancel_order(Order.objects.get(pk=schedule.order_id), by="user:nurse")
        connection.close()

    threads = [Thread(target=do) for do in (run, cancel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Schedule.objects.values_list("state", flat=True)) == {"cancelled"}
    assert set(Shipment.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.django_db(transaction=True)
def test_C3_a_run_that_breaks_off_has_lost_nothing(monkeypatch):
    monkeypatch.setattr(schedule_run, "CHUNK", 2)
    schedules = [weekly_schedule() for _ in range(5)]

    def break_off(summary: RunSummary) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_schedule(schedules[0].next_on, progress=break_off)
    assert run_schedule(schedules[0].next_on).queued == 3
    assert Shipment.objects.filter(occurrence=1).count() == 5


def test_C3_a_run_that_is_asked_to_stop_ends_after_its_chunk(monkeypatch, db, ask_to_stop):
    monkeypatch.setattr(schedule_run, "CHUNK", 2)
    schedules = [weekly_schedule() for _ in range(5)]
    assert run_schedule(schedules[0].next_on, progress=lambda summary: ask_to_stop()).queued == 2
    shutdown.forget()
    assert run_schedule(schedules[0].next_on).queued == 3


def test_C3_the_task_leaves_the_rest_of_a_run_to_another_worker(db, ask_to_stop, nudges):
    nudges("")
    ask_to_stop()
    tasks.run_schedule()
    assert nudges("shipping.tasks.run_schedule") == [[]]


def test_C3_the_statements_do_not_grow_with_what_is_due(db, django_assert_num_queries):
    for count in (1, 7):
        schedules = [weekly_schedule() for _ in range(count)]
        with django_assert_num_queries(16):
            assert run_schedule(schedules[0].next_on).queued == count
