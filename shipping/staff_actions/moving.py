"""A customer has moved: a new address, and what goes there from now on, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet

from customers.models import Address, Customer
from customers.services import Added, add_address
from orders.changes import Wanted, change
from orders.models import Order
from shipping.models import Schedule, Shipment
from shipping.staff_actions import order_changes
from shipping.states import NOT_HANDED_OVER


@dataclass(frozen=True, slots=True)
class Move:
    """Where to, and what goes there: subscriptions, and orders that ship once.

    `lines` are new to the address book, or those of `known`, an address in it. `include_unsent`:
    the subscriptions' parcels that are made, but not handed over, go there too.
    """

    lines: Mapping[str, str]
    known: Address | None = None
    is_default: bool = False
    schedules: Sequence[Schedule] = field(default_factory=list)
    orders: Sequence[Order] = field(default_factory=list)
    include_unsent: bool = True

    @property
    def wanted(self) -> Wanted:
        """What becomes of each order."""
        return Wanted(self.lines, include_unsent=self.include_unsent)


def subscriptions_of(customer: Customer) -> QuerySet[Schedule]:
    """The customer's running subscriptions."""
    running = Schedule.objects.exclude(state="cancelled").filter(order__customer=customer)
    with_lines = running.select_related("order").prefetch_related("order__lines__product")
    return with_lines.order_by("id")


def waiting_orders_of(customer: Customer) -> QuerySet[Order]:
    """The customer's orders that ship once, whose parcel is made and not handed over."""
    made = Shipment.objects.filter(order__customer=customer, state__in=NOT_HANDED_OVER)
    once = Order.objects.filter(pk__in=made.values("order"), shipping_interval="none")
    return once.prefetch_related("lines__product").order_by("id")


@transaction.atomic
def move(customer: Customer, to: Move, *, by: str) -> Added | None:
    """Do all of it, or nothing; what became of an address that is new, None when it was known.

    Raises ValidationError for an address that carriers would send back, and what
    `order_changes.amend` and `orders.changes.change` raise.
    """
    added = None
    if to.known is None:
        added = add_address(customer, to.lines, by=by, is_default=to.is_default)
    for schedule in to.schedules:
        order_changes.amend(schedule, to.wanted, by=by)
    for order in to.orders:
        change(order, Wanted(to.lines, include_unsent=True), by=by)
    return added


def rehearse_order(order: Order, to: Move) -> None:
    """Raise what `move` would raise of this order; nothing is changed."""
    with transaction.atomic():
        change(order, Wanted(to.lines, include_unsent=True), by="rehearsal")
        transaction.set_rollback(True)
