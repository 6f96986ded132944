"""Many requests at once: in order, within the limits, on connections that are used again."""

import asyncio
from threading import Barrier, Event, Lock, Semaphore
from time import monotonic

import pytest

from core.http import (
    NOT_BEGUN,
    Done,
    Limits,
    Outcome,
    Pipe,
    Reader,
    Request,
    Response,
    Temporary,
    send_many,
)
from core.tests.http.server import Talk, polite, staged


def echo(talk: Talk) -> None:
    while True:
        talk.answer(talk.hear().partition(b"\r\n\r\n")[2])


def said(response: Response) -> Outcome:
    return Done(response.text)


def numbered(url: str, count: int) -> list[tuple[Request, Reader]]:
    return [(Request("POST", url, {}, b"%d" % number), said) for number in range(count)]


def test_nothing_to_send_gives_nothing() -> None:
    assert send_many([]) == []


def test_outcomes_come_in_the_order_of_the_jobs() -> None:
    with staged(echo) as stage:
        outcomes = send_many(numbered(stage.url, 100), Limits(concurrency=7))
    assert outcomes == [Done(str(number)) for number in range(100)]


def test_bad_jobs_spoil_no_other() -> None:
    with staged(echo) as stage:
        jobs = numbered(stage.url, 3)
        jobs[1:1] = [(Request("GET", "http://127.0.0.1:1/"), said), (Request("GET", "//"), said)]
        outcomes = send_many(jobs, Limits(concurrency=2))
    assert [type(outcome) for outcome in outcomes] == [Done, Temporary, Temporary, Done, Done]


def test_exactly_as_many_are_in_flight_as_allowed() -> None:
    together, lock = Barrier(3), Lock()
    flying, most = 0, 0

    def counting(talk: Talk) -> None:
        nonlocal flying, most
        while True:
            talk.hear()
            with lock:
                flying += 1
                most = max(most, flying)
            together.wait(5)  # breaks, and the test with it, if three are never there at once
            with lock:
                flying -= 1
            talk.answer()

    with staged(counting) as stage:
        outcomes = send_many(numbered(stage.url, 12), Limits(concurrency=3))
    assert outcomes == [Done("{}")] * 12
    assert most == 3


def test_connections_are_used_again() -> None:
    with staged(polite) as stage:
        send_many(numbered(stage.url, 50), Limits(concurrency=2))
        assert len(stage.requests) == 50
        assert stage.connections == 2


def test_there_are_never_more_tasks_than_requests_in_flight() -> None:
    most = 0

    def count(_: Response) -> Outcome:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()))
        return Done()

    with staged(polite) as stage:
        jobs = [(request, count) for request, _ in numbered(stage.url, 500)]
        send_many(jobs, Limits(concurrency=4))
    assert most <= 1 + 2 * 4  # the call itself; a worker and aiohttp's writer for each in flight


def test_requests_begin_evenly_spaced_at_the_rate_allowed() -> None:
    with staged(echo) as stage:
        begun = monotonic()
        send_many(numbered(stage.url, 11), Limits(concurrency=5, per_second=50))
    # A busy machine makes them later, and nothing earlier.
    for number, heard in enumerate(stage.times):
        assert heard - begun >= 0.95 * number / 50


def test_waiting_for_its_turn_does_not_count_against_a_deadline() -> None:
    with staged(echo) as stage:
        jobs = [(Request("POST", stage.url, timeout=0.25), said) for _ in range(4)]
        outcomes = send_many(jobs, Limits(concurrency=4, per_second=8))
    assert outcomes == [Done("")] * 4


@pytest.mark.parametrize(
    ("concurrency", "per_second"), [(0, None), (-1, None), (1, 0.0), (1, -2.0), (1, float("nan"))]
)
def test_limits_that_allow_nothing_are_refused(concurrency: int, per_second: float | None) -> None:
    with pytest.raises(ValueError, match="must be"):
        Limits(concurrency, per_second)


def test_what_may_not_be_begun_any_more_once_it_is_connected_is_not() -> None:
    """A process that is frozen between the two wakes up when others have its queue."""
    heard: list[bytes] = []

    def hearing(talk: Talk) -> None:
        heard.append(talk.hear())
        talk.answer()

    may = iter([True, True, False])  # two are let in; the first is connected after the lease
    with staged(hearing) as stage:
        jobs = numbered(stage.url, 3)
        outcomes = send_many(jobs, Limits(concurrency=2), may_begin=lambda: next(may, False))
    assert (outcomes, heard) == ([NOT_BEGUN] * 3, [])


def test_what_is_put_in_later_goes_out_on_the_same_connections_while_others_wait() -> None:
    """The first answer comes only when the last is there: nobody waits for the slowest."""
    others = Semaphore(0)

    def first_last(talk: Talk) -> None:
        while True:
            number = talk.hear().partition(b"\r\n\r\n")[2]
            for _ in range(7 if number == b"0" else 0):
                assert others.acquire(timeout=5)
            talk.answer(number)
            others.release()

    with staged(first_last) as stage:
        jobs = list(enumerate(numbered(stage.url, 8)))
        with Pipe[int](Limits(concurrency=2)) as pipe:
            pipe.put(jobs[:4])
            answers = pipe.take(1)
            pipe.put(jobs[4:])
            while len(answers) < 8:
                answers += pipe.take(8)
        assert stage.connections == 2
    assert answers[-1] == (0, Done("0"))
    assert sorted(key for key, _ in answers) == [*range(8)]


def test_what_waits_can_be_taken_back() -> None:
    heard, over = Semaphore(0), Event()

    def patient(talk: Talk) -> None:
        talk.hear()
        heard.release()
        over.wait(5)
        talk.answer()

    with staged(patient) as stage, Pipe[int](Limits(concurrency=2)) as pipe:
        pipe.put(enumerate(numbered(stage.url, 5)))
        assert heard.acquire(timeout=5)
        assert heard.acquire(timeout=5)
        assert pipe.withdraw() == [2, 3, 4]
        over.set()
        answers = pipe.take(5)
    assert dict(answers) == {0: Done("{}"), 1: Done("{}")}


def test_what_breaks_a_pipe_is_raised_where_answers_are_taken() -> None:
    def broken(outcome: Outcome, seconds: float) -> None:
        raise ZeroDivisionError

    with staged(polite) as stage, Pipe[int](meter=broken) as pipe:
        pipe.put(enumerate(numbered(stage.url, 1)))
        with pytest.raises(ExceptionGroup, match="unhandled"):
            pipe.take(1, 5.0)


def test_what_was_answered_before_a_pipe_broke_is_given_first() -> None:
    metered = []

    def breaks_at_the_second(outcome: Outcome, seconds: float) -> None:
        metered.append(outcome)
        if len(metered) == 2:
            raise ZeroDivisionError

    with staged(echo) as stage, Pipe[int](Limits(concurrency=1), breaks_at_the_second) as pipe:
        pipe.put(enumerate(numbered(stage.url, 2)))
        pipe._thread.join(30)  # it ends when it breaks
        assert pipe.take() == [(0, Done("0"))]
        with pytest.raises(ExceptionGroup):
            pipe.take()
