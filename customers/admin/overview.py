"""What a customer's page shows of how they are reached."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest

from core.admin.overview.panels import MOST_LINES, Line, Panel
from core.admin.overview.timeline import Source
from customers import contact_channels
from customers.models import Customer


def _reached(request: HttpRequest, customer: Customer) -> list[Line]:
    return [*_contacts(customer), *_addresses(customer)]


def _contacts(customer: Customer) -> Iterator[Line]:
    if customer.phone_number:
        number: Any = customer.phone_number
        yield Line(str(number.as_international), f"tel:{number}", facts=["phone"])
    if customer.email:
        yield Line(customer.email, f"mailto:{customer.email}", facts=["e-mail"])
    if not (customer.phone_number or customer.email):
        yield Line("No phone number and no e-mail address", state="unreachable", colour="warning")
    label = dict(contact_channels.choices()).get(customer.channel, customer.channel)
    facts = [f"language {customer.language}" if customer.language else "", customer.time_zone]
    yield Line(f"Messages by {label}" if label else "Messages as the rules choose", facts=facts)


def _addresses(customer: Customer) -> Iterator[Line]:
    """The default one first; all of them are in the form below."""
    known = list(customer.addresses.order_by("-is_default", "-id")[:MOST_LINES])
    for address in known:
        default = "default" if address.is_default else ""
        yield Line(address.on_one_line(), state=default, colour="info")
    if not known:
        yield Line("No address yet", state="address missing", colour="warning")


def _since(customer: Customer) -> Line:
    return Line("Became a customer")


PANELS = [Panel("How to reach them", "customers.view_customer", _reached, place=10)]
TIMELINE = [
    Source(
        "customer",
        "customers.view_customer",
        lambda _, customer: Customer.objects.filter(pk=customer.pk),
        _since,
        at="created_at",
    )
]
