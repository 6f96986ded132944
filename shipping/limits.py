"""How many webhooks are taken: of a provider once proven, of an address of those that are not.

Beside it, every few seconds at most, when a provider's webhooks were proven last, or refused.

The counts are shared where the cache is (Redis), else each process has its own. A cache that is
down is left alone for a few seconds, and each process counts for itself meanwhile.
"""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from core import clock
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
_refused: dict[str, float] = {}


def seconds_left() -> int:
    """Until the next minute begins."""
    return WINDOW - int(time.time()) % WINDOW


def too_many_from(network: str) -> bool:
    """Whether this one (its code) has used up its minute of what proves nothing."""
    return bool(_counter.next(f"address:{network}") > settings.WEBHOOK_RATE_PER_ADDRESS)


def too_many_of(provider: str) -> bool:
    """Whether this provider has; only proven webhooks count, so nobody can use it up for it."""
    return _counter.next(f"provider:{provider}") > _rate(provider)


def _rate(provider: str) -> int:
    """What staff set; read again every few seconds only, and then it is noted that it reports."""
    read_at, rate = _rates.get(provider, (0.0, 0))
    if time.monotonic() - read_at > KNOWN_FOR or not read_at:
        rate = ProviderProfile.of(provider).webhook_rate or settings.WEBHOOK_RATE
        _write(provider, webhook_at=clock.now(), refused_since=None, refused_at=None)
        _rates[provider] = time.monotonic(), rate
    return rate


def note_refused(provider: str) -> None:
    """Write down that a webhook did not prove to be this provider's, every minute at most."""
    if time.monotonic() - _refused.get(provider, -WINDOW) < WINDOW:
        return
    _refused[provider] = time.monotonic()
    now = clock.now()
    _write(provider, refused_since=Coalesce(F("refused_since"), Value(now)), refused_at=now)


def _write(provider: str, **values: Any) -> None:
    """Where somebody holds the row it is left for the next time: webhooks wait for nobody."""
    with transaction.atomic():
        free = ProviderProfile.objects.filter(provider=provider)
        found = free.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
        ProviderProfile.objects.filter(pk__in=list(found)).update(**values)
