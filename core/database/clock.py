"""What time it is by the database's clock, so that all processes decide by the same one.

Ages, leases and due times are compared across processes. One whose own clock is days off would
forget idempotency keys, or declare live work lost, so a process never asks its own clock for them.
"""

import time
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.db import Error, connection
from django.utils import timezone

MEASURED_EVERY = 30.0  # seconds; two clocks part by a few milliseconds within it
RETRY_AFTER = 1.0  # seconds from a measurement that came to nothing to the next
ROUND_TRIP = 0.5  # seconds; a slower answer says too little of the moment it was given
TRIES = 3


class _Measured(NamedTuple):
    """The database's clock, beside the seconds since this machine was started."""

    at: datetime
    uptime: float
    round_trip: float


# Replaced as a whole and never changed, so that neither threads nor a fork need a lock. A child
# process may go on with what its parent measured: the uptime is the machine's.
_measured: _Measured | None = None
_due = 0.0


def now() -> datetime:
    """The present by the database's clock, in UTC and aware.

    Measured every 30 seconds, and in between counted on by the machine's uptime, which no change
    of its wall clock moves. `CLOCK = "process"` (tests, which freeze time) takes the process's.
    Raises the database's error when it could never be asked.
    """
    if settings.CLOCK == "process":
        return timezone.now()
    measured = _current()
    return measured.at + timedelta(seconds=uptime() - measured.uptime)


def today() -> date:
    """The date of `now()` in the zone in force (`TIME_ZONE`, unless another was activated)."""
    return timezone.localdate(now())


def seconds() -> float:
    """`now()` in seconds since 1970, for what counts so (RFC 7519)."""
    return now().timestamp()


def skew() -> timedelta:
    """How far this process's own clock is ahead of the database's; negative when it is behind."""
    return timezone.now() - now()


def fault() -> str:
    """What is wrong with this process's own clock, in a sentence; empty while nothing is.

    Nothing of ours decides by it, but TLS, log lines and libraries do; and it may be the
    database's that is wrong, which nobody could tell otherwise.
    """
    ahead = skew()
    if abs(ahead) <= settings.CLOCK_LIMIT:
        return ""
    off = timedelta(seconds=round(abs(ahead).total_seconds()))
    where = "ahead of" if ahead > timedelta(0) else "behind"
    return f"This process's clock is {off} {where} the database's: set the one that is wrong."


def forget() -> None:
    """Measure anew at the next question; for tests."""
    global _measured
    _measured = None


def _current() -> _Measured:
    global _measured, _due
    known, begun = _measured, uptime()
    if known and begun < _due:
        return known
    fresh = _fresh(known)
    _due = begun + (RETRY_AFTER if fresh is known else MEASURED_EVERY)
    _measured = fresh
    return fresh


def _fresh(known: _Measured | None) -> _Measured:
    """A new measurement, or the `known` one, which stays exact for hours.

    That is when a transaction or connection is broken, in an event loop, or when the answer took
    too long.
    """
    try:
        fresh = min((_measure() for _ in range(1 if known else TRIES)), key=_slowness)
    except (Error, SynchronousOnlyOperation):
        if known is None:
            raise
        return known
    return fresh if known is None or fresh.round_trip < ROUND_TRIP else known


def _slowness(measured: _Measured) -> float:
    return measured.round_trip


def _measure() -> _Measured:
    with connection.cursor() as cursor:
        begun = uptime()
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
        ended = uptime()
    return _Measured(at, (begun + ended) / 2, ended - begun)


def uptime() -> float:
    """Seconds that no wall clock moves; suspended time counts where the system can tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
