"""Cases and patients on the pages of customers, and cases on those of orders."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timesince import timesince

from clinical.models import Patient
from core import cases
from core.admin.overview.panels import MOST_LINES, Line, Panel, page_of
from core.admin.overview.timeline import Source
from core.cases.models import Case
from customers.models import Customer
from desk.admin.filters import visible_kinds
from identity.access_log import reasons, records
from identity.models import How
from notifications.models import Notification
from orders.models import Order
from shipping.models import Shipment


def _cases_of(orders: QuerySet[Any], messages: QuerySet[Any]) -> QuerySet[Case]:
    """The cases about these orders, their parcels and these messages, by one index."""
    parcels = Shipment.objects.filter(order__in=orders)
    subjects = {"orders.order": orders, "shipping.shipment": parcels}
    subjects["notifications.notification"] = messages
    parts = [
        Case.objects.filter(subject_type=name, subject_id__in=rows.order_by().values("pk"))
        for name, rows in subjects.items()
    ]
    first, *others = (part.order_by().values("pk") for part in parts)
    keys = first.union(*others, all=True)
    return Case.objects.filter(pk__in=keys)


def _visible(request: HttpRequest, rows: QuerySet[Case]) -> QuerySet[Case]:
    return rows.filter(kind__in=[kind.name for kind in visible_kinds(request)])


def _of_customer(request: HttpRequest, customer: Customer) -> QuerySet[Case]:
    rows = _cases_of(customer.orders.all(), customer.notifications.all())
    return _visible(request, rows)


def _of_order(request: HttpRequest, order: Order) -> QuerySet[Case]:
    messages = Notification.objects.filter(order=order.pk)
    return _visible(request, _cases_of(Order.objects.filter(pk=order.pk), messages))


def _open(rows: QuerySet[Case]) -> list[Line]:
    still_open = rows.filter(closed_at=None).order_by("opened_at", "id")
    return [_case(case) for case in still_open[: MOST_LINES + 1]]


def _case(case: Case) -> Line:
    state, colour = ("closed", "success") if case.closed_at else ("open", "danger")
    age = "" if case.closed_at else f"for {timesince(case.opened_at, depth=1)}"
    facts = [case.title, case.happened, age, case.closing_reason]
    return Line(cases.kind(case.kind).label, page_of(case), state, colour, facts)


def _patients(request: HttpRequest, customer: Customer) -> list[Line]:
    """The patients who are this customer, once the read is on record; or the way to say why."""
    why = reasons.given_reason(request, reasons.LISTS)
    if reasons.needs_access_reason(request.user) and not why:
        query = urlencode({"for": reasons.LISTS, "next": request.get_full_path()})
        return [Line("Say why you look", f"{reverse('access_reason')}?{query}")]
    patients = list(Patient.objects.filter(customer=customer).order_by("-id")[: MOST_LINES + 1])
    records.record(request, [patient.pk for patient in patients], How.LIST, reason=why)
    return [Line(str(patient), page_of(patient)) for patient in patients]


def _cases_panel(of: Callable[[HttpRequest, Any], QuerySet[Case]]) -> Panel:
    return Panel(
        "Exceptions",
        "core.view_case",
        lambda request, row: _open(of(request, row)),
        empty="Nothing is wrong.",
        place=12,
    )


CUSTOMERS_PANELS = [
    _cases_panel(_of_customer),
    Panel("Patient", "clinical.view_patient", _patients, empty="No patient is linked.", place=45),
]
CUSTOMERS_TIMELINE = [Source("exception", "core.view_case", _of_customer, _case, at="opened_at")]
ORDERS_PANELS = [_cases_panel(_of_order)]
ORDERS_TIMELINE = [Source("exception", "core.view_case", _of_order, _case, at="opened_at")]
