"""The kinds of rows that are found, each for whoever may see it; at most `asked.most` of each."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.utils.formats import date_format

from clinical.models import Patient, Study
from clinical.states import STUDY_COLOURS
from core.admin.overview.panels import Line, page_of
from core.values.keys import is_key
from core.values.text import lenient
from customers.models import Customer
from desk.search import places
from desk.search.asked import Asked
from kits.admin.overview import kit_line
from kits.models import Kit
from kits.values import labels, serials
from notifications.admin.overview import dated, message_line
from notifications.models import Notification
from orders.admin.overview import line_of
from orders.api.filters import order_key
from orders.models import Order
from shipping.admin.overview.lines import parcel_line
from shipping.api.filters import search as search_parcels
from shipping.models import Shipment

MOST_PARCELS = 200  # in which kits are looked for


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one kind: `by` says what they are found by. `permission` is empty for what asks
    itself; of what `is_health` data the keys of the patients are left in `asked`."""

    name: str
    title: str
    by: str
    permission: str
    lines: Callable[[Asked], Sequence[Line]]
    is_health: bool = False


def _newest(asked: Asked, rows: QuerySet[Any]) -> QuerySet[Any]:
    """By an expression that no index has: few keys are known, and PostgreSQL must begin there."""
    return rows.order_by(F("pk") * -1)[: asked.most]


def _customers(asked: Asked) -> list[Line]:
    keys = sorted({*asked.customers, *asked.customers_at_address}, reverse=True)[: asked.most]
    return [_customer(row) for row in _newest(asked, Customer.objects.filter(pk__in=keys))]


def _customer(row: Customer) -> Line:
    number: Any = row.phone_number
    facts = [row.code, number.as_international if number else "", row.email]
    return Line(row.name, page_of(row), facts=facts)


def _orders(asked: Asked) -> list[Line]:
    rows = Order.objects.filter(pk__in=asked.orders[: asked.most]).select_related("customer")
    return [_order(row) for row in _newest(asked, rows)]


def _order(row: Order) -> Line:
    line = line_of(row)
    return Line(line.text, line.link, line.state, line.colour, [row.customer.name, *line.facts])


def _parcels(asked: Asked) -> list[Line]:
    rows = search_parcels(Shipment.objects.all(), asked.text, orders=asked.orders)
    return [_parcel(row) for row in _newest(asked, rows)]


def _parcel(row: Shipment) -> Line:
    line = parcel_line(row)
    facts = [f"to {row.recipient}", *line.facts]
    return Line(line.text, line.link, line.state, line.colour, facts, line.links)


def _kits(asked: Asked) -> list[Line]:
    """By what stands on them, and those in the parcels of the orders that were found."""
    of_orders = _newest_keys(Shipment.objects.filter(order__in=asked.orders))
    condition = Q(shipment__in=of_orders) | Q(return_tracking=labels.key(asked.text))
    with suppress(ValidationError):
        condition |= Q(serial=serials.normalise(asked.text))
    rows = Kit.objects.filter(condition).select_related("lot__product", "shipment")
    return [kit_line(row) for row in _newest(asked, rows)]


def _newest_keys(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by(F("pk") * -1).values_list("pk", flat=True)[:MOST_PARCELS])


def _messages(asked: Asked) -> list[Line]:
    condition = Q(customer_id__in=asked.customers)
    if key := order_key(asked.text):
        condition |= Q(order=key)
    rows = Notification.objects.filter(condition)
    return [dated(message_line(row), row.created_at) for row in _newest(asked, rows)]


def _patients(asked: Asked) -> list[Line]:
    rows = list(_newest(asked, Patient.objects.filter(pk__in=asked.patient_keys[: asked.most])))
    asked.patients |= {row.pk for row in rows}
    return [Line(str(row), page_of(row), facts=[f"born {row.born.shown()}"]) for row in rows]


def _studies(asked: Asked) -> list[Line]:
    condition = Q(patient_id__in=asked.patient_keys)
    if is_key(asked.text):
        condition |= Q(pk=int(asked.text))
    on_record = Study.objects.on_record().select_related("patient")
    rows = list(_newest(asked, on_record.filter(condition)))
    asked.patients |= {row.patient_id for row in rows}
    return [_study(row) for row in rows]


def _study(row: Study) -> Line:
    state, colour = row.get_state_display().lower(), STUDY_COLOURS[row.state]
    facts = [str(row.patient), row.get_urgency_level_display()]
    return Line(str(row), page_of(row), state, colour, [*facts, date_format(row.created_at)])


def _places(asked: Asked) -> list[Line]:
    return places.matching(asked.request, lenient(asked.text))[: asked.most]


KINDS = (
    Kind("places", "Pages and actions", "their names", "", _places),
    Kind(
        "customers",
        "Customers",
        "name, code, phone number, e-mail address, recipient, postcode",
        "customers.view_customer",
        _customers,
    ),
    Kind(
        "orders",
        "Orders and kits",
        "number, customer, recipient, postcode",
        "orders.view_order",
        _orders,
    ),
    Kind(
        "parcels",
        "Parcels",
        "reference, tracking number, order, customer, recipient, postcode",
        "shipping.view_shipment",
        _parcels,
    ),
    Kind(
        "kits",
        "Kits",
        "serial, return label, order, customer",
        "kits.view_kit",
        _kits,
    ),
    Kind(
        "messages",
        "Messages",
        "order's number, customer",
        "notifications.view_notification",
        _messages,
    ),
    Kind(
        "patients",
        "Patients",
        "name, e-mail address, foreign id",
        "clinical.view_patient",
        _patients,
        is_health=True,
    ),
    Kind("studies", "Studies", "number, patient", "clinical.view_study", _studies, is_health=True),
)
