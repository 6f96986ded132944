"""The lock of an order. Whoever locks rows below it takes this one first."""

from django.db.models import QuerySet

from orders.models.orders import Order


def lockable(**options: bool) -> "QuerySet[Order]":
    """The orders, to be locked where they are read; `options` are those of select_for_update."""
    return Order.objects.select_for_update(of=("self",), no_key=True, **options)


def lock_order(order_id: int) -> Order:
    """An order as it is now, locked until the transaction ends."""
    return lockable().get(pk=order_id)
