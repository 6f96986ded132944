"""How many webhooks are taken: of one address before anything is read, of a provider once proven.

The counts are shared where the cache is (Redis), else each process has its own. A cache that is
down is left alone for a few seconds, and each process counts for itself meanwhile.
"""

import logging
import time

from django.conf import settings
from django.core.cache import cache

from shipping.models import ProviderProfile

logger = logging.getLogger(__name__)

WINDOW = 60
KNOWN_FOR = 10.0
REST = 5.0


class Counter:
    """Counts within the minute, by name."""

    def __init__(self) -> None:
        self._resting_until = 0.0
        self._own: dict[str, int] = {}

    def next(self, name: str) -> int:
        """How many there are in this minute, with this one."""
        key = f"webhooks:{name}:{int(time.time()) // WINDOW}"
        if time.monotonic() >= self._resting_until:
            try:
                return self._shared(key)
            except Exception as error:  # noqa: BLE001 - each cache has errors of its own
                self._resting_until = time.monotonic() + REST
                logger.warning("webhooks are counted here alone: %s", type(error).__name__)
        return self._alone(key)

    def _shared(self, key: str) -> int:
        try:
            return int(cache.incr(key))
        except ValueError:  # the first of this minute
            cache.add(key, 0, 2 * WINDOW)
            return int(cache.incr(key))

    def _alone(self, key: str) -> int:
        if len(self._own) > 10_000:
            self._own.clear()
        self._own[key] = self._own.get(key, 0) + 1
        return self._own[key]


_counter = Counter()
_rates: dict[str, tuple[float, int]] = {}


def seconds_left() -> int:
    """Until the next minute begins."""
    return WINDOW - int(time.time()) % WINDOW


def too_many_from(network: str) -> bool:
    """Whether this one (its code) has used up its minute, whoever it says it is."""
    return bool(_counter.next(f"address:{network}") > settings.WEBHOOK_RATE_PER_ADDRESS)


def too_many_of(provider: str) -> bool:
    """Whether this provider has; only proven webhooks count, so nobody can use it up for it."""
    return _counter.next(f"provider:{provider}") > _rate(provider)


def _rate(provider: str) -> int:
    """What staff set; read again every few seconds only."""
    read_at, rate = _rates.get(provider, (0.0, 0))
    if time.monotonic() - read_at > KNOWN_FOR or not read_at:
        rate = ProviderProfile.of(provider).webhook_rate or settings.WEBHOOK_RATE
        _rates[provider] = time.monotonic(), rate
    return rate
