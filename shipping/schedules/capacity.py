"""Simulates a year of schedules without writing anything: to plan, and to size machines."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from math import ceil
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection

from core.database import clock
from shipping.provider_api.working_days import DAY, Calendar
from shipping.routing import router
from shipping.schedules.batches import calendars
from shipping.schedules.forecast import Forecast, Group, groups

CHUNK = 50_000
HOUR = 3600
# Parcels a second that one worker hands over, where none have been handed over yet: measured with
# 50 requests in flight to a provider that answers in 50 ms (docs/operations.md, sizing).
ASSUMED_RATE = 680.0
# What the rate is measured by: the busiest minute among the latest shipments.
LOOKED_AT = 100_000
# What synthetic orders are like: countries, weights and products are those of so many.
LIKE_THE_LATEST = 5_000
BUSY = 60


def simulate(
    days: int, synthetic: int = 0, *, progress: Callable[[int], None] = lambda done: None
) -> tuple[Forecast, int]:
    """The days from today on, and how many schedules were simulated: those there are, or
    synthetic ones. `progress` is called with the number of schedules so far."""
    result, known, simulated = Forecast(clock.today(), days), calendars(), 0
    if synthetic:
        simulated_groups = _synthetic_groups(synthetic, result.first, progress)
    else:
        simulated_groups = groups(result.first, result.last)
    for group in simulated_groups:
        result.add(group, known.get(group.provider) or Calendar())
        simulated += group.count
    return result, simulated


def _synthetic_groups(count: int, today: date, progress: Callable[[int], None]) -> list[Group]:
    """Anchored on any day of the last year, half of them weekly; always the same ones.

    Each is for an order like one of the latest, so the routing rules decide who carries it. Those
    with the same dates become one group as they are generated: memory stays flat.
    """
    random, counted = Random(1), Counter[tuple[str, str, int]]()  # noqa: S311 - no secret
    carriers = _carriers()
    for number in range(count):
        anchor = today - int(random.random() * 365) * DAY
        weekly = random.random() < 0.5
        carrier = carriers[int(random.random() * len(carriers))]
        interval, phase = ("weekly", anchor.isoweekday()) if weekly else ("monthly", anchor.day)
        counted[carrier, interval, phase] += 1
        if number % CHUNK == 0:
            progress(number)
    return [
        Group(carrier, settings.TIME_ZONE, interval, phase, today, "latest", many)
        for (carrier, interval, phase), many in counted.items()
    ]


def _carriers() -> list[str]:
    """Who would carry each of the latest orders, by the rules as they are now; the default one
    when there are no orders yet."""
    routed, needed = router.set_based()
    values: dict[str, Any] = needed | {"latest": LIKE_THE_LATEST}
    with connection.cursor() as cursor:
        cursor.execute(_CARRIERS.replace("{routed}", routed), values)
        return [name for (name,) in cursor.fetchall()] or [settings.SHIPPING_PROVIDER]


_CARRIERS = """
WITH occurrences AS (
    SELECT id AS order_id FROM orders_order
    WHERE delivery_service <> '' AND line_1 <> ''
    ORDER BY id DESC LIMIT %(latest)s
), routed AS (
    {routed}
)
SELECT provider FROM routed ORDER BY order_id
"""


def measured_rate() -> float | None:
    """Parcels a second in the busiest minute of late; None when no minute was busy."""
    with connection.cursor() as cursor:
        cursor.execute(_BUSIEST_MINUTE, {"latest": LOOKED_AT, "busy": BUSY})
        row = cursor.fetchone()
    return row[0] / 60 if row else None


_BUSIEST_MINUTE = """
SELECT count(*) AS sent FROM (
    SELECT sent_at FROM shipping_shipment ORDER BY id DESC LIMIT %(latest)s
) AS latest
WHERE sent_at IS NOT NULL
GROUP BY date_trunc('minute', sent_at) HAVING count(*) >= %(busy)s
ORDER BY sent DESC LIMIT 1
"""


def workers(parcels: float, rate: float, hours: float) -> int:
    """How many workers hand over so many parcels within so many hours."""
    return ceil(parcels / (rate * hours * HOUR)) if parcels else 0
