"""Traces tell where the time went, and nothing about a person."""

import subprocess
import sys
from contextlib import suppress

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from core.http import Done, Request, send_many
from core.observability.tracing import RedactingSpanExporter


@pytest.fixture
def spans(monkeypatch):
    told = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(RedactingSpanExporter(told)))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return told


def test_nothing_but_named_attributes_leaves_the_process(spans):
    with suppress(ValueError), trace.get_tracer("test").start_as_current_span("GET") as span:
        span.set_attribute("http.target", "/api/v1/customers/?search=jane")
        span.set_attribute("http.route", "api/v1/customers/")
        raise ValueError("jane.doe@example.org")
    [finished] = spans.get_finished_spans()
    assert dict(finished.attributes) == {"http.route": "api/v1/customers/"}
    assert finished.status.status_code is StatusCode.ERROR
    assert "jane" not in finished.to_json()


def test_a_call_to_the_outside_is_a_span_of_what_caused_it(spans):
    request = Request("POST", "http://127.0.0.1:1/shipments?who=jane", body=b"{}")
    with trace.get_tracer("test").start_as_current_span("dispatch"):
        send_many([(request, lambda answer: Done())])
    call, cause = spans.get_finished_spans()
    assert call.parent.span_id == cause.context.span_id
    assert call.name == "POST 127.0.0.1"
    assert call.attributes["dosette.outcome"] == "temporary"
    assert "jane" not in call.to_json()


def test_without_an_end_point_nothing_is_switched_on():
    code = (
        "import sys; from core.observability import tracing; assert not tracing.start('web'); "
        + ("assert 'opentelemetry.instrumentation' not in sys.modules")
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={})
