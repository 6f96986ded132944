"""Who works a queue holds a lease that runs out: what a frozen worker changes, which is nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from core import shutdown
from core.database.clock import uptime
from core.http import Call, Done, Limits, Outcome, Permanent, Request
from core.models import Circuit, QueueLease
from core.outbox import Job, leases, reclaim_expired, work
from core.outbox.leases import LEASE, STALE_AFTER, Hold, held
from core.tests.http.server import at_request, polite, staged, taken
from core.tests.outbox.test_worker import in_thread
from core.tests.parcels import Parcel, make_queue, parcels, states, take
from sandbox.testing import wait_until

ONE_BY_ONE = Limits(concurrency=1)


@pytest.fixture(autouse=True)
def going_on() -> Iterator[None]:
    yield
    shutdown.forget()


def test_a_queue_has_one_holder_until_it_is_released(committed_outbox):
    others: list[bool] = []

    def try_to_hold() -> None:
        with held(make_queue(take)) as hold:
            others.append(hold is not None)

    with held(make_queue(take)):
        in_thread(try_to_hold)
    in_thread(try_to_hold)
    assert others == [False, True]


def test_when_its_lease_is_over_the_next_has_the_queue_and_the_first_can_do_nothing(outbox):
    with held(make_queue(take)) as first, time_machine.travel(timezone.now() + LEASE):
        assert first is not None
        with held(make_queue(take)) as second:
            assert second is not None
            assert (first.renew(), first.lasts(), first.may_begin()) == (False, False, False)
            first.release()
            assert second.renew(), "it was released by its holder alone"


def test_a_lease_is_short_enough_for_the_others_and_long_enough_for_a_request():
    assert timedelta(seconds=60) > LEASE
    assert Request("GET", "http://host/").timeout + STALE_AFTER < LEASE.total_seconds()


def test_under_a_stale_lease_nothing_is_begun_even_when_nobody_has_taken_it(outbox):
    QueueLease.objects.create(name="test", fence=1)
    stale = Hold(make_queue(take), 1, proven=uptime() - STALE_AFTER)
    assert not stale.may_begin()
    assert not stale.renew(), "its rows may be somebody else's by now"
    assert Hold(make_queue(take), 1).renew()


def test_a_renewal_that_comes_after_the_release_keeps_nobody_out(outbox):
    with held(make_queue(take)) as hold:
        assert hold
    hold.renew()
    with held(make_queue(take)) as again:
        assert again


def test_the_heart_renews_the_queue_and_the_rows_under_way(
    committed_outbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leases, "BEAT", 0.05)
    parcels(2)
    past = timezone.now() - timedelta(seconds=1)

    def renewed(row: Parcel) -> Outcome:
        Parcel.objects.update(lease_until=past)
        QueueLease.objects.update(until=past)
        wait_until(lambda: not Parcel.objects.filter(state="sending", lease_until=past).exists())
        assert _held_until() > timezone.now()
        return Done()

    assert work(make_queue(renewed, chunk=1)) == 2
    assert states() == ["sent", "sent"]


def _held_until() -> datetime:
    until = QueueLease.objects.get().until
    assert until is not None
    return until


def test_a_process_that_hangs_while_its_threads_live_loses_its_queue(
    committed_outbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leases, "BEAT", 0.01)
    monkeypatch.setattr(leases, "HANGS_AFTER", 0.05)
    ended = Event()
    beat = leases._beat

    def beat_and_tell(*given):
        beat(*given)
        ended.set()

    monkeypatch.setattr(leases, "_beat", beat_and_tell)
    with held(make_queue(take)):
        assert ended.wait(5)


def test_what_was_taken_from_a_worker_amid_a_chunk_is_neither_sent_nor_settled_by_it(
    committed_outbox, monkeypatch: pytest.MonkeyPatch
):
    """As after a thaw: only the request that was under way has left."""
    monkeypatch.setattr(leases, "BEAT", 0.02)
    parcels(2)

    def others_take_it() -> None:
        _frozen_for_long(queue)
        connection.close()

    with staged(at_request(1, others_take_it)) as stage:
        queue = make_queue(lambda row: Job(Request("POST", stage.url), taken), limits=ONE_BY_ONE)
        work(queue)
        assert len(stage.requests) == 1
    errors = set(Parcel.objects.filter(doubtful=True).values_list("last_error", flat=True))
    assert errors == {"the worker stopped before it recorded an answer"}
    assert "sent" not in states()
    assert not Circuit.objects.exists()


def _frozen_for_long(queue) -> None:
    """What others do meanwhile; then the worker's next beat."""
    past = timezone.now() - timedelta(seconds=1)
    QueueLease.objects.update(until=None, fence=99)
    Parcel.objects.filter(state="sending").update(lease_until=past)
    assert reclaim_expired(queue)
    Event().wait(0.1)


def test_who_is_asked_to_stop_ends_what_is_under_way_and_gives_the_rest_back(outbox):
    parcels(5)
    with staged(at_request(1, shutdown.begin)) as stage:
        queue = make_queue(lambda row: Job(Request("POST", stage.url), taken), limits=ONE_BY_ONE)
        work(queue)
        assert work(queue) == 0
        assert len(stage.requests) == 1
    found = Parcel.objects.order_by("id").values_list("state", "attempts", "first_attempt_at")
    assert [*found[1:]] == [("queued", 0, None)] * 4
    assert found[0][:2] == ("sent", 1)


def test_who_waits_for_a_turn_is_stopped_too_and_the_rate_is_kept_for_the_next(outbox):
    parcels(2)
    with staged(at_request(1, shutdown.begin)) as stage:
        limits = Limits(concurrency=2, per_second=0.01)
        begun = uptime()
        work(make_queue(lambda row: Job(Request("POST", stage.url), taken), limits=limits))
        assert uptime() - begun < 5
    assert sorted(states()) == ["queued", "sent"]
    assert timedelta(seconds=90) < _held_until() - timezone.now() <= timedelta(seconds=100)


def test_calls_stop_between_two_rows(outbox):
    parcels(3)

    def run() -> Outcome:
        shutdown.begin()
        return Permanent("refused")

    work(make_queue(lambda row: Call("far", run), limits=ONE_BY_ONE, resend_is_safe=False))
    assert states() == ["rejected", "queued", "queued"]


def test_a_look_up_that_finds_nothing_is_no_reason_to_send_after_the_stop(outbox):
    from core.outbox import ABSENT

    def absent_and_stop(response: object) -> Outcome:
        shutdown.begin()
        return ABSENT

    parcels(1, doubtful=True)
    with staged(polite) as stage:
        create = Job(Request("POST", stage.url), taken)
        ask = Job(Request("GET", stage.url), absent_and_stop, otherwise=create)
        work(make_queue(lambda row: ask))
        assert [request.split()[0] for request in stage.requests] == [b"GET"]
    assert states() == ["queued"]


def test_the_children_of_a_process_that_is_asked_to_stop_know_it():
    import os

    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.read(read, 1)
        os._exit(7 if shutdown.is_requested() else 0)
    shutdown.begin()
    os.write(write, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert not shutdown.is_over()
