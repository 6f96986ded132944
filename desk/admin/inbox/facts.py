"""What a case is about: its customer, order, address and parcel, as far as this person may see."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from core.admin.overview.panels import Line, ShownPanel, page_of
from customers.models import Customer
from notifications.models import Notification
from orders.admin.overview import line_of
from orders.models import Order
from shipping.admin.overview.lines import parcel_line
from shipping.models import Shipment, TrackingEvent


@dataclass(slots=True)
class About:
    """What hangs together; what is not known stays empty."""

    customer: Customer | None = None
    order: Order | None = None
    shipment: Shipment | None = None
    message: Notification | None = None


def about(subject: Any) -> About:
    """What belongs to the row that a case is about."""
    if isinstance(subject, Shipment):
        order = Order.objects.select_related("customer").get(pk=subject.order_id)
        return About(order.customer, order, subject)
    if isinstance(subject, Order):
        return About(subject.customer, subject)
    if isinstance(subject, Notification):
        return About(subject.customer, subject.order, subject.shipment, subject)
    if isinstance(subject, TrackingEvent) and subject.shipment is not None:
        return about(subject.shipment)
    return About()


def shown_facts(request: HttpRequest, subject: Any) -> list[ShownPanel]:
    """The panels above a case."""
    has, related = request.user.has_perm, about(subject)
    people: list[Line] = []
    if related.customer and has("customers.view_customer"):
        people.append(_customer(related.customer))
    if related.order and has("orders.view_order"):
        people.append(line_of(related.order))
    parcels: list[Line] = []
    if related.shipment and has("shipping.view_shipment"):
        parcels += [parcel_line(related.shipment), _address(related.shipment)]
    elif related.order and has("orders.view_order"):
        parcels.append(_address(related.order))
    if related.message and has("notifications.view_notification"):
        parcels.append(_message(related.message))
    panels = [ShownPanel("Customer and order", "", people)] if people else []
    return [*panels, ShownPanel("Parcel and address", "", parcels)] if parcels else panels


def _customer(customer: Customer) -> Line:
    number: Any = customer.phone_number
    facts = [str(number.as_international) if number else "", customer.email, customer.code]
    return Line(customer.name, page_of(customer), facts=facts)


def _address(row: Any) -> Line:
    """Where it goes, as the carrier has it."""
    lines = [str(value) for value in row.address().values() if value]
    if not row.line_1:
        return Line("No address yet", state="address missing", colour="warning")
    return Line(", ".join(lines), facts=["goes there"])


def _message(row: Notification) -> Line:
    """Neither its words nor its number: many people read the queue."""
    return Line(f"{row.get_channel_display()}", page_of(row), row.get_state_display())
