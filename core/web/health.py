"""Whether this process lives, and whether what it needs is there."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

from core.database import clock
from core.observability.metrics import Counter

logger = logging.getLogger(__name__)

REFUSED = Counter("dosette_clock_refusals", "Work refused, as a clock was off", ("work",))


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing of the outside."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part is there, else 503 with the name of the part that is missing.

    A missing broker is no reason to refuse requests (the sweeper does its work), and neither is
    this process's clock (what decides goes by the database's): they are told as `degraded`, 200.
    """
    parts = {name: check() for name, check in CHECKS.items()}
    fit = parts["database"] == parts["migrations"] == "ok"
    word = "ok" if set(parts.values()) == {"ok"} else "degraded" if fit else "unavailable"
    return JsonResponse({"status": word, "parts": parts}, status=200 if fit else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unknown"
    return "pending" if pending else "ok"


def _broker() -> str:
    if not settings.REDIS_URL:
        return "ok"
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2
        ) as redis:
            redis.ping()
    except RedisError:
        return "unreachable"
    return "ok"


def _clock() -> str:
    try:
        return clock.fault() or "ok"
    except DatabaseError:
        return "unknown"


def may_sweep(work: str) -> bool:
    """Whether this process's clock is right enough for work that nobody watches; else it is logged.

    Raises the database's error when it was never asked.
    """
    if why := clock.fault():
        logger.error("%s is refused: %s", work, why)
        REFUSED.add(work=work)
    return not why


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
    "clock": _clock,
}
