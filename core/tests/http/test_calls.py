"""Calls by other means than HTTP: beside requests, within the same limits."""

import os
import time
from collections.abc import Callable
from itertools import pairwise
from threading import Barrier, Event, get_ident, main_thread

import pytest

from core.http import (
    NOT_BEGUN,
    Call,
    Done,
    Exchange,
    Limits,
    Outcome,
    Request,
    Response,
    Temporary,
    Unknown,
    send_many,
)
from core.tests.http.server import polite, staged


def said(response: Response) -> Outcome:
    return Done(response.text)


def calls(count: int, run: Callable[[], Outcome] = Done) -> list[Exchange]:
    return [Call("somewhere", run) for _ in range(count)]


def test_calls_and_requests_go_side_by_side_and_keep_their_order() -> None:
    refused = Temporary("not now")
    with staged(polite) as stage:
        request = (Request("POST", stage.url), said)
        outcomes = send_many([Call("a", lambda: refused), request, Call("b", Done)])
    assert outcomes == [refused, Done("{}"), Done()]


def test_a_call_is_made_in_a_thread_of_its_own() -> None:
    threads: list[int] = []

    def run() -> Outcome:
        threads.append(get_ident())
        return Done()

    send_many(calls(1, run))
    assert threads != [main_thread().ident]


def test_as_many_are_under_way_as_the_limit_allows() -> None:
    together = Barrier(3)

    def run() -> Outcome:
        together.wait(5)  # breaks, and the test with it, if three are never there at once
        return Done()

    assert send_many(calls(6, run), Limits(concurrency=3)) == [Done()] * 6


def test_one_after_the_other_where_the_limit_is_one() -> None:
    spans: list[tuple[float, float]] = []

    def run() -> Outcome:
        begun = time.monotonic()
        spans.append((begun, time.monotonic()))
        return Done()

    send_many(calls(20, run), Limits(concurrency=1))
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_they_begin_evenly_spaced_at_the_rate_allowed() -> None:
    begun = time.monotonic()
    send_many(calls(4), Limits(concurrency=4, per_second=20))
    assert time.monotonic() - begun >= 0.95 * 3 / 20


def test_a_bug_costs_the_others_nothing_and_quotes_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Outcome:
        raise RuntimeError("cannot send to jane@example.com")

    outcomes = send_many([*calls(1, broken), *calls(1)])
    assert outcomes == [Unknown("our own RuntimeError"), Done()]
    assert "RuntimeError in somewhere" in caplog.text
    assert "jane" not in caplog.text


def test_what_may_not_be_begun_any_more_is_not() -> None:
    made: list[bool] = []

    def run() -> Outcome:
        made.append(True)
        return Done()

    jobs = calls(3, run)
    outcomes = send_many(jobs, Limits(concurrency=1), may_begin=lambda: not made)
    assert outcomes == [Done(), NOT_BEGUN, NOT_BEGUN]
    assert made == [True]


def test_a_call_that_waited_for_a_thread_is_not_begun_when_it_may_no_longer() -> None:
    count = min(32, (os.cpu_count() or 1) + 4) + 3  # threads of asyncio, and some calls more
    asked: list[int] = []
    all_asked, over = Event(), Event()

    def may_begin() -> bool:
        if get_ident() == main_thread().ident:
            asked.append(1)
            if len(asked) == count:
                all_asked.set()
        return not over.is_set()

    def run() -> Outcome:
        all_asked.wait(5)
        over.set()
        return Done()

    outcomes = send_many(calls(count, run), Limits(concurrency=count), may_begin=may_begin)
    assert NOT_BEGUN in outcomes
