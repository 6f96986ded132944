"""Counting within a window, shared or not; and what it costs when Redis is away."""

import socket
import time

import pytest
import time_machine

from core import limits
from core.limits import Rate, hit, rate_of


@pytest.fixture(autouse=True)
def anew():
    """No counts of other tests."""
    limits.forget()
    yield
    limits.forget()


def test_rates_are_written_with_their_window():
    assert rate_of("600/m") == Rate(600, 60)
    assert rate_of("5/10s") == Rate(5, 10)
    assert rate_of("") is None


@pytest.mark.parametrize("text", ["600", "0/m", "-1/m", "x/m", "5/0s", "5/y", "5/"])
def test_nonsense_is_no_rate(text):
    with pytest.raises(ValueError, match=r"rate|invalid literal"):
        rate_of(text)


def test_what_is_beyond_the_rate_is_refused_until_the_window_ends(settings):
    settings.REDIS_URL = ""
    with time_machine.travel("2026-06-01 12:00:10+00:00", tick=False) as clock:
        verdicts = [hit("a", Rate(2, 60)) for _ in range(3)]
        assert [verdict.allowed for verdict in verdicts] == [True, True, False]
        assert verdicts[-1].resets_in == 50
        assert hit("b", Rate(2, 60)).allowed
        clock.shift(50)
        assert hit("a", Rate(2, 60)).allowed


def test_the_headers_are_those_of_the_draft(settings):
    settings.REDIS_URL = ""
    with time_machine.travel("2026-06-01 12:00:10+00:00", tick=False):
        assert hit("a", Rate(1, 60)).headers("client") == {
            "RateLimit-Policy": '"client";q=1;w=60',
            "RateLimit": '"client";r=0;t=50',
        }
        assert hit("a", Rate(1, 60)).headers("client")["Retry-After"] == "50"


def test_a_redis_that_is_down_counts_here_and_refuses_nobody(settings):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert [hit("a", Rate(1, 60)).taken for _ in range(2)] == [1, 2]


def test_a_redis_that_hangs_costs_a_moment_once(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        begun = time.monotonic()
        assert all(hit("a", Rate(100, 60)).allowed for _ in range(50))
        assert time.monotonic() - begun < 1


def test_the_memory_it_takes_has_an_end(settings):
    settings.REDIS_URL = ""
    for number in range(limits.MOST_NAMES + 10):
        hit(str(number), Rate(1, 60))
    assert len(limits._local._counts) <= limits.MOST_NAMES
