"""Counts what somebody does within a window of time: for throttles, by whatever name.

With Redis the count is shared by all processes, and a window is a key that Redis lets expire: no
process's clock has a say. A process tells Redis of several hits at once, at most of a hundredth of
the rate: so one request in many asks it, and none of those below a rate of a hundred is left out.
Without Redis, or while it does not answer, each process counts for itself. Either way a limit is
reached later, and never refuses what it should let in.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil
from threading import Lock

from django.conf import settings
from redis import Redis, RedisError

REDIS_PATIENCE = 0.1  # seconds; a stalled Redis costs one of them, once in REDIS_REST
REDIS_REST = 5.0
MOST_NAMES = 10_000
SHARE_KEPT = 100  # a process keeps at most one in so many of a rate to itself
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many within so many seconds."""

    count: int
    seconds: int


@cache
def rate_of(text: str) -> Rate | None:
    """The rate of `600/m` (s, m, h, d, or several as in `600/10s`); None for an empty text.

    Raises ValueError for anything else.
    """
    if not text:
        return None
    count, _, window = text.partition("/")
    rate = Rate(int(count), int(window[:-1] or 1) * UNITS.get(window[-1:], 0))
    if rate.count < 1 or rate.seconds < 1:
        raise ValueError(f"{text!r} is no rate: write it like 600/m")
    return rate


@dataclass(frozen=True, slots=True)
class RateLimitResult:
    """What came of a hit: how many more there may be, until the count starts anew."""

    rate: Rate
    taken: int
    resets_in: int

    @property
    def allowed(self) -> bool:
        """Whether this one is within the rate."""
        return self.taken <= self.rate.count

    def headers(self, policy: str) -> dict[str, str]:
        """What the IETF's draft-ietf-httpapi-ratelimit-headers says of it, and Retry-After."""
        left = max(0, self.rate.count - self.taken)
        headers = {
            "RateLimit-Policy": f'"{policy}";q={self.rate.count};w={self.rate.seconds}',
            "RateLimit": f'"{policy}";r={left};t={self.resets_in}',
        }
        return headers if self.allowed else {**headers, "Retry-After": str(self.resets_in)}


def hit(name: str, rate: Rate) -> RateLimitResult:
    """Count one more under this name, which must hold nothing personal. Raises nothing."""
    key = f"limit:{name}:{rate.seconds}"
    count = _counts.of(key, rate)
    taken, unshared = count.add(rate)
    if unshared:
        shared, untold = _share(key, rate.seconds, unshared)
        count.learn(shared, untold)
        taken = shared[0] if shared else taken
    return RateLimitResult(rate, taken, max(1, ceil(count.left())))


class _Count:
    """What one name has taken in its window, of all processes as far as this one knows."""

    def __init__(self, seconds: int) -> None:
        self._lock = Lock()
        self._taken = self._unshared = 0
        self._is_shared = False
        self._ends = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether its window has ended."""
        return self._ends <= time.monotonic()

    def add(self, rate: Rate) -> tuple[int, int]:
        """The number of this one, and how many the caller must tell Redis of; 0 is none.

        None are once the rate is used up: until the window ends every one is refused.
        """
        with self._lock:
            self._taken += 1
            self._unshared += 1
            is_known = self._is_shared and (
                self._unshared <= rate.count // SHARE_KEPT or self._taken > rate.count
            )
            if is_known:
                return self._taken, 0
            hits, self._unshared = self._unshared, 0
            return self._taken, hits

    def learn(self, shared: tuple[int, float] | None, untold: int) -> None:
        """What all have taken and the seconds that are left, if that is known; and the hits of
        which nobody can have been told."""
        with self._lock:
            self._unshared += untold
            if shared is None:
                return
            self._is_shared = True
            self._taken = shared[0] + self._unshared
            self._ends = time.monotonic() + shared[1]

    def left(self) -> float:
        """Seconds until the count starts anew."""
        return round(self._ends - time.monotonic(), 3)


class _Counts:
    """The counts that this process knows, while they last."""

    def __init__(self) -> None:
        self._by_key: dict[str, _Count] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._by_key))

    def of(self, key: str, rate: Rate) -> _Count:
        """The count of the window that runs."""
        with self._lock:
            count = self._by_key.get(key)
            if count is None or count.is_over:
                if len(self._by_key) >= MOST_NAMES:
                    self._forget()
                count = self._by_key[key] = _Count(rate.seconds)
            return count

    def clear(self) -> None:
        """Start anew."""
        with self._lock:
            self._by_key.clear()

    def _forget(self) -> None:
        """What has ended goes; if that is too little, all does: memory comes first."""
        self._by_key = {key: count for key, count in self._by_key.items() if not count.is_over}
        if len(self._by_key) >= MOST_NAMES:
            self._by_key.clear()


_counts = _Counts()
_resting_until = 0.0


def _share(key: str, seconds: int, hits: int) -> tuple[tuple[int, float] | None, int]:
    """What all processes have taken with these hits and the seconds that are left, None without a
    Redis that answers; and how many of the hits it cannot have counted. One round trip."""
    global _resting_until
    if not settings.REDIS_URL or time.monotonic() < _resting_until:
        return None, hits
    prefix, untold = settings.CACHES["default"].get("KEY_PREFIX", ""), hits
    try:
        # Held by name: a client that nobody holds closes its connections, in use or not.
        client = _redis(settings.REDIS_URL)
        pool = client.connection_pool
        pool.release(pool.get_connection())  # connects, where that is to be done
        untold = 0  # from here on they may be counted though no answer comes: not to be told twice
        with client.pipeline(transaction=False) as pipe:
            pipe.incr(f"{prefix}{key}", hits)
            pipe.expire(f"{prefix}{key}", seconds, nx=True)  # from the first one on
            pipe.pttl(f"{prefix}{key}")
            taken, _, left = pipe.execute()
            return (int(taken), left / 1000), 0
    except RedisError:
        _resting_until = time.monotonic() + REDIS_REST
        return None, untold


# One client for all threads. Two may make one at the same moment; `setdefault` keeps one of them,
# and nobody uses the other.
_clients: dict[str, Redis] = {}


def _redis(url: str) -> Redis:
    waits = {"socket_timeout": REDIS_PATIENCE, "socket_connect_timeout": REDIS_PATIENCE}
    return _clients.get(url) or _clients.setdefault(url, Redis.from_url(url, **waits))


def forget() -> None:
    """Start anew in this process; for tests."""
    global _resting_until
    _resting_until = 0.0
    _counts.clear()
    _clients.clear()
