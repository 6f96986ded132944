"""What happened to the results of a customer who is a patient, on their timeline: no values."""

from typing import Any

from django.http import HttpRequest

from clinical.laboratories.releasing import RELEASE
from clinical.models import ResultEvent
from core.admin.overview.panels import Line, page_of
from core.admin.overview.timeline import Source
from customers.models import Customer
from identity.access_log.records import record
from identity.models import How


def _of_customer(request: HttpRequest, customer: Customer) -> Any:
    """The events; that they are looked at is on record."""
    rows = ResultEvent.objects.filter(result__patient__customer=customer)
    record(request, rows.values_list("result__patient", flat=True).distinct(), How.LIST)
    return rows.select_related("result")


def _event(event: ResultEvent) -> Line:
    text = f"{str(event.result).capitalize()} {event.kind.replace('-', ' ')}"
    return Line(text, page_of(event.result), facts=[event.actor])


TIMELINE = Source("result", RELEASE, _of_customer, _event)
