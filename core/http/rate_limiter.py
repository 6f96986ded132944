"""What the other side may bear, and requests begun at that rate."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

LOOK_EVERY = 1.0  # seconds; how soon somebody who waits for a turn notices that all is to stop


@dataclass(frozen=True, slots=True)
class Limits:
    """What the other side may bear: requests in flight, and requests begun per second."""

    concurrency: int = 20
    per_second: float | None = None

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError("at least one request must be allowed in flight")
        if self.per_second is not None and not (isfinite(self.per_second) and self.per_second > 0):
            raise ValueError("the rate must be a positive number per second")


STANDARD = Limits()


class RateLimiter:
    """Requests at even intervals. Those that were missed are not made up for: no burst after a
    stall."""

    def __init__(self, per_second: float | None) -> None:
        self._gap = 1.0 / per_second if per_second else 0.0
        self._next = 0.0
        self._begun = float("-inf")

    async def acquire(self, may_begin: Callable[[], bool] = lambda: True) -> bool:
        """Wait for the next turn; False when nothing may be begun any more."""
        if self._gap:
            mine = self._take()
            while (left := mine - time.monotonic()) > 0 and may_begin():
                await asyncio.sleep(min(left, LOOK_EVERY))
        if not may_begin():
            return False
        self._begun = time.monotonic()
        return True

    def left(self) -> float:
        """Seconds until a turn could be taken."""
        return max(0.0, self._begun + self._gap - time.monotonic())

    def drain(self, may_begin: Callable[[], bool] = lambda: True) -> None:
        """Wait until a turn could be taken, without taking it: whoever comes next is in time."""
        while (left := self.left()) > 0 and may_begin():
            time.sleep(min(left, LOOK_EVERY))

    def _take(self) -> float:
        """When the next turn is, which is ours."""
        mine = max(time.monotonic(), self._next)
        self._next = mine + self._gap
        return mine
