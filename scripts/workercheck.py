#!/usr/bin/env python3
"""Whether this container's worker answers: `python -m scripts.workercheck NAME`, status 0 or 1.

Asked through the broker, so it proves that the worker hears. While the broker itself is away the
answer is 0: the worker waits for it, and a restart would mend nothing.
"""

import sys

from celery.utils.nodenames import gethostname
from django.conf import settings
from redis import Redis, RedisError

from config.celery import app


def is_well(name: str) -> bool:
    """Whether `NAME@host` answers within five seconds, or cannot be asked."""
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3
        ) as redis:
            redis.ping()
    except RedisError:
        return True
    return bool(app.control.ping(destination=[f"{name}@{gethostname()}"], timeout=5))


if __name__ == "__main__":
    sys.exit(0 if is_well(sys.argv[1]) else 1)
