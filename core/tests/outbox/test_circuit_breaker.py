"""The breaker: it opens after five failures in a row, lets one probe pass, and closes again."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from core.http import Done, Permanent, Temporary, Unknown
from core.models import Circuit
from core.outbox import circuit_breaker

FAILED, LOST, TAKEN, REFUSED = Temporary("no"), Unknown("lost"), Done(), Permanent("bad address")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock(db):
    with time_machine.travel(START, tick=False) as clock:
        yield clock


def test_without_failures_everything_passes(clock):
    assert circuit_breaker.permits("test", 100) == 100
    circuit_breaker.record("test", [TAKEN, REFUSED])
    assert not Circuit.objects.exists()


def test_it_opens_after_five_failures_in_a_row(clock):
    circuit_breaker.record("test", [FAILED] * 3)
    assert circuit_breaker.permits("test", 100) == 100
    circuit_breaker.record("test", [LOST] * 2)
    assert circuit_breaker.permits("test", 100) == 0
    assert circuit_breaker.permits("another", 100) == 100


@pytest.mark.parametrize("answer", [TAKEN, REFUSED])
def test_an_answer_ends_the_row_of_failures(clock, answer):
    """A refused address says that the provider is well."""
    circuit_breaker.record("test", [FAILED] * 4)
    circuit_breaker.record("test", [answer])
    circuit_breaker.record("test", [FAILED] * 4)
    assert circuit_breaker.permits("test", 100) == 100


def test_only_the_failures_at_the_end_of_a_chunk_count(clock):
    circuit_breaker.record("test", [FAILED] * 50 + [TAKEN] + [FAILED] * 4)
    assert circuit_breaker.permits("test", 100) == 100


def test_after_its_pause_one_probe_passes(clock):
    circuit_breaker.record("test", [FAILED] * 200)
    clock.shift(circuit_breaker.PAUSE)
    assert [circuit_breaker.permits("test", 100) for _ in range(3)] == [1, 0, 0]


def test_a_probe_that_succeeds_closes_it(clock):
    circuit_breaker.record("test", [FAILED] * 5)
    clock.shift(circuit_breaker.PAUSE)
    circuit_breaker.permits("test", 100)
    circuit_breaker.record("test", [TAKEN])
    assert circuit_breaker.permits("test", 100) == 100


def test_each_probe_that_fails_doubles_the_pause_up_to_a_minute(clock):
    circuit_breaker.record("test", [FAILED] * 200)
    pauses = []
    for _ in range(7):
        reopens = Circuit.objects.get().open_until
        assert reopens is not None
        pauses.append((reopens - datetime.now(UTC)).total_seconds())
        clock.move_to(reopens)
        assert circuit_breaker.permits("test", 100) == 1
        circuit_breaker.record("test", [LOST])
    assert pauses == [15, 30, 60, 60, 60, 60, 60]


def test_a_probe_whose_worker_dies_is_followed_by_another(clock):
    circuit_breaker.record("test", [FAILED] * 5)
    clock.shift(circuit_breaker.PAUSE)
    assert circuit_breaker.permits("test", 1) == 1
    clock.shift(circuit_breaker.PROBE_TIME - timedelta(seconds=1))
    assert circuit_breaker.permits("test", 1) == 0
    clock.shift(timedelta(seconds=1))
    assert circuit_breaker.permits("test", 1) == 1
