"""Counts what somebody does within a window of time: for throttles, by whatever name.

With Redis the count is shared by all processes, and a window is a key that Redis lets expire: no
process's clock has a say. Without it, or while it does not answer, each process counts for itself:
a limit is then reached later, and never refuses what it should let in.
"""

import time
from dataclasses import dataclass
from functools import cache
from math import ceil
from threading import Lock

from django.conf import settings
from redis import Redis, RedisError

REDIS_PATIENCE = 0.1  # seconds; a stalled Redis costs one of them, once in REDIS_REST
REDIS_REST = 5.0
MOST_NAMES = 10_000
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
    taken, left = _shared(key, rate.seconds) or _local.add(key, rate.seconds)
    return RateLimitResult(rate, taken, max(1, ceil(left)))


class _Local:
    """The counts of this process, while they last."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def add(self, key: str, seconds: int) -> tuple[int, float]:
        """The count, this one included, and the seconds until it starts anew."""
        with self._lock:
            now = time.monotonic()
            count, ends = self._counts.get(key, (0, now))
            if ends <= now:
                count, ends = 0, now + seconds
            if len(self._counts) >= MOST_NAMES and key not in self._counts:
                self._forget()
            self._counts[key] = (count + 1, ends)
            return count + 1, round(ends - now, 3)

    def clear(self) -> None:
        """Start anew."""
        with self._lock:
            self._counts.clear()

    def _forget(self) -> None:
        """What has ended goes; if that is too little, all does: memory comes first."""
        now = time.monotonic()
        self._counts = {key: kept for key, kept in self._counts.items() if kept[1] > now}
        if len(self._counts) >= MOST_NAMES:
            self._counts.clear()


_local = _Local()
_resting_until = 0.0


def _shared(key: str, seconds: int) -> tuple[int, float] | None:
    """As `_local.add`, of all processes; None when there is none to be had."""
    global _resting_until
    if not settings.REDIS_URL or time.monotonic() < _resting_until:
        return None
    prefix = settings.CACHES["default"].get("KEY_PREFIX", "")
    try:
        # Held by name: a client that nobody holds closes its connections, in use or not.
        client = _redis(settings.REDIS_URL)
        with client.pipeline(transaction=False) as pipe:
            pipe.incr(f"{prefix}{key}")
            pipe.expire(f"{prefix}{key}", seconds, nx=True)  # from the first one on
            pipe.pttl(f"{prefix}{key}")
            taken, _, left = pipe.execute()
            return int(taken), left / 1000
    except RedisError:
        _resting_until = time.monotonic() + REDIS_REST
        return None


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
    _local.clear()
    _clients.clear()
