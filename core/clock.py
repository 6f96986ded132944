"""What time it is by the database's clock, so that all processes decide by the same one.

Ages, leases and due times are compared across processes. One whose own clock is days off would
forget idempotency keys, or declare live work lost, so a process never asks its own clock for them.
"""

import time
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

MEASURED_EVERY = 30.0  # seconds; two clocks part by a few milliseconds within it
ROUND_TRIP = 0.5  # seconds; a slower answer says too little of the moment it was given
TRIES = 3


class _Measured(NamedTuple):
    """The database's clock, beside the seconds since this machine was started."""

    at: datetime
    uptime: float
    round_trip: float


_measured: _Measured | None = None
_lock = Lock()


def now() -> datetime:
    """The present by the database's clock, in UTC and aware.

    Measured every 30 seconds, and in between counted on by the machine's uptime, which no change
    of its wall clock moves. `CLOCK = "process"` (tests, which freeze time) takes the process's.
    Raises the database's error when it could never be asked.
    """
    if settings.CLOCK == "process":
        return timezone.now()
    measured = _current()
    return measured.at + timedelta(seconds=_uptime() - measured.uptime)


def skew() -> timedelta:
    """How far this process's own clock is ahead of the database's; negative when it is behind."""
    return timezone.now() - now()


def forget() -> None:
    """Measure anew at the next question: in a child process, and in tests."""
    global _measured
    _measured = None


def _current() -> _Measured:
    global _measured
    known = _measured
    if known and _uptime() - known.uptime < MEASURED_EVERY:
        return known
    try:
        fresh = min((_measure() for _ in range(1 if known else TRIES)), key=_slowness)
    except Error:
        if known is None:
            raise
        return known  # a broken transaction or connection: counting on is exact enough
    with _lock:
        if known is None or fresh.round_trip < ROUND_TRIP:
            _measured = fresh
        return _measured or fresh


def _slowness(measured: _Measured) -> float:
    return measured.round_trip


def _measure() -> _Measured:
    with connection.cursor() as cursor:
        begun = _uptime()
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
        ended = _uptime()
    return _Measured(at, (begun + ended) / 2, ended - begun)


def _uptime() -> float:
    """Seconds that no wall clock moves; suspended time counts where the system can tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
