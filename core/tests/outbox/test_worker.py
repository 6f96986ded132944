"""The outbox: claims, fencing tokens, retries, and what each outcome makes of a row."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from core.http import Call, Done, Limits, Outcome, Permanent, Request, Temporary, Unknown
from core.models import Circuit
from core.outbox import ABSENT, Job, claim, decide, work
from core.outbox.retry_policy import GIVE_UP_AFTER, LONGEST_PAUSE
from core.tests.http.server import at_request, polite, staged, taken
from core.tests.parcels import Parcel, make_queue, parcels, states, take
from sandbox.testing import wait_until

ONE_BY_ONE = Limits(concurrency=1)
TWO_AT_ONCE = Limits(concurrency=2)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def in_thread(do: Callable[[], object]) -> None:
    """Do it on a connection of its own, as another worker would."""

    def run() -> None:
        do()
        connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_due_rows_are_claimed_the_longest_due_first(outbox):
    late, early = parcels(1) + parcels(1, next_attempt_at=timezone.now() - timedelta(hours=1))
    parcels(1, next_attempt_at=timezone.now() + timedelta(hours=1))
    parcels(1, state="cancelled")
    rows = claim(make_queue(take), limit=10)
    assert rows == [early, late]
    row = Parcel.objects.get(pk=early.pk)
    assert (row.state, row.fence, row.attempts) == ("sending", 1, 1)
    assert row.lease_until is not None
    assert row.lease_until > timezone.now()
    assert (rows[0].state, rows[0].fence, rows[0].attempts) == ("sending", 1, 1)


def test_two_workers_never_claim_the_same_row(committed_outbox):
    parcels(40)
    start = Barrier(4)
    claimed: list[int] = []

    def claim_some() -> None:
        start.wait()
        claimed.extend(row.pk for row in claim(make_queue(take), limit=10))
        connection.close()

    workers = [Thread(target=claim_some) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claimed) == len(set(claimed)) == 40


def test_work_sends_all_that_is_due_with_more_and_more_in_hand(outbox):
    parcels(120)
    in_hand = []

    def prepare(row):
        in_hand.append(states().count("sending"))
        return Job(Request("POST", stage.url), taken)

    with staged(polite) as stage:
        assert work(make_queue(prepare, limits=Limits(concurrency=5))) == 120
        assert (len(stage.requests), stage.connections) == (120, 5), "they last as the work does"
    assert set(states()) == {"sent"}
    assert in_hand[0] == 10
    assert 20 < max(in_hand) <= 50


def test_one_slow_answer_keeps_nobody_waiting(committed_outbox):
    """The others go out meanwhile, those that were claimed later too, and are recorded."""
    parcels(30)
    all_others_sent: list[bool] = []

    def wait_for_the_others() -> None:
        wait_until(lambda: states().count("sent") == 29)
        all_others_sent.append(True)
        connection.close()

    with staged(at_request(1, wait_for_the_others)) as stage:
        queue = make_queue(lambda row: Job(Request("POST", stage.url), taken), limits=TWO_AT_ONCE)
        assert work(queue) == 30
    assert all_others_sent


def test_what_a_worker_has_in_hand_grows_with_what_may_be_in_flight():
    """And how many a dying worker leaves to staff, where a resend is not safe."""
    assert make_queue(take, limits=Limits(concurrency=5)).most_in_hand == 50
    assert make_queue(take, limits=Limits(concurrency=500)).most_in_hand == 1000
    assert make_queue(take, chunk=7).most_in_hand == 7
    assert make_queue(take, limits=Limits(concurrency=5), resend_is_safe=False).most_in_hand == 10


def test_work_can_be_told_which_rows_and_how_many(outbox):
    _, two, _ = parcels(3)
    assert work(make_queue(take), ids=[two.pk]) == 1
    assert states() == ["queued", "sent", "queued"]
    assert work(make_queue(take), most=1) == 1
    assert states() == ["sent", "sent", "queued"]
    assert work(make_queue(take), seconds=-1) == 0


def test_one_worker_at_a_time_works_a_lane(committed_outbox):
    """So that the limits of a destination hold, however many workers there are."""
    parcels(1)
    others = []

    def prepare(row):
        in_thread(lambda: others.append(work(make_queue(take))))
        Parcel.objects.bulk_create([Parcel(name="late")])
        in_thread(lambda: others.append(work(make_queue(take))))
        return Done()

    assert work(make_queue(lambda row: prepare(row) if row.name == "0" else Done())) == 2
    assert others == [0, 0]
    assert states() == ["sent", "sent"], "who was turned away has left nothing behind"


def test_a_lane_is_free_again_when_its_worker_breaks(committed_outbox):
    parcels(3)

    def broken(results):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work(make_queue(take, chunk=1, record_results=broken))
    in_thread(lambda: work(make_queue(take)))
    assert states() == ["sending", "sent", "sent"]


def test_rows_that_somebody_holds_are_passed_over(committed_outbox):
    first, _ = parcels(2)
    with transaction.atomic():
        Parcel.objects.select_for_update().get(pk=first.pk)
        in_thread(lambda: work(make_queue(take)))
    assert states() == ["queued", "sent"]


def test_jobs_are_sent_and_read(outbox):
    parcels(3)
    with staged(polite) as stage:
        request = Request("POST", stage.url)
        work(make_queue(lambda row: Job(request, taken)))
        assert len(stage.requests) == 3
    assert states() == ["sent"] * 3


def test_calls_are_made_and_what_they_come_to_is_recorded(outbox):
    parcels(3)
    made: list[str] = []

    def sent_to(name: str) -> Outcome:
        made.append(name)
        return Done()

    work(make_queue(lambda row: Call("far", partial(sent_to, row.name)), limits=ONE_BY_ONE))
    assert (sorted(made), states()) == (["0", "1", "2"], ["sent"] * 3)


def test_calls_that_fail_open_the_circuit_as_requests_do(outbox):
    parcels(9)
    work(make_queue(lambda row: Call("far", lambda: Temporary("down")), limits=ONE_BY_ONE))
    assert Circuit.objects.get().open_until is not None
    assert 5 <= Parcel.objects.filter(attempts__gt=0).count() < 9


def test_what_is_provably_absent_is_sent_in_the_same_attempt(outbox):
    parcels(1, doubtful=True)
    with staged(polite) as stage:
        create = Job(Request("POST", stage.url), taken)
        ask = Job(Request("GET", stage.url), lambda response: ABSENT, otherwise=create)
        work(make_queue(lambda row: ask, resend_is_safe=False))
        assert [request.split()[0] for request in stage.requests] == [b"GET", b"POST"]
    assert states() == ["sent"]


def test_what_is_found_is_not_sent_again(outbox):
    parcels(1, doubtful=True)
    with staged(polite) as stage:
        create = Job(Request("POST", stage.url), taken)
        work(make_queue(lambda row: Job(Request("GET", stage.url), taken, otherwise=create)))
        assert [request.split()[0] for request in stage.requests] == [b"GET"]
    assert states() == ["sent"]


def test_absence_ends_the_doubt_even_if_the_sending_fails(outbox):
    parcels(1, doubtful=True)
    with staged(polite) as stage:
        create = Job(Request("POST", "http://127.0.0.1:1/"), taken)
        ask = Job(Request("GET", stage.url), lambda response: ABSENT, otherwise=create)
        work(make_queue(lambda row: ask))
    assert not Parcel.objects.get().doubtful


def test_a_bug_in_one_row_costs_the_others_nothing(outbox, caplog):
    parcels(3)

    def prepare(row):
        return Done() if row.name != "1" else Done(secret=row.name)  # type: ignore[call-arg]  # on purpose

    assert work(make_queue(prepare)) == 3
    assert states() == ["sent", "queued", "sent"]
    assert Parcel.objects.get(state="queued").last_error == "not sent: our own TypeError"
    assert not Circuit.objects.exists(), "the destination has nothing to do with it"


@pytest.mark.parametrize(
    ("outcome", "options", "row", "state", "doubtful"),
    [
        (Done(), {}, {}, "sent", False),
        (Permanent("400"), {}, {}, "rejected", False),
        (Permanent("400"), {"refused_state": "failed"}, {}, "failed", False),
        (Permanent("400"), {}, {"doubtful": True}, "unknown", True),
        (Temporary("refused"), {}, {}, "queued", False),
        (Temporary("refused"), {"resend_is_safe": False}, {}, "queued", False),
        (Temporary("302", not_taken=False), {}, {}, "queued", True),
        (Temporary("302", not_taken=False), {"resend_is_safe": False}, {}, "unknown", True),
        (Temporary("refused"), {}, {"doubtful": True}, "queued", True),
        (Unknown("time ran out"), {}, {}, "queued", True),
        (Unknown("time ran out"), {"resend_is_safe": False}, {}, "unknown", True),
    ],
)
def test_what_each_outcome_makes_of_a_row(outcome, options, row, state, doubtful):
    disposition = decide(Parcel(attempts=1, **row), outcome, make_queue(take, **options))
    assert (disposition.state, disposition.in_doubt) == (state, doubtful)
    assert (disposition.due is not None) == (state == "queued")
    assert disposition.error == ("" if isinstance(outcome, Done) else outcome.reason)


@pytest.mark.parametrize(
    ("outcome", "state"), [(Temporary("refused"), "rejected"), (Unknown("lost"), "unknown")]
)
def test_after_72_hours_it_is_given_up(outcome, state):
    long_ago = timezone.now() - GIVE_UP_AFTER
    row = Parcel(attempts=40, first_attempt_at=long_ago)
    assert decide(row, outcome, make_queue(take)).state == state
    row = Parcel(attempts=40, first_attempt_at=long_ago + timedelta(minutes=1))
    assert decide(row, outcome, make_queue(take)).state == "queued"


def pause_after(attempts: int, outcome: Temporary, age: timedelta = timedelta()) -> float:
    """Seconds until the next attempt, at START, of a row that was first tried so long ago."""
    row = Parcel(attempts=attempts, first_attempt_at=START - age)
    due = decide(row, outcome, make_queue(take)).due
    assert due is not None
    return (due - START).total_seconds()


@time_machine.travel(START, tick=False)
@pytest.mark.parametrize(
    ("attempts", "age", "longest"),
    [
        (1, timedelta(), 10),
        (3, timedelta(minutes=1), 40),
        (20, timedelta(minutes=10), 60),
        (20, timedelta(hours=1), 360),
        (20, timedelta(hours=20), LONGEST_PAUSE),
    ],
)
def test_retries_are_spread_and_grow_with_the_outage_up_to_an_hour(attempts, age, longest):
    pauses = [pause_after(attempts, Temporary(""), age) for _ in range(200)]
    assert 1 <= min(pauses) < longest / 2 < max(pauses) <= longest


@time_machine.travel(START, tick=False)
def test_nobody_comes_back_before_the_time_that_was_asked_for():
    outcome = Temporary("429", retry_after=600)
    for _ in range(50):
        assert 601 <= pause_after(1, outcome) <= 610
