"""The numbers that a scraper reads."""

import pytest
from django.core.cache import cache
from django.test import Client

from orders.tests.factories import placed_order


@pytest.fixture(autouse=True)
def _counted_anew():
    cache.clear()


def test_metrics_count_rows_by_state(db):
    placed_order()
    text = Client().get("/metrics").content.decode()
    assert 'dosette_orders{state="placed"} 1.0' in text
    assert "dosette_shipment_oldest_due_seconds" in text


def test_a_proxied_request_may_not_read_metrics(db):
    answer = Client().get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})
    assert answer.status_code == 403


def test_with_a_token_only_its_bearer_may_read_metrics(db, settings):
    settings.METRICS_TOKEN = "scrape"
    assert Client().get("/metrics").status_code == 403
    assert Client().get("/metrics", headers={"authorization": "Bearer scrape"}).status_code == 200
