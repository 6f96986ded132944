"""Traces from a request to the provider's call, by OpenTelemetry; off until its end point is named.

`OTEL_EXPORTER_OTLP_ENDPOINT` switches it on, and the other variables of the OpenTelemetry
specification work as they do everywhere (`OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`). Attributes
are let out by name: no address with its query, no address of a person, no text of an error.
"""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status

EXPORTED_ATTRIBUTES = frozenset(
    {
        "http.method",
        "http.request.method",
        "http.route",
        "http.status_code",
        "http.response.status_code",
        "db.system",
        "db.statement",  # our own SQL, without its values
        "messaging.destination",
        "celery.action",
        "celery.state",
        "celery.task_name",
        "dosette.destination",
        "dosette.outcome",
        "dosette.rows",
    }
)


class RedactingSpanExporter(SpanExporter):
    """Hands spans on without anything that may be about a person."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """What the exporter behind it says."""
        return self._exporter.export([_redacted(span) for span in spans])

    def shutdown(self) -> None:
        """Close the exporter behind it."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Whether the exporter behind it has sent everything."""
        return self._exporter.force_flush(timeout_millis)


def _redacted(span: ReadableSpan) -> ReadableSpan:
    """The span without its events: they quote errors, and errors may quote a row."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={k: v for k, v in (span.attributes or {}).items() if k in EXPORTED_ATTRIBUTES},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def outbound(name: str) -> AbstractContextManager[Span]:
    """A span around something that is asked of the outside; costs next to nothing when off."""
    return trace.get_tracer("dosette").start_as_current_span(
        name, kind=SpanKind.CLIENT, record_exception=False
    )


def start(service: str) -> bool:
    """Switch tracing on in this process, once it is known that it stays; whether it is on.

    To be called before Django builds its middleware. Nothing is imported while it is off.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
        OTLPSpanExporter,
    )
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor
    from opentelemetry.propagate import set_global_textmap
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace.propagation.tracecontext import (
        TraceContextTextMapPropagator,
    )

    os.environ.setdefault("OTEL_SERVICE_NAME", f"dosette-{service}")
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(
        BatchSpanProcessor(RedactingSpanExporter(OTLPSpanExporter(timeout=5)))
    )
    trace.set_tracer_provider(provider)
    # Without baggage: what a caller puts there would travel through the broker.
    set_global_textmap(TraceContextTextMapPropagator())
    DjangoInstrumentor().instrument(excluded_urls="livez,readyz,metrics,static")
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]  # it has no types
    Psycopg2Instrumentor().instrument(skip_dep_check=True)
    return True
