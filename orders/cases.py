"""What goes wrong with orders, as cases (core/cases): those that wait for an address.

`open_waiting` and `close_waiting` run in the transaction of the change they are about. What a path
forgets, the sweeper brings into step: `waiting` says which orders wait now.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from core import cases
from core.cases import CaseDraft
from orders.models import AWAITS_ADDRESS, Order

WITHOUT_ADDRESS = "order-without-address"


def waiting() -> QuerySet[Order]:
    """The orders whose parcel waits until somebody says where it goes."""
    return Order.objects.filter(AWAITS_ADDRESS)


def open_waiting(order: Order) -> None:
    """Open a case for one that waits."""
    cases.open(describe([order]))


def describe(orders: Sequence[Order]) -> list[CaseDraft]:
    """A case for each of them."""
    happened = "Its parcel waits: nobody has said where it goes."
    return [
        CaseDraft(WITHOUT_ADDRESS, order.pk, title=str(order.number), summary=happened)
        for order in orders
    ]


def close_waiting(order: Order, *, by: str, how: str = "It has an address.") -> None:
    """Close its case."""
    cases.resolve(WITHOUT_ADDRESS, [order.pk], by=by, resolution=how)
