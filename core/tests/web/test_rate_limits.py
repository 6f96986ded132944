"""Counting within a window, shared or not; and what it costs when Redis is away."""

import socket
import socketserver
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock, Thread
from typing import ClassVar

import pytest
import time_machine
from django.utils import timezone

from core.web import rate_limits
from core.web.rate_limits import Rate, hit, rate_of
from sandbox.testing import wait_until


@pytest.fixture(autouse=True)
def anew():
    """No counts of other tests."""
    rate_limits.forget()
    yield
    rate_limits.forget()


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
    verdicts = [hit("a", Rate(2, 1)) for _ in range(3)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, False]
    assert verdicts[-1].resets_in == 1
    assert hit("b", Rate(2, 1)).allowed
    assert wait_until(lambda: hit("a", Rate(2, 1)).taken == 1)


def test_the_headers_are_those_of_the_draft(settings):
    settings.REDIS_URL = ""
    assert hit("a", Rate(1, 60)).headers("client") == {
        "RateLimit-Policy": '"client";q=1;w=60',
        "RateLimit": '"client";r=0;t=60',
    }
    assert hit("a", Rate(1, 60)).headers("client")["Retry-After"] == "60"


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
    for number in range(rate_limits.MOST_NAMES + 10):
        hit(str(number), Rate(1, 60))
    assert len(rate_limits._counts) <= rate_limits.MOST_NAMES


class _Redis(socketserver.StreamRequestHandler):
    """As much of a Redis as a count needs; of others it has counted 1,000 by each name."""

    counts: ClassVar[dict[bytes, int]] = {}
    sent: ClassVar[list[int]] = []
    hangs_up: ClassVar[bool] = False
    lock: ClassVar[Lock] = Lock()

    def handle(self) -> None:
        while line := self.rfile.readline():
            parts = []
            for _ in range(int(line[1:])):
                parts.append(self.rfile.read(int(self.rfile.readline()[1:])))
                self.rfile.readline()
            name = parts[0].upper()
            number = 41_500 if name == b"PTTL" else 1
            if name == b"INCRBY":
                number = self.add(parts[1], int(parts[2]))
                if self.hangs_up:
                    return
            replies = {b"HELLO": b"%1\r\n+proto\r\n:3\r\n", b"CLIENT": b"+OK\r\n"}
            self.wfile.write(replies.get(name, b":%d\r\n" % number))

    def add(self, key: bytes, hits: int) -> int:
        """Its count."""
        with self.lock:
            self.sent.append(hits)
            self.counts[key] = self.counts.get(key, 1000) + hits
            return self.counts[key]


@pytest.fixture
def redis(settings, monkeypatch):
    """One that answers, as the process's Redis."""
    monkeypatch.setattr(
        rate_limits, "REDIS_PATIENCE", 20.0
    )  # a busy machine is no Redis that hangs
    monkeypatch.setattr(socketserver.ThreadingTCPServer, "daemon_threads", True)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Redis) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.REDIS_URL = f"redis://127.0.0.1:{server.server_address[1]}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": ""}}
        _Redis.sent.clear()
        _Redis.counts.clear()
        yield _Redis
        server.shutdown()


@pytest.mark.parametrize("days", [3, -3])
@pytest.mark.usefixtures("redis")
def test_processes_whose_clocks_are_days_apart_count_together(days):
    taken = hit("clocks", Rate(10, 60)).taken
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        verdict = hit("clocks", Rate(10, 60))
    assert (verdict.taken, verdict.resets_in) == (taken + 1, 42)


@pytest.mark.parametrize("days", [3, -3])
def test_a_clock_that_is_set_begins_no_new_window(days, settings):
    settings.REDIS_URL = ""
    hit("a", Rate(1, 60))
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        assert not hit("a", Rate(1, 60)).allowed


@pytest.mark.usefixtures("redis")
def test_threads_that_begin_at_once_count_each_time_and_raise_nothing():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as pool:
            for _ in range(20):
                rate_limits.forget()
                taken = list(pool.map(lambda _: hit("a", Rate(10**6, 3600)).taken, range(32)))
        assert min(taken) > 32  # those of all processes, not of this one
    finally:
        sys.setswitchinterval(before)


def test_one_request_in_many_asks_redis_and_none_is_left_out(redis):
    rate = Rate(5000, 60)
    taken = [hit("busy", rate).taken for _ in range(200)]
    assert taken == [*range(1001, 1201)]
    assert redis.sent == [1, 51, 51, 51]


def test_of_threads_that_count_at_once_each_has_a_number_of_its_own(settings):
    settings.REDIS_URL = ""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as pool:
            taken = list(pool.map(lambda _: hit("a", Rate(500, 3600)).taken, range(500)))
        assert sorted(taken) == [*range(1, 501)]
    finally:
        sys.setswitchinterval(before)


def test_what_others_have_taken_is_known_at_the_next_question(redis):
    rate = Rate(5000, 60)
    hit("busy", rate)
    redis.counts[b"limit:busy:60"] += 3000  # as other processes would
    assert [hit("busy", rate).taken for _ in range(51)][-2:] == [1051, 4052]


def test_of_a_low_rate_each_one_is_shared(redis):
    redis.counts[b"limit:sign-in:60"] = 0
    assert [hit("sign-in", Rate(99, 60)).taken for _ in range(5)] == [1, 2, 3, 4, 5]
    assert redis.sent == [1] * 5


def test_what_is_refused_asks_nobody_until_its_window_ends(redis):
    answers = [hit("flood", Rate(1002, 60)).allowed for _ in range(100)]
    assert answers == [True, True] + [False] * 98
    assert len(redis.sent) <= 2


def test_what_was_counted_while_redis_was_away_is_shared_when_it_is_back(redis, settings):
    url, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:9/0"
    for _ in range(3):
        hit("a", Rate(2000, 60))
    settings.REDIS_URL = url
    rate_limits._resting_until = 0.0
    assert hit("a", Rate(2000, 60)).taken == 1004


def test_hits_that_redis_counted_without_an_answer_are_not_told_twice(redis, monkeypatch):
    monkeypatch.setattr(redis, "hangs_up", True)
    for _ in range(5):
        rate_limits._resting_until = 0.0
        assert hit("a", Rate(1010, 60)).allowed
    monkeypatch.setattr(redis, "hangs_up", False)
    rate_limits._resting_until = 0.0
    answer = hit("a", Rate(1010, 60))
    assert answer.taken <= 1006
    assert sum(redis.sent) <= 6
