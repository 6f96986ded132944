"""Figures that add up over processes."""

import pytest
from django.db import DatabaseError, connection
from django.test import override_settings
from prometheus_client.core import CollectorRegistry
from prometheus_client.exposition import generate_latest

from core.models import Tally
from core.observability import metrics

TRIED = metrics.Counter("test_tried", "Tries", ("where",))
TOOK = metrics.Histogram("test_took_seconds", "How long", ("where",))
LAST = metrics.TimestampGauge("test_last_seconds", "When")
# They are scraped here, and nowhere else.
OURS = {family.name: metrics._families.pop(family.name) for family in (TRIED, TOOK, LAST)}


class Scraped:
    def collect(self):
        return metrics.collect()


@pytest.fixture(autouse=True)
def empty(db, monkeypatch):
    """What other tests of this process have counted is written down first."""
    for name, family in OURS.items():
        monkeypatch.setitem(metrics._families, name, family)
    metrics.flush()
    Tally.objects.all().delete()


def scraped() -> list[str]:
    registry = CollectorRegistry()
    registry.register(Scraped())
    return generate_latest(registry).decode().splitlines()


def test_counts_of_several_processes_add_up():
    TRIED.add(2, where="web")
    metrics.flush()
    TRIED.add(3, where="web")  # as another process would
    metrics.flush()
    assert 'test_tried_total{where="web"} 5.0' in scraped()


def test_a_timer_is_a_histogram_whose_buckets_add_up():
    for seconds in (0.01, 0.2, 0.2, 99.0):
        TOOK.observe(seconds, where="web")
    lines = scraped()
    assert 'test_took_seconds_bucket{le="0.05",where="web"} 1.0' in lines
    assert 'test_took_seconds_bucket{le="0.25",where="web"} 3.0' in lines
    assert 'test_took_seconds_bucket{le="30.0",where="web"} 3.0' in lines
    assert 'test_took_seconds_bucket{le="+Inf",where="web"} 4.0' in lines
    assert 'test_took_seconds_count{where="web"} 4.0' in lines


def test_a_moment_is_the_newest_of_all_processes(time_machine):
    time_machine.move_to(2_000_000_000, tick=False)
    LAST.now()
    metrics.flush()
    time_machine.move_to(1_999_999_999, tick=False)
    LAST.now()
    assert "test_last_seconds 2e+09" in scraped()


def test_what_could_not_be_written_goes_with_the_next_one():
    TRIED.add(where="web")
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before; ALTER TABLE core_tally RENAME TO gone")
        with pytest.raises(DatabaseError):
            metrics.flush()
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert 'test_tried_total{where="web"} 1.0' in scraped()


def test_a_refused_webhook_is_counted_by_provider(client):
    client.post("/api/v1/webhooks/shipping/reference/", "{}", content_type="application/json")
    client.post("/api/v1/webhooks/shipping/made-up/", "{}", content_type="application/json")
    lines = [line for line in scraped() if line.startswith("dosette_webhook_refusals_total")]
    assert sum('provider="reference"' in line for line in lines) == 1
    assert not any("made-up" in line for line in lines)


@override_settings(DEBUG=False)
def test_an_address_that_is_nobodys_is_one_label(client):
    client.get("/jane.doe@example.org/")
    assert not any("jane" in line for line in scraped())
    assert any('route="",status="404"' in line for line in scraped())
