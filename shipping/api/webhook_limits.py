"""How many webhooks are taken: of a provider once proven, of an address of those that are not.

Beside it, every few seconds at most, when a provider's webhooks were proven last, or refused.
"""

import time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from core.database import clock
from core.web.rate_limits import Rate, RateLimitResult, hit
from shipping.models import ProviderProfile

WINDOW = 60
KNOWN_FOR = 10.0

_rates: dict[str, tuple[float, int]] = {}
_refused: dict[str, float] = {}


def unproven(network: str) -> RateLimitResult:
    """Count one more that proves nothing, for the network (its code) that it came from."""
    rate = Rate(settings.WEBHOOK_RATE_PER_ADDRESS, WINDOW)
    return hit(f"webhooks:address:{network}", rate)


def proven(provider: str) -> RateLimitResult:
    """Count one more of this provider: only proven ones, so nobody can use it up for it."""
    return hit(f"webhooks:provider:{provider}", Rate(_rate(provider), WINDOW))


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
        keys = free.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
        ProviderProfile.objects.filter(pk__in=list(keys)).update(**values)
