"""Figures that add up over every process: how often, how long, when last.

A process keeps its own in memory and adds them to the database's every few seconds, so that one
scrape of `/metrics` tells of all of web, workers and sweeper, and a restart loses nothing but the
last seconds. Labels are names of ours (a route, a destination), never anybody's data.
"""

import json
import logging
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from django.db import Error as DatabaseError
from django.db import connection, connections
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from core.database import clock
from core.models import Tally

logger = logging.getLogger(__name__)

EVERY = 5.0
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, inf)
SUM, COUNT = "sum", "count"

_Key = tuple[str, str, str]
_lock = threading.Lock()
_added: defaultdict[_Key, float] = defaultdict(float)
_set: dict[_Key, float] = {}
_families: "dict[str, Counter | Histogram | TimestampGauge]" = {}


def _key(name: str, labels: dict[str, str], part: str = "") -> _Key:
    return name, json.dumps(labels, sort_keys=True), part


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    text: str
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _families[self.name] = self  # type: ignore[assignment]  # its kinds are all there are


class Counter(_Family):
    """How often something happened."""

    def add(self, amount: float = 1.0, **labels: str) -> None:
        """Count it in; takes microseconds and touches nothing but memory."""
        with _lock:
            _added[_key(self.name, labels)] += amount

    def metric(self, rows: list[Tally]) -> Metric:
        """The family as Prometheus knows it."""
        family = CounterMetricFamily(self.name, self.text, labels=self.labels)
        for row in rows:
            family.add_metric(_values(self, row), row.value)
        return family


class Histogram(_Family):
    """How long something took, in seconds."""

    def observe(self, seconds: float, **labels: str) -> None:
        """Count it into its bucket."""
        bucket = str(bisect_left(BUCKETS, seconds))
        with _lock:
            _added[_key(self.name, labels, bucket)] += 1
            _added[_key(self.name, labels, SUM)] += seconds

    def metric(self, rows: list[Tally]) -> Metric:
        """A histogram; Prometheus wants its buckets to add up from the left."""
        family = HistogramMetricFamily(self.name, self.text, labels=self.labels)
        by_labels: dict[str, dict[str, float]] = {}
        for row in rows:
            by_labels.setdefault(row.labels, {})[row.part] = row.value
        for labels, parts in by_labels.items():
            total, buckets = 0.0, []
            for number, bound in enumerate(BUCKETS):
                total += parts.get(str(number), 0.0)
                buckets.append(("+Inf" if bound == inf else str(bound), total))
            family.add_metric(
                [json.loads(labels).get(name, "") for name in self.labels],
                buckets,
                parts.get(SUM, 0.0),
            )
        return family


class TimestampGauge(_Family):
    """When something happened last, as Unix seconds."""

    def now(self, **labels: str) -> None:
        """It has just happened."""
        moment = clock.seconds()
        with _lock:
            _set[_key(self.name, labels)] = moment

    def metric(self, rows: list[Tally]) -> Metric:
        """The family as Prometheus knows it."""
        family = GaugeMetricFamily(self.name, self.text, labels=self.labels)
        for row in rows:
            family.add_metric(_values(self, row), row.value)
        return family


def _values(family: _Family, row: Tally) -> list[str]:
    labels = json.loads(row.labels)
    return [labels.get(name, "") for name in family.labels]


def flush() -> None:
    """Add what this process has counted to the database's figures. Raises DatabaseError.

    What could not be written stays, and goes with the next one.
    """
    with _lock:
        added, moments = dict(_added), dict(_set)
        _added.clear()
        _set.clear()
    try:
        _write(added, "core_tally.value + EXCLUDED.value")
        _write(moments, "greatest(core_tally.value, EXCLUDED.value)")
    except DatabaseError:
        with _lock:
            for key, value in added.items():
                _added[key] += value
            _set.update({key: value for key, value in moments.items() if key not in _set})
        raise


def _write(values: dict[_Key, float], value: str) -> None:
    """In the order of their keys, so that two processes cannot deadlock."""
    if not values:
        return
    names, labels, parts, amounts = zip(
        *((*key, values[key]) for key in sorted(values)), strict=True
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_tally (name, labels, part, value) "  # noqa: S608 - of our own words
            "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[]) "
            f"ON CONFLICT (name, labels, part) DO UPDATE SET value = {value}",
            [list(names), list(labels), list(parts), list(amounts)],
        )


def start() -> None:
    """Flush every few seconds, as long as this process lives."""
    threading.Thread(target=_keep_flushing, name="metrics", daemon=True).start()


def _keep_flushing() -> None:
    while True:
        time.sleep(EVERY)
        try:
            flush()
        except DatabaseError as error:
            logger.debug("figures are written later: %s", type(error).__name__)
        finally:
            connections.close_all()


def collect() -> Iterator[Metric]:
    """Every family's figures, this process's among them where the database answers."""
    flush()
    rows: dict[str, list[Tally]] = {}
    for row in Tally.objects.filter(name__in=_families).order_by("name", "labels", "part"):
        rows.setdefault(row.name, []).append(row)
    for name, family in _families.items():
        yield family.metric(rows.get(name, []))
