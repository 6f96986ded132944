"""What a customer's page shows of how they are reached."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from core.admin.overview.panels import MOST_LINES, Line, Panel
from core.admin.overview.timeline import Source
from core.history.changes import changes
from core.history.tracking import CREATED, DELETED, history_of
from customers import contact_channels
from customers.models import Address, Customer

DEEDS = {CREATED: "added", DELETED: "deleted"}


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


def _history(model: Any, column: str) -> Any:
    """The changes of rows that are, or belong to, a customer: of a new one its own line tells."""
    kept: Any = history_of(model)
    rows = kept.objects.exclude(pgh_label=CREATED) if model is Customer else kept.objects.all()
    return lambda _, customer: rows.filter(**{column: customer.pk})


def _compare(rows: Sequence[Any]) -> None:
    """What each row changed, found out for all of them at once."""
    for change in changes(rows):
        change.row.change = change


def _changed(row: Any) -> Line:
    """What was changed by whom; the values are on the page of the history."""
    what = capfirst(str(row.pgh_tracked_model._meta.verbose_name))
    names = [] if row.pgh_label == CREATED else [part.label for part in row.change.fields]
    text = f"{what} {DEEDS.get(row.pgh_label, 'changed')}"
    customer = row.id if row.pgh_tracked_model is Customer else row.customer_id
    page = reverse("admin:customers_customer_history", args=[customer])
    return Line(text, page, facts=[", ".join(names), row.change.said("actor")])


def _changes(name: str, model: Any, column: str) -> Source:
    """A source of changes to rows of a model."""
    rows, may = _history(model, column), "customers.view_customer"
    return Source(name, may, rows, _changed, at="pgh_created_at", prepare=_compare)


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
    ),
    _changes("change", Customer, "id"),
    _changes("address", Address, "customer_id"),
]
