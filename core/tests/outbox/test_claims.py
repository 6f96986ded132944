"""The outbox when things go wrong: late and dead workers, destinations that are down."""

from datetime import UTC, datetime, timedelta

import time_machine
from django.utils import timezone

from core.http import Done, Limits, Permanent, Request
from core.models import Circuit
from core.outbox import Job, attempt, claim, reclaim_expired, release, work
from core.outbox.circuit_breaker import FAILURES
from core.outbox.leases import LEASE
from core.tests.http.server import polite, staged, taken
from core.tests.parcels import Parcel, make_queue, parcels, states, take

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_worker_that_comes_back_late_settles_nothing(outbox):
    parcels(1)
    queue = make_queue(lambda row: Permanent("the late answer"))
    [late] = claim(queue, limit=1)
    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
        assert reclaim_expired(queue) == 1
        attempt(queue, [late])
        row = Parcel.objects.get()
        assert (row.state, row.doubtful) == ("queued", True)
        assert row.last_error == "the worker stopped before it recorded an answer"


def test_rows_that_were_not_sent_are_given_back_as_they_were(outbox):
    parcels(1)
    parcels(1, attempts=2, first_attempt_at=START)
    rows = claim(make_queue(take), limit=2)
    release(make_queue(take), rows)
    found = Parcel.objects.order_by("id").values_list("state", "attempts", "first_attempt_at")
    assert list(found) == [("queued", 0, None), ("queued", 2, START)]
    assert len(claim(make_queue(take), limit=2)) == 2


def test_what_was_claimed_ahead_is_given_back_when_the_circuit_opens(outbox):
    parcels(3)
    queue = make_queue(lambda row: Job(Request("GET", "http://127.0.0.1:1/"), taken), chunk=1)
    Circuit.objects.create(name="test", failures=FAILURES - 1)
    assert work(queue) == 1
    assert list(Parcel.objects.order_by("id").values_list("state", "attempts")) == [
        ("queued", 1),
        ("queued", 0),
        ("queued", 0),
    ]


def test_nothing_is_claimed_ahead_where_a_resend_is_not_safe(outbox):
    parcels(3)
    seen: list[list[str]] = []

    def prepare(row):
        seen.append(states())
        return Done()

    work(make_queue(prepare, chunk=1, resend_is_safe=False))
    assert seen[1] == ["sent", "sending", "queued"]


def test_a_lease_that_has_not_run_out_is_respected(outbox):
    parcels(1)
    claim(make_queue(take), limit=1)
    assert reclaim_expired(make_queue(take)) == 0


def test_what_a_dead_worker_left_is_unknown_where_a_resend_is_not_safe(outbox):
    parcels(1)
    queue = make_queue(take, resend_is_safe=False)
    claim(queue, limit=1)
    Parcel.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    reclaim_expired(queue)
    assert states() == ["unknown"]


def test_a_destination_that_is_down_costs_few_attempts(outbox):
    """C1: the circuit opens after the first small chunk; the rest waits, without an attempt."""
    parcels(200)
    queue = make_queue(lambda row: Job(Request("GET", "http://127.0.0.1:1/"), taken))
    attempted = work(queue)
    assert FAILURES <= attempted <= 2 * Limits().concurrency
    assert Parcel.objects.filter(attempts=0).count() == 200 - attempted
    assert work(queue) == 0


def test_one_probe_goes_out_and_when_it_succeeds_the_rest_follows(outbox):
    parcels(30)
    Circuit.objects.create(name="test", failures=FAILURES, open_until=timezone.now())
    with staged(polite) as stage:
        assert work(make_queue(lambda row: Job(Request("GET", stage.url), taken))) == 30
    circuit = Circuit.objects.get()
    assert (circuit.failures, circuit.open_until) == (0, None)


def test_a_probe_that_fails_sends_nothing_more(outbox):
    parcels(30)
    Circuit.objects.create(name="test", failures=FAILURES, open_until=timezone.now())
    queue = make_queue(lambda row: Job(Request("GET", "http://127.0.0.1:1/"), taken))
    assert work(queue) == 1
    assert Parcel.objects.filter(attempts=1).count() == 1


def test_a_probe_is_not_used_up_when_nothing_is_due(outbox):
    Circuit.objects.create(name="test", failures=FAILURES, open_until=timezone.now())
    assert work(make_queue(take)) == 0
    parcels(1)
    assert work(make_queue(take)) == 1


def test_what_another_worker_took_over_is_not_given_back(outbox):
    parcels(1)
    rows = claim(make_queue(take), limit=1)
    Parcel.objects.update(fence=9)
    release(make_queue(take), rows)
    assert states() == ["sending"]
