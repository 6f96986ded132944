"""What orders do when something happens to a customer, in the transaction in which it happens."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver

from customers.models import Address
from customers.signals import first_address_added
from orders import cases, services


@receiver(first_address_added)
def ship_what_waited(address: Address, by: str, **_: Any) -> list[str]:
    """Give the customer's first address to the orders that wait for one; their numbers.

    One whose provider cannot take this address goes on waiting, before staff.
    """
    shipped = []
    for order in cases.waiting().filter(customer=address.customer_id).order_by("id"):
        try:
            with transaction.atomic():
                services.set_address(
                    order,
                    address.address(),
                    by=by,
                    detail="the customer's first address",
                    is_kept=True,
                )
        except ValidationError:
            continue
        shipped.append(str(order.number))
    return shipped
