"""What an issuer published last, kept for all processes in the cache.

A process that starts while the issuer is away, or that missed its latest key, finds it here. Signed
with SECRET_KEY: who can write to the cache cannot bring keys of their own.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.core.cache import cache
from django.db import Error

from core.database import clock

logger = logging.getLogger(__name__)
SALT = "identity.shared_keys"


def share(name: str, known: Mapping[str, Any], keep: float) -> None:
    """Keep what the issuer said `at` a time, for so many seconds. A cache away does no harm."""
    try:
        dated = {**known, "at": known["at"] - _ahead()}
        cache.set(_place(name), signing.dumps(dated, salt=SALT), keep)
    except Exception as error:  # noqa: BLE001 - each cache has errors of its own
        logger.warning("the issuer's keys were not shared: %s", type(error).__name__)


def shared(name: str) -> Mapping[str, Any]:
    """What it said, as a process of ours has shared it; nothing when there is none."""
    try:
        stored = cache.get(_place(name))
        if isinstance(stored, str):
            known = signing.loads(stored, salt=SALT)
            return {**known, "at": known["at"] + _ahead()}
    except Exception as error:  # noqa: BLE001 - each cache has errors of its own
        logger.warning("no shared keys of the issuer: %s", type(error).__name__)
    return {}


def _ahead() -> float:
    """Seconds that this process's clock is ahead of the one all go by; 0 while nobody can say."""
    try:
        return clock.skew().total_seconds()
    except Error:
        return 0.0


def _place(name: str) -> str:
    return f"issuer:{signing.Signer(salt=SALT).signature(name)}"
